"""Mail through an SMTP server; the one door to aiosmtplib.

MAIL, RCPT and DATA are called one by one, so that it is always known whether a message may have been handed over. The
TLS mode is always explicit: with aiosmtplib's own default a password could travel in clear.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib

from monitor.channels.address import check_sender, encode_address, encode_host, is_address
from monitor.channels.reply import redact, tidy
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret

PORTS = {"none": 25, "starttls": 587, "implicit": 465}
CONNECT_SECONDS = 30.0
QUIT_SECONDS = 5.0
CLOSING = 421  # RFC 5321 §3.8: the server shuts the connection, whatever the message
# 521: no mail here (RFC 7504); 530, 534, 535, 538: log in first, or differently (RFC 4954 §6).
CHANNEL_CODES = frozenset({CLOSING, 521, 530, 534, 535, 538})
MAY_HAVE_ARRIVED = " (after the message was handed over: it may have arrived)"
_FAILURES = (aiosmtplib.SMTPException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: smtp` in marsad.yaml. Times are seconds; RFC 5321 §4.5.3.2.6 asks for ten minutes after the final dot.

    Raises ValueError where the options do not fit together.
    """

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
        check_sender(self.from_)
        if not self.host.strip() or any(char.isspace() for char in self.host) or "/" in self.host:
            raise ValueError(f"host: {self.host!r} is no host name; write it like smtp.example.org")
        if self.port is not None and not 0 < self.port < 65536:
            raise ValueError(f"port: {self.port} is none; leave it out for the usual {PORTS[self.tls]}")
        if min(self.timeout, self.data_timeout) <= 0:
            raise ValueError("timeout and data_timeout are seconds, more than 0")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together; give both, or neither")
        if self.user is not None and self.tls == "none" and not _is_loopback(self.host):
            raise ValueError("a password is never sent without TLS; set tls to starttls or implicit")
        if self.ca is not None and self.tls == "none":
            raise ValueError("ca is of no use without TLS; set tls to starttls or implicit, or leave ca out")


