"""A machine with a real systemd as PID 1, in namespaces of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from waiting import PATIENCE_SECONDS, until

BOOT = Path(__file__).parent.parent / "systemd" / "boot.sh"


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


@contextmanager
def boot(work: Path, shares: Sequence[str] = (), *, lower: Path = Path("/")) -> Iterator[Machine]:
    """A machine over `lower`, with the files of work/files; each share is SOURCE:TARGET."""
    with (work / "log").open("wb") as log:
        booted = subprocess.Popen(
            [BOOT, work, *shares], stdout=log, stderr=log, env={**os.environ, "LOWER": str(lower)}
        )
    try:
        yield Machine(wait_for_boot(work, booted))
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
