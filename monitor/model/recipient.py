"""Who reads a digest; and an address that gets no mail for now: the mail server refuses it, or a person paused it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.model.outbox import ChannelName

REFUSALS = 3  # in a row, on two days
# Of two days: a server that is wrong for some minutes around midnight suspends nobody.
SHORTEST_SPAN = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who reads a digest, with everything the edge needs resolved. `email` may also be "channel:address"."""

    email: str
    language: str = "en"  # a locale: ar, ar-SY, az
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    channel: ChannelName | None = None  # its own, where the address is one of a channel that is not mail
    max_size: int | None = None  # bytes of one message, where that channel takes short ones alone


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """What the store remembers of an address; `refusals` counts those in a row, and `reply` is the last of them."""

    address: str
    refusals: int = 0
    first_refused_at: datetime | None = None
    last_refused_at: datetime | None = None
    reply: str = ""
    suspended_at: datetime | None = None  # since when Marsad sends nothing there
    paused_at: datetime | None = None  # since when a person wants it so
    paused_until: datetime | None = None  # None: until `resume`

    def is_paused(self, now: datetime) -> bool:
        return self.paused_at is not None and (self.paused_until is None or now < self.paused_until)

    def gets_mail(self, now: datetime) -> bool:
        return self.suspended_at is None and not self.is_paused(now)

    def refuse(self, reply: str, now: datetime) -> RecipientState:
        """As it stands after one more refusal of the address itself: suspended after three of them on two days."""
        first = self.first_refused_at or now
        is_lasting = now.date() > first.date() and now - first >= SHORTEST_SPAN
        suspends = self.refusals + 1 >= REFUSALS and is_lasting
        return replace(
            self,
            refusals=self.refusals + 1,
            first_refused_at=first,
            last_refused_at=now,
            reply=reply,
            suspended_at=self.suspended_at or (now if suspends else None),
        )
