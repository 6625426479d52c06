"""digest next and digest preview --last: when digests are due, what fails, what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.digests.decide import find_last_slot
from monitor.digests.model import DigestPlan, Schedule
from monitor.digests.numbering import find_digest
from monitor.errors import UsageError
from monitor.model import DigestId, DigestName, Fault, FaultKind, OutboxEntry, Recipient, Subscription
from monitor.ports import DigestStore, FaultStore
from monitor.ports.sent import SentStore
from monitor.queries.storm import Brake, Brakes, index_brakes

MOST_SENT = 1000  # messages that are looked back at
TIMES = 3  # that are shown of each digest


class Calendar(Protocol):
    """Says when a schedule is due; `pipeline.schedule` implements it."""

    def next_times(
        self, schedule: Schedule, timezone: ZoneInfo, *, after: datetime, count: int
    ) -> tuple[datetime, ...]:
        """The next slots, none for a digest that is sent as soon as a rule fires."""
        ...

    def latest_due(self, schedule: Schedule, timezone: ZoneInfo, *, after: datetime, now: datetime) -> datetime | None:
        """The last slot between these moments."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """When one reader's digest is due: the next times, a slot that has passed and waits, and why it fails."""

    digest: str
    recipient: str
    next: tuple[datetime, ...]
    waiting_since: datetime | None = None
    failing: str | None = None
    held_until: datetime | None = None  # by the storm brake


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDigests:
    """What the store remembers of digests; nothing before its first use."""

    subscriptions: Mapping[tuple[DigestName, str], Subscription] = field(default_factory=dict)
    faults: Mapping[str, Fault] = field(default_factory=dict)  # by `name_subscription`
    brakes: Brakes = field(default_factory=dict)


async def read_known(digests: DigestStore, faults: FaultStore, brakes: Sequence[Brake] = ()) -> KnownDigests:
    """What `list_prospects` needs of the store."""
    begun = [one for one in await faults.list_faults() if one.is_open and one.kind is FaultKind.DIGEST]
    return KnownDigests(
        subscriptions={(one.digest, one.recipient): one for one in await digests.list_subscriptions()},
        faults={fault.subject: fault for fault in begun},
        brakes=index_brakes(brakes),
    )


def list_prospects(
    plans: Sequence[DigestPlan], known: KnownDigests, calendar: Calendar, now: datetime
) -> list[Prospect]:
    """Of every recipient of every digest, in the order of the configuration."""
    return [_look_ahead(plan, recipient, known, calendar, now) for plan in plans for recipient in plan.recipients]


def _look_ahead(
    plan: DigestPlan, recipient: Recipient, known: KnownDigests, calendar: Calendar, now: datetime
) -> Prospect:
    times = calendar.next_times(plan.schedule, recipient.timezone, after=now, count=TIMES)
    subscription = known.subscriptions.get((plan.name, recipient.email))
    if subscription is None:
        return Prospect(digest=plan.name, recipient=recipient.email, next=times)
    after = find_last_slot(subscription, now)
    waiting = calendar.latest_due(plan.schedule, recipient.timezone, after=after, now=now)
    fault = known.faults.get(name_subscription(subscription))
    return Prospect(
        digest=plan.name,
        recipient=recipient.email,
        next=times,
        waiting_since=waiting.astimezone(recipient.timezone) if waiting else None,
        failing=fault.detail if fault else None,
        held_until=known.brakes.get((plan.name, recipient.email)),
    )


def name_subscription(subscription: Subscription) -> str:
    """As the subject of a fault."""
    return f"{subscription.digest} {subscription.recipient}"


def find_plan(plans: Sequence[DigestPlan], name: str) -> DigestPlan:
    """Raises UsageError that names the digests there are."""
    for plan in plans:
        if plan.name == name:
            return plan
    known = ", ".join(plan.name for plan in plans) or "none"
    raise UsageError(f"no digest is named {name!r}; there are: {known}")


async def list_sent(sent: SentStore, digest: DigestName, since: datetime | None) -> Sequence[OutboxEntry]:
    """The messages of a digest since a moment, newest first; without one the last digest of each reader, whole."""
    entries = await sent.list_messages(digest, since, MOST_SENT)
    if since is not None:
        return entries
    last: dict[str, DigestId] = {}
    for entry in entries:
        last.setdefault(entry.message.recipient, find_digest(entry.message.id))
    return [entry for entry in entries if last[entry.message.recipient] == find_digest(entry.message.id)]
