"""The whole line on virtual time: its threads and processes are waited for, its mail goes to a server in the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from unittest.mock import patch

from aiosmtpd.smtp import SMTP, Envelope, Session
from virtual_time import VirtualLoop

from monitor.child_process import ChildProcess
from monitor.store.database import Database

SLOW_SECONDS = 30.0


@dataclass(slots=True)
class MovableClock:
    """ports.Clock over the loop's time, that somebody may set."""

    loop: VirtualLoop
    start: datetime
    jump: timedelta = timedelta(0)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.loop.time()) + self.jump

    def monotonic(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def pass_time(self, length: timedelta) -> None:
        """What is due meanwhile happens."""
        await asyncio.sleep(length.total_seconds())


@contextmanager
def count_work(clock: MovableClock, *, committed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let no time pass while the store's writer or a process of ours works; `committed` hears of each commit."""

    def hold_time(place: type, name: str, then: Callable[[], None] = lambda: None) -> Any:
        real = getattr(place, name)

        async def call(*args: Any, **options: Any) -> Any:
            with clock.loop.thread_at_work():
                result = await real(*args, **options)
            then()
            return result

        return patch.object(place, name, call)

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return clock.now().astimezone(tz)

    with (
        hold_time(Database, "write", committed),
        hold_time(ChildProcess, "run"),
        hold_time(ChildProcess, "_start"),
        patch("monitor.channels.smtp.datetime", Now),
    ):
        yield


class Mood(StrEnum):
    UP = "up"
    DOWN = "down"  # nobody listens
    SLOW = "slow"
    BUSY = "busy"  # 451 after the message
    DROPS = "drops"  # takes the message and closes the connection instead of answering
    SILENT = "silent"  # takes the message and never answers


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class MailServer:
    """A real SMTP server in the loop; `kept` has recipient and bytes of what it accepted, or took without a word."""

    mood: Mood = Mood.UP
    keeps_unanswered: bool = True  # whether what it did not answer has arrived
    is_cut_off: bool = False  # from a client that does not exist any more: what it still sends never was
    kept: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Transport] = field(default_factory=set)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, loop=loop, hostname="mail.example.org"), "127.0.0.1", self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def be(self, mood: Mood) -> None:
        if mood is Mood.DOWN:
            await self.stop()
        elif self._server is None:
            await self.start()
        self.mood = mood

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for transport in self._open:
            transport.abort()
        self._open.clear()
        await asyncio.sleep(0)

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self._open.add(server.transport)
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, _: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        if self.is_cut_off:
            server.transport.abort()
            return "451 never heard"
        if self.mood is Mood.BUSY:
            return "451 4.3.2 come back later"
        if self.mood is Mood.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if self.mood is Mood.SLOW and self.is_cut_off:
            return "451 never heard"
        is_answered = self.mood in {Mood.UP, Mood.SLOW}
        if is_answered or self.keeps_unanswered:
            self.kept += [(to, content) for to in envelope.rcpt_tos]
        if self.mood is Mood.SILENT:
            await asyncio.Event().wait()
        if not is_answered:
            server.transport.abort()
        return "250 2.0.0 kept"
