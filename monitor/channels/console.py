"""Mail onto the terminal, for trying things out."""

from __future__ import annotations

import email
import email.policy
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.errors import ChannelDown
from monitor.model import Delivery, Message, OutboxState, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: console` in marsad.yaml."""

    from_: str = "Marsad <marsad@localhost>"


class ConsoleChannel:
    """ports.Channel that prints the text part."""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

    @property
    def sender(self) -> str:
        return self._options.from_

    async def open(self) -> None:
        """A terminal is always open."""

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await before_data()
        parsed = email.message_from_bytes(message.content, policy=email.policy.default)
        body = parsed.get_body(("plain",))
        text = body.get_content() if body else ""
        try:
            sys.stdout.write(f"To: {parsed['To']}\nSubject: {parsed['Subject']}\n\n{text}\n")
            sys.stdout.flush()
        except OSError as error:
            raise ChannelDown(f"cannot write to the terminal: {error.strerror}") from error
        return Delivery(state=OutboxState.SENT, reply="printed", at=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        return "prints to this terminal"
