"""deliver: outbox -> Channel, with one commit before a message is handed over and one after the channel has answered.

Each channel has its own places: one that is silent, slow or on hold keeps no other waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from monitor.errors import ChannelDown, UserMustFix
from monitor.model import ChannelName, DigestId, FaultKind, OutboxEntry
from monitor.pipeline.attempt import Attempt, DeliverOutcome
from monitor.pipeline.recorder import DeliverPorts, Recorder
from monitor.ports import Channel, Clock

__all__ = ("DeliverOutcome", "DeliverPorts", "Outgoing", "deliver", "never")

PLACES = 2  # messages at the same time over one channel


def never() -> bool:
    """For callers who do not stop half-way."""
    return False


async def deliver(ports: DeliverPorts, *, stopping: Callable[[], bool] = never) -> list[DeliverOutcome]:
    """Sendable entries | their channel | mark as handed over | send | record the answer; until nothing is sendable.

    One message that fails never stops another; a channel that is down is left alone for a while, and its messages wait.
    Begins no further message once `stopping()`.
    """
    outcomes: list[DeliverOutcome] = []
    outgoing = Outgoing(outcomes.append, ports.clock)
    try:
        while not stopping() and await outgoing.look(ports):
            await outgoing.wait_for_one()
        await outgoing.finish()
    finally:
        await outgoing.cancel()
    return outcomes


@dataclass(slots=True)
class Send:
    """What is under way; `moved_at` is monotonic seconds. `via` is what a reload may have replaced since."""

    channel: ChannelName
    via: Channel | None
    task: asyncio.Task[None]
    moved_at: float
    is_risky: bool = False  # a connection broke during this message before
    attempt: Attempt | None = None

    @property
    def is_handed_over(self) -> bool:
        """Whether the server may have the message by now."""
        return self.attempt is not None and self.attempt.is_marked


class Outgoing:
    """Messages under way, each in a task of its own, so that a slow one keeps no look waiting. Survives reloads.

    `told` is given each outcome; `ended` is called whenever a place is free again.
    """

    def __init__(
        self, told: Callable[[DeliverOutcome], None], clock: Clock, *, ended: Callable[[], None] = lambda: None
    ) -> None:
        self._told = told
        self._ended = ended
        self._clock = clock
        self._sends: dict[str, Send] = {}
        self._is_seeded = False
        self._error: BaseException | None = None

    async def look(self, ports: DeliverPorts) -> bool:
        """Begin what may be sent now; whether anything is under way. Raises what went wrong behind an earlier look."""
        if not self._is_seeded:
            await self._recall_failures(ports)
        entries = await ports.store.list_sendable(
            ports.clock.now(), PLACES, held=ports.breakers.list_held(ports.clock.now()), under_way=self._list_ids()
        )
        for entry in entries:
            if self._has_place(entry, ports):
                name = entry.message.channel
                self._begin(entry.message.id, name, self._send(entry, ports), ports.channels.get(name))
                self._sends[entry.message.id].is_risky = entry.breaks > 0
        self._try_idle_channels({entry.message.channel for entry in entries}, ports)
        self._raise_error()
        return bool(self._sends)

    async def wait_for_one(self) -> None:
        """Return when one of those under way has ended."""
        if self._sends:
            await asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> None:
        """Return when nothing is under way. Raises what went wrong."""
        while self._sends:
            await self.wait_for_one()
        self._raise_error()

    async def cancel(self, *, sparing_handed_over: bool = False) -> None:
        """End what is under way; what was handed over and not answered is handed over once more later, or spared."""
        sends = self._sends.values()
        tasks = [send.task for send in sends if not (sparing_handed_over and send.is_handed_over)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def under_way(self) -> Collection[asyncio.Task[None]]:
        return frozenset(send.task for send in self._sends.values())

    def list_older(self, seconds: float) -> list[str]:
        """What has been under way for longer than that without any progress."""
        now = self._clock.monotonic()
        return [name for name, send in self._sends.items() if now - send.moved_at > seconds]

    def _list_ids(self) -> list[DigestId]:
        return [DigestId(name) for name in self._sends]

    def _has_place(self, entry: OutboxEntry, ports: DeliverPorts) -> bool:
        """A channel on trial gets one message at a time, and those that may break the connection share one place."""
        channel = entry.message.channel
        via = ports.channels.get(channel)
        busy = [send for send in self._sends.values() if send.channel == channel and send.via is via]
        if entry.breaks and any(send.is_risky for send in busy):
            return False
        return len(busy) < (1 if ports.breakers.is_on_trial(channel) else PLACES)

    def _begin(self, name: str, channel: ChannelName, work: Coroutine[Any, Any, None], via: Channel | None) -> None:
        task = asyncio.create_task(work, name=f"send {name}")
        self._sends[name] = Send(channel, via, task, self._clock.monotonic())
        task.add_done_callback(partial(self._end, name))

    def _end(self, name: str, task: asyncio.Task[None]) -> None:
        del self._sends[name]
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._ended()
        else:  # of the store: there is no hurry to see it again
            self._error = self._error or error

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    async def _send(self, entry: OutboxEntry, ports: DeliverPorts) -> None:
        """The attempt is a task of its own: what it raises is a defect, and one message's alone."""
        attempt = Attempt(entry, ports, Recorder(ports, partial(self._note_progress, entry.message.id)))
        self._sends[entry.message.id].attempt = attempt
        making = asyncio.create_task(attempt.make(), name=f"attempt {entry.message.id}")
        try:
            await asyncio.wait([making])
        except asyncio.CancelledError:
            making.cancel()
            await asyncio.wait([making])
            raise
        error = making.exception()
        self._told(making.result() if error is None else await attempt.put_off(error))

    def _note_progress(self, name: str) -> None:
        self._sends[name].moved_at = self._clock.monotonic()

    async def _recall_failures(self, ports: DeliverPorts) -> None:
        """What earlier processes found: a channel that they left on hold is tried at once, one message at a time."""
        for fault in await ports.faults.list_faults():
            if fault.kind is FaultKind.CHANNEL and fault.is_open:
                ports.breakers.failures.setdefault(ChannelName(fault.subject), fault.count)
        self._is_seeded = True

    def _try_idle_channels(self, busy: Collection[ChannelName], ports: DeliverPorts) -> None:
        """A channel that has failed, and for which nothing waits any more, is opened to see whether it works."""
        for channel in list(ports.breakers.failures):
            name = f"channel {channel}"
            is_used = channel in busy or any(send.channel == channel for send in self._sends.values())
            if not is_used and ports.breakers.may_be_opened(channel, ports.clock.now()):
                recorder = Recorder(ports, partial(self._note_progress, name))
                work = _try_channel(channel, ports, recorder)
                self._begin(name, channel, work, ports.channels.get(channel))


async def _try_channel(name: ChannelName, ports: DeliverPorts, recorder: Recorder) -> None:
    begun = ports.clock.now()
    channel = ports.channels.get(name)
    try:
        if channel is not None:  # else it left the configuration, and nothing needs it
            await channel.open()
    except (ChannelDown, UserMustFix) as error:
        await recorder.put_on_hold(name, str(error), begun)
    else:
        await recorder.mark_well(name)
