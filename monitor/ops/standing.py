"""What `systemctl status` says of the daemon in one line: what fails at the moment, then what it does."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.ops import notify

SHOWN = 3
LONGEST = 200  # of one trouble: systemd shows the line as it is


class FaultKeeper:
    """Keeps what fails, and tells systemd when that changes."""

    def __init__(self) -> None:
        self._troubles: tuple[str, ...] = ()

    def describe(self, doing: str) -> str:
        """The STATUS= line of a daemon that is `doing` something: "2 problems: …; …; watching 5 sources"."""
        if not self._troubles:
            return doing
        number = len(self._troubles)
        shown = [_shorten(trouble) for trouble in self._troubles[:SHOWN]]
        more = [f"{number - SHOWN} more (`marsad status` lists them)"] if number > SHOWN else []
        return "; ".join([f"{number} problem{'s' if number > 1 else ''}: {shown[0]}", *shown[1:], *more, doing])

    def tell(self, doing: str, troubles: Sequence[str]) -> bool:
        """Whether it was news."""
        if tuple(troubles) == self._troubles:
            return False
        self._troubles = tuple(troubles)
        notify.say_status(self.describe(doing))
        return True


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
