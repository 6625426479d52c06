"""The command install-service: the systemd unit of an installation by pip, pipx or uv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.cli.options import SYSTEM_CONFIG
from monitor.cli.output import say, write
from monitor.errors import UsageError
from monitor.ops.unit import find_obstacle, make_unit
from monitor.packaged import find_share

FILES = {
    "marsad.service": Path("/etc/systemd/system/marsad.service"),
    "marsad.sysusers.conf": Path("/etc/sysusers.d/marsad.conf"),
    "marsad.tmpfiles.conf": Path("/etc/tmpfiles.d/marsad.conf"),
    "marsad.rules": Path("/etc/polkit-1/rules.d/50-marsad.rules"),
}
PACKAGED = Path("/lib/systemd/system/marsad.service")  # of the Debian package
ELSEWHERE = (
    "install Marsad where every user may read it, for example with UV_TOOL_DIR=/opt/uv "
    "UV_PYTHON_INSTALL_DIR=/opt/uv/python UV_TOOL_BIN_DIR=/usr/local/bin uv tool install marsad, or with "
    "pipx install --global marsad"
)


def install_service(
    only_print: Annotated[bool, typer.Option("--print", help="Print the unit and write nothing.")] = False,
) -> None:
    """Install the systemd unit for this installation, its user, its folders and the rule for reloads.

    It does not start the service. Run it again after Marsad was moved or updated; settings of your own belong into a
    drop-in (systemctl edit marsad).
    """
    shipped = find_share("systemd")
    command = Path(sys.prefix) / "bin" / "marsad"
    unit = make_unit((shipped / "marsad.service").read_text(encoding="utf-8"), command)
    obstacle = find_obstacle([command, Path(sys.executable), Path(sys.base_prefix), Path(monitor.__file__)])
    if only_print:
        write(unit.rstrip("\n"))
        if obstacle:
            say(f"warning: the service could not start: {obstacle}; {ELSEWHERE}")
        return
    if obstacle:
        raise UsageError(f"{obstacle}; {ELSEWHERE}")
    _check_machine()
    for name, target in FILES.items():
        _install(target, unit if name == "marsad.service" else (shipped / name).read_text(encoding="utf-8"))
    for line in (
        ["systemd-sysusers", str(FILES["marsad.sysusers.conf"])],
        ["systemd-tmpfiles", "--create", str(FILES["marsad.tmpfiles.conf"])],
        ["systemd-analyze", "verify", "--man=no", str(FILES["marsad.service"])],
        ["systemctl", "daemon-reload"],
    ):
        _run(line)
    first = "" if (SYSTEM_CONFIG / "marsad.yaml").exists() else f"marsad init {SYSTEM_CONFIG}   then: "
    say(f"next: {first}marsad check   then: systemctl enable --now marsad")


def _check_machine() -> None:
    """Raises UsageError where the unit cannot be installed."""
    if os.geteuid() != 0:
        raise UsageError("install-service writes below /etc: run it as root (--print shows the unit to anybody)")
    if PACKAGED.exists():
        raise UsageError(f"{PACKAGED} is there already, from the Debian package; remove the package first")
    if not shutil.which("systemctl"):
        raise UsageError("there is no systemctl: this machine does not run systemd (--print shows the unit)")


def _install(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o644)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror or error}") from error
    write(str(target))


def _run(line: list[str]) -> None:
    """Raises UsageError with what the command said, where it fails."""
    done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603 - lines of ours
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise UsageError(f"{' '.join(line)} failed: {said}; mend that and run install-service again")
