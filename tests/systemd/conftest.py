"""A machine with a real systemd as PID 1, in namespaces of its own, on which Marsad is installed as the page says."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from machines import Machine, boot, can_boot

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = re.compile(r"/opt/marsad/bin/pip|venv /opt/marsad|ln -s /opt/marsad|rm -r /opt/marsad")
# A shared libpython is looked for where this Python was built, which the service's user may not be able to see.
LAUNCHER = """\
#!/bin/sh
LD_LIBRARY_PATH=/opt/python/lib exec /opt/marsad/bin/python -I /opt/marsad/marsad.py "$@"
"""
PROGRAM = """\
import sys
sys.path.insert(0, "/opt/checkout")
sys.argv[0] = "/opt/marsad/bin/marsad"
from monitor.__main__ import main
sys.exit(main())
"""


def prepare_files(files: Path) -> None:
    """A virtual environment at /opt/marsad that the service's user can execute, wherever this one lies."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (files / "opt/marsad/bin").mkdir(parents=True)
    (files / "opt/marsad/pyvenv.cfg").write_text("home = /opt/python/bin\ninclude-system-site-packages = false\n")
    (files / "opt/marsad/bin/python").symlink_to(f"/opt/python/bin/{version}")
    (files / "opt/marsad/marsad.py").write_text(PROGRAM)
    launcher = files / "opt/marsad/bin/marsad"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    (files / "usr/local/bin").mkdir(parents=True)
    (files / "usr/local/bin/marsad").symlink_to("/opt/marsad/bin/marsad")


def list_blocks(heading: str) -> list[list[str]]:
    """What root types under a heading of docs/operations.md, but for the environment, which is there already."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = re.split(r"^##+ ", page.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    blocks = [[line[2:] for line in block.splitlines() if line.startswith("# ")] for block in BLOCK.findall(section)]
    return [[line for line in block if not ENVIRONMENT.search(line)] for block in blocks]


def type_lines(machine: Machine, lines: Sequence[str]) -> None:
    for line in lines:
        machine.do("sh", "-c", f"cd /opt/checkout; {line}")


def install(machine: Machine) -> None:
    """As the page says; nothing is started yet."""
    commands = [line for block in list_blocks("With pip, pipx or uv") for line in block]
    assert commands[-1] == "systemctl enable --now marsad"
    type_lines(machine, commands[:-1])


@contextmanager
def booting(work: Path) -> Iterator[Machine]:
    """A machine with Marsad's environment and no service."""
    if not can_boot():
        pytest.skip("needs root and the right to make namespaces, to boot a systemd")
    prepare_files(work / "files")
    site = sysconfig.get_path("purelib")
    version = Path(site).parent.name
    shares = [
        f"{sys.base_prefix}:/opt/python",
        f"{site}:/opt/marsad/lib/{version}/site-packages",
        f"{ROOT}:/opt/checkout",
    ]
    with boot(work, shares) as booted:
        yield booted


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One machine for all tests of a run; each leaves the service stopped."""
    with booting(tmp_path_factory.mktemp("machine")) as booted:
        install(booted)
        yield booted


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Machine]:
    """A machine of its own for a test that installs and removes the service."""
    with booting(tmp_path) as booted:
        yield booted


@pytest.fixture(scope="session")
def blocks() -> Callable[[str], list[list[str]]]:
    """The commands of a section of docs/operations.md, block by block."""
    return list_blocks


@pytest.fixture(scope="session")
def type_in() -> Callable[[Machine, Sequence[str]], None]:
    """Type lines as root, in the clone."""
    return type_lines
