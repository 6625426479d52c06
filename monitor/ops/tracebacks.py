"""Limits how often the log repeats one traceback: the first ones help, the thousandth only fills the disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

SHOWN = 3
SECONDS = 3600.0
MOST = 1000  # places that are remembered


@dataclass(slots=True)
class _Seen:
    since: float
    count: int = 0


class TracebackLimit:
    """A structlog processor: of the tracebacks from one place in the code, three in an hour are shown."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str, int], _Seen] = {}

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        error = _find_error(event.get("exc_info"))
        if error is None:
            return event
        seen = self._note(_find_place(error))
        if seen.count > SHOWN:
            del event["exc_info"]
            event.setdefault("error", f"{type(error).__name__}: {error}")
            event["traceback"] = f"left out: shown {SHOWN} times within an hour"
        return event

    def _note(self, place: tuple[str, str, int]) -> _Seen:
        now = self._monotonic()
        seen = self._seen.get(place)
        if seen is None or now - seen.since > SECONDS:
            if len(self._seen) >= MOST:
                self._seen.clear()
            seen = self._seen[place] = _Seen(now)
        seen.count += 1
        return seen


def _find_error(given: object) -> BaseException | None:
    """`exc_info` is an exception, a triple with one, or True for the one that is handled."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        given = given[1]
        return given if isinstance(given, BaseException) else None
    return sys.exc_info()[1] if given else None


def _find_place(error: BaseException) -> tuple[str, str, int]:
    """Where it was raised; for one that was never raised, nowhere."""
    traceback, place = error.__traceback__, ("", 0)
    while traceback is not None:
        place = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
    return type(error).__name__, *place
