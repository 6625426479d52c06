"""status: what Marsad does at the moment, and everything that needs attention."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.digests.model import DigestPlan
from monitor.model import DigestName, Fault, PollState, RecipientState, Source
from monitor.model.daemon import DaemonState
from monitor.model.feedback import FeedbackState
from monitor.model.source import Delays
from monitor.names.compile import list_entity_demonyms, list_entity_names
from monitor.ports import Archive, FaultStore, RecipientStore, StoreSummary
from monitor.ports.earlier import EarlierStore
from monitor.ports.feedback import FeedbackStore
from monitor.ports.silences import SilenceStore
from monitor.queries.delivery import name_delivery_troubles
from monitor.queries.silences import SilenceView, list_silences
from monitor.queries.storm import Brake, list_brakes
from monitor.rules.model import Watchlist

# A source that has not been read for this long although it is due says that nothing polls.
LATE = timedelta(minutes=15)
DELAYS_SINCE = timedelta(days=7)
LOW_ON_DISK = 20_000_000  # bytes; a poll of a large feed, the WAL and a copy of the configuration take some of them


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPorts:
    """What the store is asked for."""

    archive: Archive
    faults: FaultStore
    recipients: RecipientStore
    silences: SilenceStore
    earlier: EarlierStore
    feedback: FeedbackStore | None = None  # where there is a mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What the machine says, beside the store: the state directory, the daemon, the configuration in force."""

    state: Path
    free_bytes: int  # on the disk of `state`
    daemon: DaemonState | None
    is_running: bool
    has_fallback: bool = False  # the files are broken: the last good configuration is in force
    held_rules: Sequence[str] = ()  # of which the last good version is in force
    digests: Sequence[DigestPlan] = ()
    unhurried: Collection[DigestName] = ()  # of which the delays say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status` found. `troubles` is empty when all is well."""

    daemon: DaemonState | None
    running: bool
    sources: Sequence[PollState]
    summary: StoreSummary
    delays: Sequence[Delays]
    names: int  # spellings that are looked for
    paused: Sequence[str]  # ids of sources that a person paused
    faults: Sequence[Fault]  # what fails inside Marsad and has not ended
    away: Sequence[RecipientState]  # those that get no mail at present
    silences: Sequence[SilenceView]  # in force, or with matches that the next digest will count
    brakes: Sequence[Brake]  # immediate digests that the storm brake holds
    feedback: FeedbackState | None  # of the feedback mailbox, where there is one
    troubles: Sequence[str]

    @property
    def is_healthy(self) -> bool:
        return not self.troubles


async def read_status(
    sources: Sequence[Source], watchlist: Watchlist, ports: StatusPorts, installation: Installation, now: datetime
) -> Status:
    """Ask the store | leave out what the configuration no longer names | name what needs attention."""
    watched = {source.id for source in sources}
    states = [state for state in await ports.archive.list_poll_states() if state.source in watched]
    summary = await ports.archive.summarise(now)
    delays = await ports.archive.measure_delays(now - DELAYS_SINCE, without=installation.unhurried)
    faults = [fault for fault in await ports.faults.list_faults() if fault.is_open]
    recipients = await ports.recipients.list_recipients()
    return Status(
        daemon=installation.daemon,
        running=installation.is_running,
        sources=states,
        summary=summary,
        delays=[one for one in delays if one.source in watched],
        names=count_names(watchlist),
        paused=[source.id for source in sources if source.paused],
        faults=faults,
        away=[state for state in recipients if not state.gets_mail(now)],
        silences=await list_silences(ports.silences, now),
        brakes=await list_brakes(installation.digests, ports.earlier, now),
        feedback=await ports.feedback.read_state() if ports.feedback else None,
        troubles=[
            *name_configuration_troubles(installation),
            *name_source_troubles(sources, states, now),
            *name_delivery_troubles(summary, faults, now),
            *name_daemon_troubles(installation),
            *name_disk_troubles(installation),
        ],
    )


def count_names(watchlist: Watchlist) -> int:
    """Spellings that are looked for, the shipped ones among them; the grammar's forms of them do not count."""
    entities = watchlist.entities.values()
    texts = (
        {*list_entity_names(one), *list_entity_demonyms(one), *(name.text for name in one.short)} for one in entities
    )
    return sum(map(len, texts))


def name_configuration_troubles(installation: Installation) -> list[str]:
    broken = "the configuration is broken; the last good one is in force (`marsad check` says what is wrong)"
    held = [f"rule {rule}: an example fails; its last good version is in force" for rule in installation.held_rules]
    return [broken, *held] if installation.has_fallback else held


def name_source_troubles(sources: Sequence[Source], states: Sequence[PollState], now: datetime) -> list[str]:
    """Sources that fail, that nothing polls although they are due, and that were never polled."""
    polled = {source.id for source in sources if not source.paused}
    known: Mapping[str, PollState] = {state.source: state for state in states if state.source in polled}
    troubles = [
        f"source {state.source}: {state.disabled or state.last_error}" for state in known.values() if state.last_error
    ]
    awaited = [state for state in known.values() if state.last_polled_at and not state.disabled]
    late = [state.source for state in awaited if now - state.next_poll_at > LATE]
    if late:
        troubles.append(f"not polled although due: {', '.join(late)} (is the daemon running?)")
    never = polled - {state.source for state in known.values() if state.last_polled_at}
    if never:
        troubles.append(f"never polled yet: {', '.join(sorted(never))}")
    return troubles


def name_daemon_troubles(installation: Installation) -> list[str]:
    daemon = installation.daemon
    if daemon is None:
        return []
    if installation.is_running:
        return [f"the daemon cannot use its store: {trouble}" for trouble in daemon.failing]
    return [f"the daemon ended: {daemon.ended}"] if daemon.ended else []


def name_disk_troubles(installation: Installation) -> list[str]:
    """Said here, because what the disk has no room for is in no store and no file."""
    free = installation.free_bytes
    if free >= LOW_ON_DISK:
        return []
    return [f"the disk of {installation.state} is full: {free // 1_000_000} MB are free"]
