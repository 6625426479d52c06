"""One connection to an SMTP server, made when it is needed: TCP, TLS, EHLO, login, and the goodbye.

The TLS mode is always explicit: with aiosmtplib's own default a password could travel in clear.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from base64 import b64encode
from collections.abc import Callable
from email.utils import parseaddr

import aiosmtplib

from monitor.channels.address import encode_address, encode_host
from monitor.channels.reply import redact, tidy_reply
from monitor.channels.server import PORTS, Options
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Secret

CONNECT_SECONDS = 30.0
QUIT_SECONDS = 5.0
FAILURES = (aiosmtplib.SMTPException, OSError)


class Session:
    """A connection that is used for some messages, and closed when it has idled for a while."""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal
        self._client: aiosmtplib.SMTP | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()
        self.sent = 0  # messages over the present connection
        self.verb = "MAIL"  # the command said last, as far as a message goes

    async def ready(self, most: int) -> aiosmtplib.SMTP:
        """A connection to use now: the present one, or a new one where that is gone or has had `most` messages.

        Raises ChannelDown or UserMustFix.
        """
        self.stop_idle()
        if self._client is not None and self._client.is_connected and self.sent < most:
            return self._client
        self.retire()
        self._client = await self._connect()
        self.sent = 0
        return self._client

    def retire(self) -> None:
        """Part from the connection politely, without waiting for it."""
        self.stop_idle()
        client, self._client = self._client, None
        if client is not None:
            goodbye = asyncio.get_running_loop().create_task(_quit(client))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)

    def drop(self) -> None:
        """End the connection at once."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def reset(self) -> None:
        """Abandon the envelope, so that the connection can be used for another."""
        if self._client is None:
            return
        try:
            await self._client.rset()
        except FAILURES:
            self.drop()

    def watch_idle(self, seconds: float) -> None:
        if self._client is not None:
            self._idle = asyncio.get_running_loop().call_later(seconds, self.retire)

    def stop_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def part(self) -> None:
        """Wait for the goodbyes, some seconds at most."""
        await asyncio.gather(*self._goodbyes)

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
        except FAILURES as error:
            client.close()
            raise ChannelDown(explain_error(error, options)) from error
        except BaseException:
            client.close()
            raise
        return client

    def _make_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._options.ca)
        except OSError as error:
            why = "it contains no PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
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
            reply = redact(tidy_reply(error.message), forms)
            raise ChannelDown(
                f"{self._options.server} rejects the login of user {user!r}: {error.code} {reply}"
            ) from None


def explain_error(error: Exception, options: Options, verb: str = "MAIL") -> str:
    """One line: which server, what went wrong, what to look at; `verb` is what was said last."""
    cause = error.__cause__ or error
    server = options.server
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{server} refuses: {error.code} {tidy_reply(error.message)}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"{server}: its certificate is not trusted ({cause.verify_message}); see `ca`"
    if isinstance(cause, ssl.SSLError):
        return f"{server}: the TLS connection failed ({cause.reason}); check `tls: {options.tls}`"
    if isinstance(error, TimeoutError):
        what = "in time; check `port` and `tls`" if verb == "MAIL" else f"{verb} in time"
        return f"{server} does not answer {what}"
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return f"{server}: {os.strerror(cause.errno)}"
    return f"{server}: {tidy_reply(str(error)) or type(error).__name__}"


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO at once: after STARTTLS, and without TLS and login too, what the server offers is not known yet."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=QUIT_SECONDS)
    except FAILURES:
        pass  # it is over either way
    finally:
        client.close()


def _encode(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")
