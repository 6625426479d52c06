"""Mail into a Maildir: the embedded default, readable by every mail program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: maildir` in marsad.yaml."""

    path: Path
    from_: str = "Marsad <marsad@localhost>"


class MaildirChannel:
    """ports.Channel into one Maildir. The file is named by the message's id, so a second delivery changes nothing."""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

    @property
    def sender(self) -> str:
        return self._options.from_

    async def open(self) -> None:
        await asyncio.to_thread(self._make)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await before_data()
        try:
            name = await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise ChannelDown(f"cannot write into the Maildir {self._options.path}: {error.strerror}") from error
        return Delivery(state=OutboxState.SENT, reply=f"kept as {name}", at=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        await self.open()
        return f"{self._options.path} can be written"

    def _make(self) -> None:
        try:
            for part in ("tmp", "new", "cur"):
                (self._options.path / part).mkdir(parents=True, exist_ok=True)
            writable = all(os.access(self._options.path / part, os.W_OK | os.X_OK) for part in ("tmp", "new"))
        except OSError as error:
            raise UserMustFix(f"cannot make the Maildir {self._options.path}: {error.strerror}") from error
        if not writable:
            raise UserMustFix(f"the Maildir {self._options.path} cannot be written by this user")

    def _write(self, message: Message) -> str:
        """Write to tmp, make it durable, then move it into new, as maildir(5) asks."""
        name = f"{message.id}.marsad"
        if self._find(name):
            return name
        draft = self._options.path / "tmp" / name
        with draft.open("wb") as file:
            file.write(message.content)
            file.flush()
            os.fsync(file.fileno())
        arrived = self._options.path / "new"
        draft.rename(arrived / name)
        folder = os.open(arrived, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name

    def _find(self, name: str) -> bool:
        """Whether it was delivered before, read or not; a reader appends flags after a colon."""
        read = self._options.path / "cur"
        return (self._options.path / "new" / name).exists() or any(read.glob(f"{name}*"))
