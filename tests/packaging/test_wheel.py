"""The wheel has everything: installed into an empty environment, the demo runs from any folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackagePath, distribution
from operator import itemgetter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("wheel")]

ROOT = Path(__file__).parent.parent.parent
MOST_BYTES = 270_000_000  # of an installation
INSTALL = re.compile(r"^# (python3 -m venv /opt/marsad|/opt/marsad/bin/pip .*)$", re.MULTILINE)


def run(*command: object, folder: Path = ROOT) -> str:
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def list_install_commands() -> list[str]:
    """What docs/operations.md says to do; the tests give the wheel where the page gives the clone."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = INSTALL.findall(page.partition("## With pip")[2].partition("\n## ")[0])
    assert [command.split()[-1] for command in commands] == [
        "/opt/marsad", ".ci/locks/pip.txt", ".ci/locks/run.txt", "."
    ]  # fmt: skip
    return commands


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The `marsad` command of an environment that has only the wheel and its locked dependencies.

    With MARSAD_NIGHTLY it is installed as a page says; else the dependencies are those that the tests run with.
    """
    folder = tmp_path_factory.mktemp("venv")
    for command in list_install_commands() if os.environ.get("MARSAD_NIGHTLY") else ():
        words = [str(wheel) if word == "." else word.replace("/opt/marsad", str(folder)) for word in command.split()]
        run(*words)
    if not (folder / "bin" / "marsad").exists():
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", wheel)
        [site] = folder.glob("lib/python3*/site-packages")
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    yield folder / "bin" / "marsad"
    shutil.rmtree(folder)


def test_the_wheel_carries_rules_templates_seeds_units_and_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "monitor/share/rules/leaders.yaml",
        "monitor/share/templates/digest/html.j2",
        "monitor/share/templates/init/marsad.yaml",
        "monitor/share/seeds/articles/ar-karabakh-call.txt",
        "monitor/share/systemd/marsad.service",
        "monitor/feeds/data/markers.json",
        "monitor/text/locale/ar/LC_MESSAGES/mail.po",
        "monitor/text/data/territories.json",
        "monitor/py.typed",
    ):
        assert needed in names
    assert any(re.fullmatch(r"monitor/store/migrations/versions/\w+\.py", name) for name in names)


def test_an_installation_stays_small(wheel: Path) -> None:
    """The wheel unpacked, and all that its locked dependencies install, numpy (71 MB) the largest."""
    locked = (ROOT / ".ci" / "locks" / "run.txt").read_text("utf-8").splitlines()
    lines = (Requirement(line.rstrip("\\ ")) for line in locked if re.match(r"[a-z]", line))
    names = {line.name for line in lines if line.marker is None or line.marker.evaluate()}
    sizes = {
        name: sum(size for file in distribution(name).files or () if (size := measure(distribution(name), file)))
        for name in names
    }
    own = sum(entry.file_size for entry in zipfile.ZipFile(wheel).infolist())
    assert own + sum(sizes.values()) < MOST_BYTES, sorted(sizes.items(), key=itemgetter(1))[-8:]


def measure(package: Distribution, file: PackagePath) -> int:
    """Bytes of an installed file; 0 of what is no longer there."""
    path = Path(str(package.locate_file(file)))
    return path.stat().st_size if path.is_file() else 0


def test_the_installed_command_runs_the_demo_and_makes_a_desk(installed: Path, tmp_path: Path) -> None:
    where = "import monitor; print(monitor.__file__)"
    assert str(installed.parent.parent) in run(installed.parent / "python", "-c", where, folder=tmp_path)
    printed = run(installed, "demo", folder=tmp_path)
    assert "Subject: " in printed
    assert "بوتين" in printed
    folder = re.search(r"^configuration: +(\S+)$", printed, re.MULTILINE)
    assert folder
    shutil.rmtree(folder[1])
    run(installed, "init", "desk", folder=tmp_path)
    run(installed, "check", "--config", "desk", folder=tmp_path)
    run(installed, "once", "--all", "--config", "desk", folder=tmp_path)
    assert list((tmp_path / "desk" / "mail" / "new").iterdir())
