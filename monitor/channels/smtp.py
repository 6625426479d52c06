"""Mail through an SMTP server; the one door to aiosmtplib.

MAIL, RCPT and DATA are called one by one, so that it is always known whether a message may have been handed over. The TLS
mode is always explicit: with aiosmtplib's own default a password could travel in clear.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib

from monitor.channels.address import encode_address
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret

PORTS = {"none": 25, "starttls": 587, "implicit": 465}
MESSAGES_PER_CONNECTION = 100
IDLE_SECONDS = 60.0
CLOSING = 421  # RFC 5321 §3.8: the server shuts the channel, whatever the message
AUTHENTICATION_NEEDED = {530, 534, 535, 538}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: smtp` in marsad.yaml. Times are seconds; RFC 5321 §4.5.3.2.6 asks for ten minutes after the final dot."""

    host: str
    tls: Literal["none", "starttls", "implicit"]
    from_: str
    port: int | None = None
    user: str | None = None
    password: Secret | None = None
    ca: Path | None = None
    timeout: float = 60.0
    data_timeout: float = 600.0

    def __post_init__(self) -> None:
        if "@" not in parseaddr(self.from_)[1]:
            raise ValueError(f'from: {self.from_!r} holds no mail address; write "Marsad <marsad@example.org>"')
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together; give both, or neither")
        if self.user is not None and self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError("a password is never sent without TLS; set tls to starttls or implicit")


class SmtpChannel:
    """ports.Channel over one connection, used for up to 100 messages or until it has idled for a minute."""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal
        self._client: aiosmtplib.SMTP | None = None
        self._sent = 0
        self._used_at = 0.0

    @property
    def sender(self) -> str:
        return self._options.from_

    async def open(self) -> None:
        if self._client is not None and self._is_worn():
            await self.close()
        if self._client is None:
            self._client = await self._connect()
            self._sent = 0
            self._used_at = time.monotonic()

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await self.open()
        try:
            delivery = await self._send(message, before_data)
        except BaseException:
            # A half-open envelope, or a reply still to come: this connection cannot be used again (cancelled too).
            self._drop()
            raise
        self._sent += 1
        self._used_at = time.monotonic()
        return delivery

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError):
            client.close()

    async def probe(self) -> str:
        await self.close()
        await self.open()
        try:
            if self._client is not None:
                await self._client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            raise self._explain(error) from error
        await self.close()
        as_user = f" as {self._options.user}" if self._options.user else ""
        return f"{self._name()} answers{as_user}, tls: {self._options.tls}"

    def _is_worn(self) -> bool:
        idle = time.monotonic() - self._used_at
        return self._sent >= MESSAGES_PER_CONNECTION or idle > IDLE_SECONDS or not self._is_connected()

    def _is_connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        options = self._options
        client = aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port or PORTS[options.tls],
            use_tls=options.tls == "implicit",
            start_tls=options.tls == "starttls",
            tls_context=self._make_context() if options.tls != "none" else None,
            timeout=options.timeout,
            local_hostname=encode_address(parseaddr(options.from_)[1]).partition("@")[2],
        )
        try:
            await client.connect(timeout=min(options.timeout, 30.0))
            if options.user is not None and options.password is not None:
                await client.login(options.user, self._reveal(options.password))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise self._explain(error) from error
        except BaseException:
            client.close()
            raise
        return client

    def _make_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._options.ca)
        except (OSError, ssl.SSLError) as error:
            raise UserMustFix(f"cannot use the CA file {self._options.ca}: {error.strerror or error}") from error

    async def _send(self, message: Message, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        client = self._client
        assert client is not None  # noqa: S101 - open() has just made it
        handed_over = False
        try:
            recipient = encode_address(message.recipient)
            utf8 = ["SMTPUTF8"] if not recipient.isascii() else []
            if utf8 and not client.supports_extension("smtputf8"):
                return self._conclude(OutboxState.FAILED, f"{self._name()} takes no address outside ASCII: {recipient}")
            await client.mail(encode_address(message.sender), options=utf8)
            await client.rcpt(recipient)
            await before_data()
            handed_over = True
            response = await client.data(message.content, timeout=self._options.data_timeout)
        except aiosmtplib.SMTPResponseException as error:
            return await self._judge(error, client)
        except (aiosmtplib.SMTPException, OSError) as error:
            phase = " after the message was handed over: it may have arrived" if handed_over else ""
            raise ChannelDown(f"{self._explain(error)}{phase}") from error
        return self._conclude(OutboxState.SENT, f"{response.code} {response.message}")

    async def _judge(self, error: aiosmtplib.SMTPResponseException, client: aiosmtplib.SMTP) -> Delivery:
        """A 4xx puts this message off, a 5xx refuses it; 421 and a demand to authenticate concern the channel."""
        if error.code == CLOSING or error.code in AUTHENTICATION_NEEDED:
            raise self._explain(error) from error
        reply = f"{error.code} {error.message}"
        if not isinstance(error, aiosmtplib.SMTPDataError):
            await client.rset()  # leave no half-open envelope behind
        temporary = 400 <= error.code < 500
        return self._conclude(OutboxState.PENDING if temporary else OutboxState.FAILED, reply)

    def _conclude(self, state: OutboxState, reply: str) -> Delivery:
        return Delivery(state=state, reply=" ".join(reply.split()), at=datetime.now(UTC))

    def _explain(self, error: Exception) -> ChannelDown:
        """One line: which server, what went wrong, what to look at."""
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return ChannelDown(f"{self._name()} refuses user {self._options.user}: {error.code} {error.message}")
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return ChannelDown(f"{self._name()} refuses: {error.code} {' '.join(error.message.split())}")
        cause = error.__cause__ or error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ChannelDown(f"{self._name()}: its certificate is not trusted ({cause.verify_message}); see `ca`")
        if isinstance(error, (aiosmtplib.SMTPTimeoutError, asyncio.TimeoutError)):
            return ChannelDown(f"{self._name()} does not answer in time")
        return ChannelDown(f"{self._name()}: {' '.join(str(error).split()) or type(error).__name__}")

    def _name(self) -> str:
        return f"{self._options.host}:{self._options.port or PORTS[self._options.tls]}"
