"""Mail into a Maildir: the embedded default, readable by every mail program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from monitor.channels.address import check_sender
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: maildir` in marsad.yaml."""

    path: Path
    from_: str = "Marsad <marsad@localhost>"

    def __post_init__(self) -> None:
        check_sender(self.from_)


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
        await self.open()
        await before_data()
        try:
            name = await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise ChannelDown(f"cannot write into the Maildir {self._options.path}: {error.strerror}") from error
        return Delivery(state=OutboxState.SENT, reply=f"kept as {name}", at=datetime.now(UTC))

    def size_limit(self) -> int | None:
        return None

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        await self.open()
        return f"{self._options.path} can be written"

    def _make(self) -> None:
        path = self._options.path
        try:
            for part in ("tmp", "new", "cur"):
                (path / part).mkdir(parents=True, exist_ok=True)
            writable = all(os.access(path / part, os.W_OK | os.X_OK) for part in ("tmp", "new"))
        except OSError as error:
            raise UserMustFix(
                f"cannot make the Maildir {path}: {error.strerror}; give the service's user that folder, or set `path`"
            ) from error
        if not writable:
            raise UserMustFix(f"the Maildir {path} cannot be written by this user; change its owner, or set `path`")

    def _write(self, message: Message) -> str:
        """Write to tmp, make it durable, then move it into new, as maildir(5) asks. Raises OSError."""
        name = f"{quote(message.id, safe='')}.marsad"
        if self._find(name):
            return name
        draft, arrived = self._options.path / "tmp" / name, self._options.path / "new"
        try:
            _write_durably(draft, message.content)
            draft.rename(arrived / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync(arrived)
        return name

    def _find(self, name: str) -> bool:
        """Whether it was delivered before, read or not; a reader moves it to cur and adds flags to its name."""
        arrived, read = self._options.path / "new", self._options.path / "cur"
        return (arrived / name).exists() or any(read.glob(f"{name}*"))


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
