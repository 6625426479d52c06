"""Circuit breakers, one for each channel: open (on hold) after a failure of the channel, then tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import ChannelName, DigestId

CHANNEL_WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 480))
BROKEN_MESSAGES = 2  # different ones in a row, during which the connection broke: it is not the message
# Each message that broke a connection is tried again within three hours: after that, none of them waits any more.
LAST_BREAK = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A channel is not used from `since` on, until `until`."""

    since: datetime
    until: datetime


@dataclass(slots=True)
class Breakers:
    """Which channels are on hold, and until when; lives as long as the process, over reloads too."""

    failures: dict[ChannelName, int] = field(default_factory=dict)  # in a row
    holds: dict[ChannelName, Hold] = field(default_factory=dict)
    broken: dict[ChannelName, set[DigestId]] = field(default_factory=dict)  # messages, since the last that went
    released_at: datetime | None = None

    def trip(self, channel: ChannelName, begun: datetime, now: datetime) -> datetime | None:
        """An attempt that began at `begun` has failed: the end of the hold.

        None when that tells nothing new: it had begun before the channel was put on hold, or before a person changed
        something.
        """
        hold = self.holds.get(channel)
        is_known = hold is not None and begun <= hold.since and now < hold.until
        if is_known or (self.released_at is not None and begun < self.released_at):
            return None
        count = self.failures.get(channel, 0)
        self.failures[channel] = count + 1
        until = now + CHANNEL_WAITS[min(count, len(CHANNEL_WAITS) - 1)]
        self.holds[channel] = Hold(since=now, until=until)
        return until

    def note_break(self, channel: ChannelName, message: DigestId) -> bool:
        """The connection broke during this message: whether that concerns the channel, not the message alone."""
        broken = self.broken.setdefault(channel, set())
        broken.add(message)
        return len(broken) >= BROKEN_MESSAGES

    def reset(self, channel: ChannelName) -> bool:
        """It works; whether it did not before."""
        self.broken.pop(channel, None)
        self.holds.pop(channel, None)
        return self.failures.pop(channel, None) is not None

    def release(self, now: datetime) -> None:
        """Try every channel again now, because a person changed something; failures go on being counted."""
        self.released_at = now
        self.holds.clear()
        self.broken.clear()

    def list_held(self, now: datetime) -> Mapping[ChannelName, datetime]:
        """Channels that are on hold, and since when."""
        return {channel: hold.since for channel, hold in self.holds.items() if now < hold.until}

    def may_be_opened(self, channel: ChannelName, now: datetime) -> bool:
        """Whether a connection alone would show that it works: not as long as messages break one after the other."""
        hold = self.holds.get(channel)
        if hold is None:
            return True
        is_broken = len(self.broken.get(channel, ())) >= BROKEN_MESSAGES
        return now >= hold.until + (LAST_BREAK if is_broken else timedelta(0))

    def is_on_trial(self, channel: ChannelName) -> bool:
        """Whether it has failed and nothing has gone since: then one message at a time shows how it does."""
        return channel in self.failures
