"""Makes the systemd unit of this installation, and says why a service could not run from where it lies."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

COMMAND = "/usr/local/bin/marsad"  # in the unit as it is shipped
# What the unit's ProtectHome= and PrivateTmp= hide from the service.
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - nothing is written there


def make_unit(shipped: str, command: Path) -> str:
    """The shipped unit with the path of the installed command."""
    return shipped.replace(f"={COMMAND} ", f"={command} ")


def find_obstacle(places: Iterable[Path]) -> str | None:
    """Why the service, which runs as the user marsad in its sandbox, could not read one of these places."""
    for place in places:
        for path in {place.absolute(), place.resolve()}:
            if why := _find_hidden(path) or _find_closed(path):
                return why
    return None


def _find_hidden(path: Path) -> str | None:
    for hidden in HIDDEN:
        if path.is_relative_to(hidden):
            return f"{path} is under {hidden}, which the service cannot see (ProtectHome=, PrivateTmp=)"
    return None


def _find_closed(path: Path) -> str | None:
    """The first folder on the way to `path`, or `path` itself, that other users may not enter or read."""
    for part in (*reversed(path.parents), path):
        try:
            mode = part.stat().st_mode
        except OSError as error:
            return f"{part}: {error.strerror}"
        wanted = stat.S_IXOTH if part != path else stat.S_IROTH
        if not mode & wanted:
            return f"{part} has mode {stat.S_IMODE(mode):04o}, so the user marsad cannot read what is in it"
    return None
