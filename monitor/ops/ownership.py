"""Refuses to leave files that the service could not write: a state directory is used by its owner only."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from pathlib import Path

from monitor.errors import UserMustFix


def check_ownership(state: Path) -> None:
    """Raises UserMustFix with the `sudo -u` line when `state`, or where it would be made, is another user's.

    Root is another user too: what it wrote, the service could not. A directory that is still to be made under one of
    root's is for whoever may.
    """
    found = _find_owner(state)
    if found is None or found[1] == os.geteuid():
        return
    path, owner = found
    if path != state and owner == 0:
        return
    raise UserMustFix(
        f"{path} belongs to {_name_user(owner)}, and you are {_name_user(os.geteuid())}: "
        f"the service could not use files written now. Run instead: {_suggest(owner)}"
    )


def find_person() -> str:
    """Who runs this command: the person behind sudo, else the user."""
    return os.environ.get("SUDO_USER") or _name_user(os.getuid())


def _find_owner(state: Path) -> tuple[Path, int] | None:
    """`state`, or the nearest folder above it that exists, and its owner."""
    for path in (state, *state.parents):
        try:
            return path, path.stat().st_uid
        except FileNotFoundError:
            continue
        except OSError:
            return None  # who opens it says why it cannot
    return None


def _suggest(owner: int) -> str:
    """The same command as the owner; sudo passes neither $PATH nor $MARSAD_CONFIG on."""
    program = os.path.realpath(sys.argv[0]) if Path(sys.argv[0]).name == "marsad" else "marsad"
    config = os.environ.get("MARSAD_CONFIG")
    chosen = any(argument.split("=")[0] == "--config" for argument in sys.argv)
    given = ["--config", config] if config and not chosen else []
    return shlex.join(["sudo", "-u", _name_user(owner), program, *given, *sys.argv[1:]])


def _name_user(number: int) -> str:
    """A name, or #number as sudo takes it."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"
