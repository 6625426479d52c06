"""faults: what fails inside Marsad -> one mail to the operator when it has lasted, and one when it is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Fault, FaultKind
from monitor.pipeline.source_alerts import Tell
from monitor.ports import FaultStore
from monitor.queries.faults import describe_end, describe_fault

# A channel that is down for a moment mends itself, and so does a task that met it; what needs a person is reported at
# once.
GRACE = {FaultKind.CHANNEL: timedelta(minutes=10), FaultKind.TASK: timedelta(minutes=2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPorts:
    """`tell` mails the operator, and does not mail the same news of one day twice."""

    store: FaultStore
    tell: Tell


async def report_faults(ports: FaultPorts, now: datetime) -> Sequence[Fault]:
    """List | those that have lasted, those that have ended | one mail for each kind of news | remember it."""
    known = await ports.store.list_faults()
    begun, ended = list_begun(known, now), [fault for fault in known if fault.ended_at is not None]
    if begun:
        await ports.tell("something has failed", [describe_fault(fault) for fault in begun])
    if ended:
        await ports.tell("something works again", [describe_end(fault) for fault in ended])
    await ports.store.mark_reported([*begun, *ended], now)
    return [*begun, *ended]


def list_begun(faults: Sequence[Fault], now: datetime) -> list[Fault]:
    """Those that the operator has not been told of and that have lasted for their grace. Pure.

    One that begins far ahead was written by a clock that was wrong: it has lasted.
    """
    return [
        fault
        for fault in faults
        if fault.reported_at is None and fault.is_open and abs(now - fault.since) >= GRACE.get(fault.kind, timedelta(0))
    ]
