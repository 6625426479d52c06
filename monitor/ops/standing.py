"""What `systemctl status` says of the daemon in one line: what fails at the moment, then what it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.ops import notify
from monitor.text.counting import count

SHOWN = 3
LONGEST = 200  # of one trouble: systemd shows the line as it is


class FaultKeeper:
    """Keeps what fails, and tells systemd when its line changes."""

    def __init__(self) -> None:
        self._troubles: tuple[str, ...] = ()
        self._said = ""

    def describe(self, doing: str) -> str:
        """The STATUS= line of a daemon that is `doing` something: "2 problems: …; …; watching 5 sources"."""
        self._said = self._compose(doing)
        return self._said

    def _compose(self, doing: str) -> str:
        if not self._troubles:
            return doing
        number = len(self._troubles)
        shown = [_shorten(trouble) for trouble in self._troubles[:SHOWN]]
        more = [f"{number - SHOWN} more (`marsad status` lists them)"] if number > SHOWN else []
        return "; ".join([f"{number} problem{'s' if number > 1 else ''}: {shown[0]}", *shown[1:], *more, doing])

    def tell(self, doing: str, troubles: Sequence[str]) -> bool:
        """Whether it was news."""
        self._troubles = tuple(troubles)
        if self._compose(doing) == self._said:
            return False
        notify.say_status(self.describe(doing))
        return True


def describe_work(*, sources: int, failing: int, last_match_at: datetime | None, waiting: int, now: datetime) -> str:
    """What a healthy daemon says of itself: "312 sources, 2 failing; last match 4 min ago; outbox 0"."""
    failed = f", {failing} failing" if failing else ""
    match = "no match yet" if last_match_at is None else f"last match {_describe_age(now - last_match_at)}"
    return f"{count(sources, 'source')}{failed}; {match}; outbox {waiting}"


def _describe_age(age: timedelta) -> str:
    """In one unit, so that the line changes seldom."""
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "within a minute"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
