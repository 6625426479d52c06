"""Mail onto the terminal, for trying things out."""

from __future__ import annotations

import asyncio
import email
import email.policy
import sys
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.channels.address import check_sender
from monitor.digests.rendered import MAIL
from monitor.errors import ChannelDown
from monitor.model import Delivery, Message, OutboxState, Secret
from monitor.model.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: console` in marsad.yaml."""

    from_: str = "Marsad <marsad@localhost>"

    def __post_init__(self) -> None:
        check_sender(self.from_)


class ConsoleChannel:
    """ports.Channel that prints the text part."""

    form: Form = MAIL

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

    @property
    def sender(self) -> str:
        return self._options.from_

    def size_limit(self) -> int | None:
        """Any size will do."""
        return None

    async def open(self) -> None:
        """A terminal is always open."""

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await before_data()
        try:
            await asyncio.to_thread(_print, _make_readable(message.content))
        except (OSError, ValueError) as error:  # gone, or closed
            raise ChannelDown(f"cannot write to stdout: {error}") from error
        return Delivery(state=OutboxState.SENT, reply="printed", at=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        return "prints to stdout"


def _make_readable(content: bytes) -> str:
    """Recipient, subject and text part, decoded, without the control characters that could drive a terminal."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    text = f"To: {parsed['To']}\nSubject: {parsed['Subject']}\n\n{body.get_content() if body else ''}\n"
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")


def _print(text: str) -> None:
    """UTF-8 whatever the locale says."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
