"""Real mail servers on loopback: aiosmtpd for what goes right, a scripted one for everything else."""

from __future__ import annotations

import asyncio
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from waiting import PATIENCE_SECONDS, until_async

from monitor.channels.smtp import Options, SmtpChannel
from monitor.model import ChannelName, DigestId, Message, Secret, derive_id

HEADLINE = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"
USER, PASSWORD = "marsad", "correct horse بطارية"
DROP, HANG = "drop", "hang"


@pytest.fixture
def make_message() -> Callable[..., Message]:
    """A message as the renderer makes them: ASCII bytes with CRLF."""

    def make(
        headline: str = HEADLINE, recipient: str = "desk@example.org", sender: str = "marsad@example.org"
    ) -> Message:
        identifier = derive_id(headline, recipient)
        mail = EmailMessage(policy=email.policy.SMTP.clone(cte_type="7bit"))
        mail["From"], mail["To"] = "Marsad <marsad@example.org>", "desk@example.org"
        mail["Subject"], mail["Message-ID"] = "Karabakh", f"<{identifier}@example.org>"
        mail.set_content(f"{headline}\n.a line that begins with a dot\n")
        return Message(
            id=DigestId(identifier),
            message_id=f"<{identifier}@example.org>",
            channel=ChannelName("mail"),
            sender=sender,
            recipient=recipient,
            content=mail.as_bytes(),
        )

    return make


@pytest.fixture
def reveal() -> Callable[[Secret], str]:
    return lambda secret: {"right": PASSWORD, "wrong": "hunter2-hunter2"}[secret.name]


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Postbox:
    """A running aiosmtpd and what it accepted."""

    port: int = 0
    received: list[Envelope] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    over_tls: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.received.append(envelope)
        self.sessions.add(id(session))
        self.over_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 2.0.0 kept"


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=False)


@asynccontextmanager
async def serve_mail(*, implicit: ssl.SSLContext | None = None, **settings: Any) -> AsyncIterator[Postbox]:
    box = Postbox()
    loop = asyncio.get_running_loop()
    protocols: list[SMTP] = []

    def accept() -> SMTP:
        protocols.append(SMTP(box, loop=loop, hostname="mail.example.org", authenticator=authenticate, **settings))
        return protocols[-1]

    server = await loop.create_server(accept, "127.0.0.1", 0, ssl=implicit)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for protocol in protocols:
            if protocol.transport is not None:
                protocol.transport.close()
        await asyncio.sleep(0)


@pytest.fixture
def serve() -> Callable[..., AbstractAsyncContextManager[Postbox]]:
    """An aiosmtpd for the time of a block: keyword arguments are its own, `implicit` is a context for TLS at once."""
    return serve_mail


@dataclass(slots=True)
class Script:
    """A server that answers each verb as told: a reply, DROP or HANG; of several, one per use, the last for ever."""

    answers: Mapping[str, Sequence[str]]
    port: int = 0
    said: list[str] = field(default_factory=list)
    connections: int = 0
    bodies: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)

    def find_answer(self, verb: str) -> str:
        usual = {"GREETING": "220 mail.example.org", "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 in"}
        answers = self.answers.get(verb, [usual.get(verb, "250 ok")])
        number = self.used.get(verb, 0)
        self.used[verb] = number + 1
        return answers[min(number, len(answers) - 1)]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        verb = "GREETING"
        while await self.answer(verb, reader, writer):
            line = await reader.readline()
            if not line:
                return
            self.said.append(line.decode("utf-8", "replace").rstrip())
            verb = self.said[-1].split(" ")[0].upper()

    async def answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        reply = self.find_answer(verb)
        if reply == HANG:
            await reader.read()
            return False
        if reply == DROP:
            writer.transport.abort()
            return False
        writer.write(f"{reply}\r\n".encode("utf-8", "surrogateescape"))
        if verb == "DATA" and reply.startswith("354"):
            self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
            return await self.answer("DOT", reader, writer)
        return verb != "QUIT"


@asynccontextmanager
async def serve_script(**answers: str | Sequence[str]) -> AsyncIterator[Script]:
    script = Script({verb: [said] if isinstance(said, str) else said for verb, said in answers.items()})
    talks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(script.talk(reader, writer))
        talks.add(task)
        await asyncio.gather(task, return_exceptions=True)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        for writer in script.writers:
            writer.close()
        await asyncio.sleep(0)


@pytest.fixture
def scripted() -> Callable[..., AbstractAsyncContextManager[Script]]:
    """A scripted server for the time of a block; keywords are verbs (GREETING and DOT are two more)."""
    return serve_script


@pytest.fixture
def connect(
    reveal: Callable[[Secret], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AbstractAsyncContextManager[SmtpChannel]]:
    """A channel to a port of this machine, closed at the end of the block; it waits as long as a busy machine needs.

    A test that reaches a time limit runs with `run_skipping_idle_time`.
    """
    monkeypatch.setattr("monitor.channels.session.CONNECT_SECONDS", PATIENCE_SECONDS)

    @asynccontextmanager
    async def make(port: int, **options: Any) -> AsyncIterator[SmtpChannel]:
        given = {"host": "127.0.0.1", "tls": "none", "from_": "Marsad <marsad@example.org>"}
        given = {"timeout": PATIENCE_SECONDS, **given, **options}
        channel = SmtpChannel(Options(port=port, **given), reveal=reveal)
        try:
            yield channel
        finally:
            await channel.close()

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Any]:
    """Let the loop run until a condition holds."""
    return lambda condition: until_async(condition, "the server")
