"""Mail through an SMTP server, over two connections at most.

MAIL, RCPT and DATA are called one by one, so that it is always known whether a message may have been handed over, and
whether a failure concerns the channel (up to MAIL) or perhaps this one message (from RCPT on).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parseaddr

import aiosmtplib

from monitor.channels.address import encode_address, is_address
from monitor.channels.reply import find_refusal, read_size, tidy_reply
from monitor.channels.server import Options
from monitor.channels.session import FAILURES, Session, explain_error
from monitor.digests.rendered import MAIL
from monitor.errors import ChannelDown, ConnectionBroken
from monitor.model import Delivery, Message, OutboxState, Refusal, Secret
from monitor.model.form import Form

__all__ = ("Options", "SmtpChannel")

CONNECTIONS = 2
CLOSING = 421  # RFC 5321 §3.8: the server shuts the connection, whatever the message
# 521: no mail here (RFC 7504); 530, 534, 535, 538: log in first, or differently (RFC 4954 §6).
CHANNEL_CODES = frozenset({CLOSING, 521, 530, 534, 535, 538})
MAY_HAVE_ARRIVED = " (after the message was handed over: it may have arrived)"


class SmtpChannel:
    """ports.Channel over connections that each carry up to 100 messages, and are closed after a minute without one."""

    messages_per_connection = 100
    idle_seconds = 60.0

    form: Form = MAIL

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._sessions = [Session(options, reveal=reveal) for _ in range(CONNECTIONS)]
        self._free: asyncio.LifoQueue[Session] = asyncio.LifoQueue()
        for session in self._sessions:
            self._free.put_nowait(session)
        self._closing = asyncio.Lock()
        self._size_limit: int | None = None

    @property
    def sender(self) -> str:
        return self._options.from_

    def size_limit(self) -> int | None:
        """What the server said at the last EHLO (RFC 1870)."""
        return self._size_limit

    async def open(self) -> None:
        async with self._borrow() as session:
            await self._ready(session)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        async with self._borrow() as session:
            try:
                delivery = await self._transfer(session, message, before_data)
            except BaseException:
                # A half-open envelope, or a reply still to come: this connection cannot be used again (cancelled too).
                session.drop()
                raise
            session.sent += 1
            return delivery

    async def close(self) -> None:
        """Say goodbye, waiting for messages under way, and a few seconds at most for the answer."""
        async with self._closing:
            borrowed = [await self._free.get() for _ in self._sessions]
            for session in borrowed:
                session.retire()
                self._free.put_nowait(session)
        await asyncio.gather(*(session.part() for session in self._sessions))

    async def probe(self) -> str:
        async with self._borrow() as session:
            session.retire()
            client = await self._ready(session)
            try:
                await client.noop()
            except FAILURES as error:
                session.drop()
                raise ChannelDown(explain_error(error, self._options)) from error
            session.retire()
            await session.part()
        user = f" and accepts the login of {self._options.user}" if self._options.user else ""
        return f"{self._options.server} answers{user} (tls: {self._options.tls})"

    @asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Session]:
        """One of the connections for one use, the one used last where it is free."""
        session = await self._free.get()
        try:
            yield session
        finally:
            session.watch_idle(self.idle_seconds)
            self._free.put_nowait(session)

    async def _ready(self, session: Session) -> aiosmtplib.SMTP:
        client = await session.ready(self.messages_per_connection)
        self._size_limit = read_size(client.esmtp_extensions.get("size"))
        return client

    async def _transfer(
        self, session: Session, message: Message, before_data: Callable[[], Awaitable[None]]
    ) -> Delivery:
        """MAIL | RCPT | before_data | DATA. Raises ChannelDown or ConnectionBroken."""
        recipient = encode_address(message.recipient)
        try:
            client = await self._say_envelope(session, message, recipient)
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:
            session.drop()  # perhaps half an envelope; it happens once per address
            return _conclude(OutboxState.FAILED, f"cannot send to {message.recipient!r}: {error}")
        except FAILURES as error:
            delivery = self._judge(error, message, session.verb)
            await session.reset()
            return delivery
        if client is None:
            what = f"the message has {len(message.content)} bytes, {self._options.server} takes {self._size_limit}"
            return _conclude(OutboxState.FAILED, f"{what} at most (SIZE)", Refusal.SIZE)
        await before_data()
        session.verb = "DATA"
        try:
            response = await client.data(message.content, timeout=self._options.data_timeout)
        except FAILURES as error:
            return self._judge(error, message, session.verb)
        return _conclude(OutboxState.SENT, f"{response.code} {response.message}")

    async def _say_envelope(self, session: Session, message: Message, recipient: str) -> aiosmtplib.SMTP | None:
        """MAIL and RCPT; where the server has left a connection used before, once more on a new one.

        None, and nothing said, where the server has said that it takes no message of this size.
        """
        client = await self._ready(session)
        is_used = session.sent > 0
        if self._size_limit is not None and len(message.content) > self._size_limit:
            return None
        try:
            await self._say_both(client, session, message, recipient)
        except FAILURES as error:
            if not is_used or not _has_left(error):
                raise
            session.drop()
            client = await self._ready(session)
            await self._say_both(client, session, message, recipient)
        return client

    async def _say_both(self, client: aiosmtplib.SMTP, session: Session, message: Message, recipient: str) -> None:
        sender = encode_address(message.sender)
        if not (is_address(sender) and is_address(recipient)):
            raise ValueError("that is not a mail address")
        options = [f"SIZE={len(message.content)}"] if client.supports_extension("size") else []
        if client.supports_extension("dsn"):
            options.append("RET=HDRS")  # a bounce with the headers alone (RFC 3461)
        if not (sender.isascii() and recipient.isascii()):
            if not client.supports_extension("smtputf8"):
                server = self._options.server
                raise aiosmtplib.SMTPNotSupported(f"{server} takes ASCII addresses only (it offers no SMTPUTF8)")
            options.append("SMTPUTF8")
        session.verb = "MAIL"
        await client.mail(sender, options=options, encoding="utf-8")
        session.verb = "RCPT"
        await client.rcpt(recipient, encoding="utf-8")

    def _judge(self, error: Exception, message: Message, verb: str) -> Delivery:
        """A 4xx puts this message off, a 5xx refuses it; all else is raised, by whom it concerns.

        Up to MAIL that is the channel. From RCPT on it may be this message; a 421 is an answer, so it did not arrive.
        """
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
        if code is not None and code not in CHANNEL_CODES and isinstance(error, aiosmtplib.SMTPResponseException):
            if 400 <= code < 500:
                return _conclude(OutboxState.PENDING, f"{code} {error.message}")
            refusal = find_refusal(verb, code, error.message)
            if 500 <= code < 600 and (refusal is Refusal.SIZE or not self._refuses_sender(error, message)):
                return _conclude(OutboxState.FAILED, f"{code} {error.message}", refusal)
        reason = explain_error(error, self._options, verb)
        if verb == "MAIL":
            raise ChannelDown(reason) from error
        if verb == "DATA" and code not in CHANNEL_CODES:
            raise ConnectionBroken(f"{reason}{MAY_HAVE_ARRIVED}", may_have_arrived=True) from error
        raise ConnectionBroken(reason) from error

    def _refuses_sender(self, error: Exception, message: Message) -> bool:
        """Whether any message of this channel would be refused; one stored under an older `from` stands for itself."""
        is_ours = message.sender == parseaddr(self._options.from_)[1] or self._options.bounces is not None
        return isinstance(error, aiosmtplib.SMTPSenderRefused) and is_ours


def _has_left(error: Exception) -> bool:
    """Whether the server has closed the connection, or says that it does."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code == CLOSING
    return isinstance(error, aiosmtplib.SMTPServerDisconnected)


def _conclude(state: OutboxState, reply: str, refusal: Refusal | None = None) -> Delivery:
    return Delivery(state=state, reply=tidy_reply(reply), at=datetime.now(UTC), refusal=refusal)
