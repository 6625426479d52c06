"""isolate: one thing that fails stops nothing else; what it raised becomes a fault, and it alone is tried again later.

The one broad `except` of the stages: a digest's template, a source's state or an article may make anything fail, and
only that digest, source or article is to wait for a better moment or a person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from monitor.errors import MarsadError, StoreUnusable
from monitor.model import Fault, FaultKind
from monitor.ports import Clock, FaultStore

T = TypeVar("T")
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a piece of work raised. `is_news` when it had not failed before, or differently."""

    fault: Fault
    error: Exception
    is_news: bool


class Isolation:
    """Runs pieces of work of one kind, each named by its fault's subject; `known` are the faults that are open.

    What fails has a time of its next attempt, unless nobody waits for that: `waits`.
    """

    def __init__(
        self, kind: FaultKind, store: FaultStore, clock: Clock, known: Collection[Fault], *, waits: bool = True
    ) -> None:
        self._kind, self._store, self._clock, self._waits = kind, store, clock, waits
        self._known = {fault.subject: fault for fault in known if fault.kind is kind and fault.is_open}

    def find_held(self, subject: str) -> Fault | None:
        """Its fault, as long as its next attempt has not come."""
        fault = self._known.get(subject)
        return fault if fault is not None and is_held(fault, self._clock.now()) else None

    async def run(self, subject: str, work: Callable[[], Awaitable[T]]) -> T | Failure:
        """What `work` returns, or what it raised. Raises StoreUnusable, which concerns everything."""
        try:
            return await work()
        except StoreUnusable:
            raise
        except Exception as error:
            return await self._record(subject, error)

    async def clear(self, subject: str) -> bool:
        """It works again, or is not there any more; whether it had failed."""
        if self._known.pop(subject, None) is None:
            return False
        await self._store.clear(self._kind, subject, self._clock.now())
        return True

    async def clear_others(self, subjects: Collection[str], *, prefix: str = "") -> None:
        """What the configuration does not name any more cannot fail; only subjects with this prefix are ours."""
        for subject in [one for one in self._known if one.startswith(prefix) and one not in subjects]:
            await self.clear(subject)

    async def _record(self, subject: str, error: Exception) -> Failure:
        before, now = self._known.get(subject), self._clock.now()
        retry_at = now + find_wait(before.count if before else 0) if self._waits else None
        detail = describe_error(error)
        fault = await self._store.record(self._kind, subject, detail, now, retry_at=retry_at)
        self._known[subject] = fault
        return Failure(fault=fault, error=error, is_news=before is None or before.detail != detail)


def find_wait(failures: int) -> timedelta:
    """Doubles with each failure before. Pure."""
    doublings = min(failures, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_held(fault: Fault, now: datetime) -> bool:
    """Whether its next attempt is still to come; one farther away than any wait was set by a clock that was wrong."""
    return fault.retry_at is not None and now < fault.retry_at <= now + LONGEST_WAIT


def describe_error(error: Exception) -> str:
    """One line."""
    said = str(error) if isinstance(error, MarsadError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())
