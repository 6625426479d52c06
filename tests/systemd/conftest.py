"""A machine with a real systemd as PID 1, in namespaces of its own, on which Marsad is installed as the page says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS, until

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BOOT = HERE / "boot.sh"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


@dataclass(slots=True)
class Machine:
    """Commands run inside, and what they say."""

    pid: str

    def run(self, *command: str, user: str | None = None, umask: str = "022") -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--target", self.pid, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        clean = ["env", "-i", "PATH=/usr/local/bin:/usr/bin:/usr/sbin", "LC_ALL=C.UTF-8"]
        drop = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        wrapped = [*enter, *clean, *drop, "sh", "-c", f'umask {umask}; exec "$@"', "sh", *command]
        return subprocess.run(wrapped, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    def do(self, *command: str, user: str | None = None, umask: str = "022") -> str:
        """The output of a command that must succeed."""
        done = self.run(*command, user=user, umask=umask)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{self.read_journal()}"
        return done.stdout

    def show(self, *names: str) -> dict[str, str]:
        """Properties of the service."""
        said = self.do("systemctl", "show", "marsad", *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in said.splitlines())

    def read_journal(self, *options: str) -> str:
        return self.run("journalctl", "--unit=marsad", "--no-pager", "--output=cat", *options).stdout

    def write(self, path: str, text: str, *, user: str | None = None, umask: str = "022") -> None:
        self.do("sh", "-c", f'printf %s "$1" > {path}', "sh", text, user=user, umask=umask)

    def wait(self, condition: Callable[[], object], what: str) -> None:
        until(condition, what, self.read_journal)


def can_boot() -> bool:
    """Whether this process may make what a booted systemd needs."""
    probe = ["unshare", "--pid", "--mount", "--cgroup", "--net", "--fork", "mount", "-t", "tmpfs", "x", "/mnt"]
    return (
        os.geteuid() == 0
        and Path("/lib/systemd/systemd").exists()
        and all(shutil.which(tool) for tool in ("unshare", "nsenter", "setpriv", "ip", "useradd"))
        and os.access("/sys/fs/cgroup", os.W_OK)
        and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )


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


def install(machine: Machine) -> None:
    """The commands of docs/operations.md; the environment is there already, and nothing is started yet."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = [line[2:] for block in BLOCK.findall(page)[:2] for line in block.splitlines() if line.startswith("# ")]
    assert commands[-1] == "systemctl enable --now marsad"
    machine.do("mkdir", "-p", "/etc/sysusers.d", "/etc/tmpfiles.d")
    for command in commands[:-1]:
        if "/opt/marsad" not in command:
            machine.do("sh", "-c", f"cd /opt/checkout; {command}")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One machine for all tests of a run; each leaves the service stopped."""
    if not can_boot():
        pytest.skip("needs root and the right to make namespaces, to boot a systemd")
    work = tmp_path_factory.mktemp("machine")
    prepare_files(work / "files")
    site = sysconfig.get_path("purelib")
    version = Path(site).parent.name
    shares = [
        f"{sys.base_prefix}:/opt/python",
        f"{site}:/opt/marsad/lib/{version}/site-packages",
        f"{ROOT}:/opt/checkout",
    ]
    with (work / "log").open("wb") as log:
        booted = subprocess.Popen([BOOT, work, *shares], stdout=log, stderr=log)
    try:
        made = Machine(wait_for_boot(work, booted))
        install(made)
        yield made
    finally:
        if (work / "pid").exists():
            os.kill(int((work / "pid").read_text()), signal.SIGKILL)
        booted.wait(PATIENCE_SECONDS)


def wait_for_boot(work: Path, booted: subprocess.Popen[bytes]) -> str:
    def is_up() -> bool:
        if not (work / "pid").exists():
            return False
        machine = Machine((work / "pid").read_text().strip())
        return machine.run("systemctl", "is-system-running").stdout.strip() in {"running", "degraded"}

    until(lambda: booted.poll() is not None or is_up(), "systemd to come up", (work / "log").read_text)
    assert booted.poll() is None, f"systemd did not come up:\n{(work / 'log').read_text()}"
    return (work / "pid").read_text().strip()