def _is_loopback(host: str) -> bool:
    """Whether what is sent there cannot leave this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SmtpChannel:
    """ports.Channel over one connection, used for up to 100 messages or until it has idled for a minute."""

    messages_per_connection = 100
    idle_seconds = 60.0

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal
        self._client: aiosmtplib.SMTP | None = None
        self._sent = 0
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()

    @property
    def sender(self) -> str:
        return self._options.from_

    async def open(self) -> None:
        async with self._turn:
            await self._ready()
            self._watch_idle()

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        async with self._turn:
            self._stop_idle()
            try:
                delivery = await self._transfer(message, before_data)
            except BaseException:
                # A half-open envelope, or a reply still to come: this connection cannot be used again (cancelled too).
                self._drop()
                raise
            self._sent += 1
            self._watch_idle()
            return delivery

    def size_limit(self) -> int | None:
        return None

    async def close(self) -> None:
        """Say goodbye, waiting a few seconds at most for the answer."""
        async with self._turn:
            self._retire()
        await asyncio.gather(*self._goodbyes)

    async def probe(self) -> str:
        async with self._turn:
            self._retire()
            client = await self._ready()
            try:
                await client.noop()
            except _FAILURES as error:
                self._drop()
                raise self._explain(error) from error
            self._retire()
        await asyncio.gather(*self._goodbyes)
        user = f" and lets {self._options.user} in" if self._options.user else ""
        return f"{self._name()} answers{user} (tls: {self._options.tls})"

    async def _ready(self) -> aiosmtplib.SMTP:
        """A connection to use now: the present one, or a new one where that is worn out or gone."""
        self._stop_idle()
        if self._client is not None and self._client.is_connected and self._sent < self.messages_per_connection:
            return self._client
        self._retire()
        self._client = await self._connect()
        self._sent = 0
        return self._client

    async def _connect(self) -> aiosmtplib.SMTP:
        options = self._options
        client = aiosmtplib.SMTP(
            hostname=encode_host(options.host),
            port=options.port or PORTS[options.tls],
            use_tls=options.tls == "implicit",
            start_tls=options.tls == "starttls",
            tls_context=await asyncio.to_thread(self._make_context) if options.tls != "none" else None,
            timeout=options.timeout,
            local_hostname=encode_address(parseaddr(options.from_)[1]).rpartition("@")[2],
        )
        try:
            await client.connect(timeout=min(options.timeout, CONNECT_SECONDS))
            await _greet(client)
            await self._log_in(client)
        except _FAILURES as error:
            client.close()
            raise self._explain(error) from error
        except BaseException:
            client.close()
            raise
        return client

    def _make_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._options.ca)
        except OSError as error:
            why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
            raise UserMustFix(f"cannot use the CA file {self._options.ca}: {why}") from error

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """Raises ChannelDown without a word of the password: some servers repeat the command that they refuse."""
        user, secret = self._options.user, self._options.password
        if user is None or secret is None:
            return
        password = await asyncio.to_thread(self._reveal, secret)
        try:
            await client.login(user, password)
        except aiosmtplib.SMTPResponseException as error:
            forms = (password, *map(_encode, (password, f"\0{user}\0{password}")))
            reply = redact(tidy(error.message), forms)
            raise ChannelDown(f"{self._name()} does not let user {user!r} in: {error.code} {reply}") from None

    def _retire(self) -> None:
        """Part from the connection politely, without waiting for it."""
        self._stop_idle()
        client, self._client = self._client, None
        if client is not None:
            goodbye = asyncio.get_running_loop().create_task(_quit(client))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _watch_idle(self) -> None:
        if self._client is not None:
            self._idle = asyncio.get_running_loop().call_later(self.idle_seconds, self._retire)

    def _stop_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def _transfer(self, message: Message, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        """MAIL | RCPT | before_data | DATA. Raises ChannelDown."""
        recipient = encode_address(message.recipient)
        try:
            client = await self._mail(message, recipient)
            await client.rcpt(recipient, encoding="utf-8")
        except (aiosmtplib.SMTPNotSupported, ValueError) as error:
            self._drop()  # perhaps half an envelope; it happens once per address
            return _conclude(OutboxState.FAILED, f"{message.recipient!r} cannot be written to: {error}")
        except _FAILURES as error:
            delivery = self._judge(error, message)
            await self._abandon_envelope()
            return delivery
        await before_data()
        try:
            response = await client.data(message.content, timeout=self._options.data_timeout)
        except _FAILURES as error:
            return self._judge(error, message, handed_over=True)
        return _conclude(OutboxState.SENT, f"{response.code} {response.message}")

    async def _mail(self, message: Message, recipient: str) -> aiosmtplib.SMTP:
        """Begin the envelope; where the server has left a connection used before, once more on a new one."""
        client = await self._ready()
        is_used = self._sent > 0
        try:
            await self._say_mail(client, message, recipient)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPSenderRefused) as error:
            if not is_used or getattr(error, "code", CLOSING) != CLOSING:
                raise
            self._drop()
            client = await self._ready()
            await self._say_mail(client, message, recipient)
        return client

    async def _say_mail(self, client: aiosmtplib.SMTP, message: Message, recipient: str) -> None:
        sender = encode_address(message.sender)
        if not (is_address(sender) and is_address(recipient)):
            raise ValueError("that is no mail address")
        needs_utf8 = not (sender.isascii() and recipient.isascii())
        if needs_utf8 and not client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported(f"{self._name()} takes ASCII addresses only (it offers no SMTPUTF8)")
        await client.mail(sender, options=["SMTPUTF8"] if needs_utf8 else [], encoding="utf-8")

    async def _abandon_envelope(self) -> None:
        if self._client is None:
            return
        try:
            await self._client.rset()
        except _FAILURES:
            self._drop()

    def _judge(self, error: Exception, message: Message, *, handed_over: bool = False) -> Delivery:
        """A 4xx puts this message off and a 5xx refuses it; everything else concerns the channel, and is raised."""
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code not in CHANNEL_CODES:
            if 400 <= error.code < 500:
                return _conclude(OutboxState.PENDING, f"{error.code} {error.message}")
            if 500 <= error.code < 600 and not self._refuses_sender(error, message):
                return _conclude(OutboxState.FAILED, f"{error.code} {error.message}")
        raise ChannelDown(f"{self._explain(error)}{MAY_HAVE_ARRIVED if handed_over else ''}") from error

    def _refuses_sender(self, error: Exception, message: Message) -> bool:
        """Whether any message of this channel would be refused; one stored under an older `from` stands for itself."""
        is_ours = message.sender == parseaddr(self._options.from_)[1]
        return isinstance(error, aiosmtplib.SMTPSenderRefused) and is_ours

    def _explain(self, error: Exception) -> ChannelDown:
        """One line: which server, what went wrong, what to look at."""
        cause = error.__cause__ or error
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return ChannelDown(f"{self._name()} refuses: {error.code} {tidy(error.message)}")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ChannelDown(f"{self._name()}: its certificate is not trusted ({cause.verify_message}); see `ca`")
        if isinstance(cause, ssl.SSLError):
            return ChannelDown(f"{self._name()}: no TLS there ({cause.reason}); is `tls: {self._options.tls}` right?")
        if isinstance(error, TimeoutError):
            return ChannelDown(f"{self._name()} does not answer in time; are `port` and `tls` right?")
        return ChannelDown(f"{self._name()}: {tidy(str(error)) or type(error).__name__}")

    def _name(self) -> str:
        return f"{self._options.host}:{self._options.port or PORTS[self._options.tls]}"


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO at once: after STARTTLS, and without TLS and login too, what the server offers is not known yet."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=QUIT_SECONDS)
    except _FAILURES:
        pass  # it is over either way
    finally:
        client.close()


def _encode(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _conclude(state: OutboxState, reply: str) -> Delivery:
    return Delivery(state=state, reply=tidy(reply), at=datetime.now(UTC))
