"""Whom the storm brake holds mails from at present: for `status`, `digest next`, `digest preview` and `explain`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.digests.model import DigestPlan, Immediate
from monitor.digests.storm import LOOK_BACK, find_brake_end
from monitor.model import DigestName
from monitor.ports.earlier import EarlierStore

Brakes = Mapping[tuple[DigestName, str], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """An immediate digest is held until then, because its reader has had the most mails that an hour may bring."""

    digest: DigestName
    recipient: str
    max_per_hour: int
    until: datetime


async def list_brakes(plans: Sequence[DigestPlan], earlier: EarlierStore, now: datetime) -> list[Brake]:
    """In the order of the configuration."""
    found = []
    for plan in plans:
        if not isinstance(plan.schedule, Immediate):
            continue
        for reader in plan.recipients:
            mails = await earlier.list_instant(reader.email, now - LOOK_BACK)
            if until := find_brake_end(plan, mails, now):
                most = plan.schedule.max_per_hour
                found.append(Brake(digest=plan.name, recipient=reader.email, max_per_hour=most, until=until))
    return found


def index_brakes(brakes: Sequence[Brake]) -> Brakes:
    """Their ends by digest and reader."""
    return {(one.digest, one.recipient): one.until for one in brakes}


def describe_brake(brake: Brake) -> str:
    """One line, for a person."""
    return (
        f"storm brake: {brake.recipient} has had {brake.max_per_hour} immediate mails within an hour; what digest "
        f"{brake.digest} finds until {brake.until:%Y-%m-%d %H:%M}Z waits, and is sent as one mail then"
    )
