"""One attempt at one message: open | mark as handed over | send | judge the answer | record it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.errors import ChannelDown, ConnectionBroken, StoreUnusable, Transient, UsageError, UserMustFix
from monitor.model import ChannelName, Delivery, DigestName, OutboxEntry, OutboxState, Refusal, Severity
from monitor.pipeline.recorder import DeliverPorts, Recorder
from monitor.ports import Channel, Tally

# Per message, RFC 5321 §4.5.4.1 asks for at least 30 minutes between later tries and some earlier ones.
MESSAGE_WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180))
BREAK_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
STORE_WAIT = timedelta(seconds=30)  # after which a message is tried again that the store had no time for
MOST_HAND_OVERS = 2  # without an answer; then a person decides
REPORTED_BREAKS = 3  # of connections, during one message
# How long a message may be put off before the operator is told.
LATE_AFTER = {Severity.URGENT.rank: timedelta(minutes=30)}
LATE_AFTER_ELSE = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverOutcome:
    """What became of one attempt. `resent` means that an earlier one may have arrived; `error` is a defect of ours."""

    digest: DigestName
    recipient: str
    channel: ChannelName
    state: OutboxState
    reply: str
    resent: bool = False
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        return self.state is OutboxState.SENT


class Attempt:
    """Whatever the channel does, what became of the message is recorded before `make` returns."""

    def __init__(self, entry: OutboxEntry, ports: DeliverPorts, recorder: Recorder) -> None:
        self._entry = entry
        self._ports = ports
        self._recorder = recorder
        self._begun_at = ports.clock.now()
        self.is_marked = False  # as handed over: from now on it may have arrived

    async def make(self) -> DeliverOutcome:
        entry = self._entry
        name = entry.message.channel
        channel = self._ports.channels.get(name)
        if channel is None:
            return await self._hold(f"no channel {name!r} is configured any more; add it again, or drop the message")
        if entry.hand_overs >= MOST_HAND_OVERS:  # during the last of them this program ended
            return await self._back_off("Marsad ended before the server answered")
        return await self._send(channel)

    async def put_off(self, error: BaseException) -> DeliverOutcome:
        """After a defect of ours: the message waits, tried last from now on, and the others go on."""
        reply = f"{type(error).__name__}: {error}"
        outcome = await self._back_off(reply, unanswered=int(self.is_marked))
        await self._recorder.record_fault(self._entry, f"it cannot be sent: {reply}")
        return replace(outcome, error=error)

    async def _send(self, channel: Channel) -> DeliverOutcome:
        try:
            await channel.open()
            delivery = await channel.send(self._entry.message, before_data=self._mark)
        except StoreUnusable:
            raise
        except ConnectionBroken as error:
            return await self._break(error)
        except UsageError as error:
            # A person dropped it between our reading and our sending; nothing was handed over, no channel is to blame.
            return self._conclude(Delivery(state=OutboxState.DROPPED, reply=str(error), at=self._ports.clock.now()))
        except (ChannelDown, UserMustFix) as error:
            return await self._hold(str(error))
        except Transient as error:  # the store did not record the hand-over, so there was none
            return await self._wait(str(error), STORE_WAIT)
        return await self._settle(delivery, channel)

    async def _mark(self) -> None:
        await self._ports.store.mark_data(self._entry.message.id)
        self.is_marked = True

    async def _settle(self, delivery: Delivery, channel: Channel) -> DeliverOutcome:
        """The server has answered."""
        entry = self._entry
        next_attempt_at = delivery.at + _choose(MESSAGE_WAITS, entry.attempts)
        await self._recorder.record(entry, delivery, next_attempt_at, self._count(tries=1))
        await self._recorder.mark_well(entry.message.channel)
        if delivery.state is OutboxState.PENDING:
            await self._report_lateness(delivery.reply, next_attempt_at - delivery.at)
        elif entry.attempts:
            await self._recorder.clear_fault(entry)
        if delivery.refusal is Refusal.SIZE:
            await self._ports.on_too_large(entry, channel.size_limit())
        return self._conclude(delivery)

    async def _break(self, error: ConnectionBroken) -> DeliverOutcome:
        """That is this message's fault as long as others go; when different ones break, it is the channel's."""
        message = self._entry.message
        outcome = await self._back_off(str(error), unanswered=int(error.may_have_arrived))
        if self._ports.breakers.note_break(message.channel, message.id):
            await self._recorder.put_on_hold(message.channel, str(error), self._begun_at)
        return outcome

    async def _back_off(self, reply: str, *, unanswered: int = 0) -> DeliverOutcome:
        """The message waits by itself, tried last; handed over twice without an answer, it waits for a person."""
        entry = self._entry
        tally = self._count(tries=1, unanswered=unanswered, breaks=1)
        wait = _choose(BREAK_WAITS, entry.breaks)
        state = OutboxState.DATA if tally.hand_overs else OutboxState.PENDING
        if tally.hand_overs >= MOST_HAND_OVERS:
            state, reply = OutboxState.UNCERTAIN, f"handed over {tally.hand_overs} times without an answer: {reply}"
        delivery = Delivery(state=state, reply=reply, at=self._ports.clock.now())
        await self._recorder.record(entry, delivery, delivery.at + wait, tally)
        if state is OutboxState.UNCERTAIN:
            start = entry.message.id[:12]
            await self._recorder.record_fault(
                entry,
                f"{reply}; it is not sent again: decide with `marsad outbox retry {start}` or `drop {start}`",
            )
        else:
            await self._report_lateness(reply, wait, breaks=tally.breaks)
        return self._conclude(delivery)

    async def _hold(self, reply: str) -> DeliverOutcome:
        """The channel does not work. The message stays as it is, and due: the hold is the channel's."""
        outcome = await self._wait(reply, self._entry.next_attempt_at - self._ports.clock.now())
        await self._recorder.put_on_hold(self._entry.message.channel, reply, self._begun_at)
        return outcome

    async def _wait(self, reply: str, wait: timedelta) -> DeliverOutcome:
        """Through no fault of the message."""
        state = OutboxState.DATA if self._entry.hand_overs else OutboxState.PENDING
        delivery = Delivery(state=state, reply=reply, at=self._ports.clock.now())
        await self._recorder.record(self._entry, delivery, delivery.at + wait, self._count())
        return self._conclude(delivery)

    def _count(self, *, tries: int = 0, unanswered: int = 0, breaks: int = 0) -> Tally:
        entry = self._entry
        return Tally(
            attempts=entry.attempts + tries, hand_overs=entry.hand_overs + unanswered, breaks=entry.breaks + breaks
        )

    async def _report_lateness(self, reply: str, wait: timedelta, *, breaks: int = 0) -> None:
        """A fault once the message has been put off for longer than its urgency allows, or breaks every connection."""
        entry, now = self._entry, self._ports.clock.now()
        patience = LATE_AFTER.get(entry.urgency, LATE_AFTER_ELSE)
        if now - entry.created_at > patience or breaks >= REPORTED_BREAKS:
            what = f"it has waited since {entry.created_at:%Y-%m-%d %H:%M}Z: {reply}"
            await self._recorder.record_fault(entry, what, retry_at=now + wait)

    def _conclude(self, delivery: Delivery) -> DeliverOutcome:
        entry = self._entry
        return DeliverOutcome(
            digest=entry.digest,
            recipient=entry.message.recipient,
            channel=entry.message.channel,
            state=delivery.state,
            reply=delivery.reply,
            resent=entry.hand_overs > 0,
        )


def _choose(waits: tuple[timedelta, ...], number: int) -> timedelta:
    return waits[min(number, len(waits) - 1)]
