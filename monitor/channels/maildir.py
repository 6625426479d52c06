"""Mail into a Maildir: the embedded default, readable by every mail program."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from monitor.channels.address import check_sender
from monitor.digests.rendered import MAIL
from monitor.durable import sync
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret
from monitor.model.form import Form

SUFFIX = ".marsad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: maildir` in marsad.yaml."""

    path: Path
    from_: str = "Marsad <marsad@localhost>"

    def __post_init__(self) -> None:
        check_sender(self.from_)


class MaildirChannel:
    """ports.Channel into one Maildir. Files are named by the message's id; a second delivery of the same bytes changes

    nothing, and other bytes of the same id become a file of their own.
    """

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
        await asyncio.to_thread(self._make)

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await self.open()
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
        path = self._options.path
        try:
            for part in ("tmp", "new", "cur"):
                (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            writable = all(os.access(path / part, os.W_OK | os.X_OK) for part in ("tmp", "new"))
        except OSError as error:
            raise UserMustFix(
                f"cannot make the Maildir {path}: {error.strerror}; give the service's user that folder, or set `path`"
            ) from error
        if not writable:
            raise UserMustFix(f"the Maildir {path} cannot be written by this user; change its owner, or set `path`")

    def _write(self, message: Message) -> str:
        """Write to tmp, make it durable, then move it into new, as maildir(5) asks. Raises OSError."""
        stem = quote(message.id, safe="")
        known = self._list_known(stem)
        if arrived := next((path for path in known if _holds(path, message.content)), None):
            return arrived.name
        taken = {path.name.partition(":")[0] for path in known}
        name = _choose_name(stem, message.content, taken)
        draft, new = self._options.path / "tmp" / name, self._options.path / "new"
        try:
            _write_durably(draft, message.content)
            draft.rename(new / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        sync(new)
        return name

    def _list_known(self, stem: str) -> list[Path]:
        """What was delivered under this id before, read or not; a reader moves it to cur and adds flags to its name."""
        return [path for part in ("new", "cur") for path in sorted((self._options.path / part).glob(f"{stem}*"))]


def _holds(path: Path, content: bytes) -> bool:
    """Whether it is a file, and no link to one, with exactly these bytes."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and path.read_bytes() == content
    except FileNotFoundError:  # a mail program has just moved it
        return False


def _choose_name(stem: str, content: bytes, taken: Collection[str]) -> str:
    """The message's id, or with a part made of its bytes where that name is in use for other bytes."""
    name = f"{stem}{SUFFIX}"
    if name not in taken:
        return name
    return f"{stem}-{blake2b(content, digest_size=8).hexdigest()}{SUFFIX}"


def _write_durably(path: Path, content: bytes) -> None:
    """Into a new file that its owner alone may read, whatever the umask; what a crash left under its name goes.

    Somebody else may have put a link there: O_EXCL and O_NOFOLLOW write through none.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
