"""Refuses to leave files that the service could not write: a state directory is used by its owner only."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from pathlib import Path

from monitor.errors import UserMustFix


def check_ownership(state: Path) -> None:
    """Raises UserMustFix with the `sudo -u` line when `state` exists and belongs to somebody else."""
    try:
        owner = state.stat().st_uid
    except OSError:
        return
    if owner == os.geteuid():
        return
    name = _name_user(owner)
    raise UserMustFix(
        f"{state} belongs to {name}, and you are {_name_user(os.geteuid())}: files written now could not be used by the "
        f"service. Run instead: sudo -u {name} {shlex.join(['marsad', *sys.argv[1:]])}"
    )


def _name_user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
