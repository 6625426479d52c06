"""Reads the Maildir into which a mail server delivers what recipients answer. No file name of it is trusted."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from monitor.errors import MailboxUnreadable
from monitor.model.feedback import MailRefusal

LARGEST = 1_000_000  # bytes of a mail that is looked at
HEAD = 256 * 1024  # bytes of it in which its headers are
SEEN = ":2,S"  # how a mail in cur/ says that it was read
T = TypeVar("T")


class FeedbackMaildir:
    """ports.feedback.FeedbackBox over one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def list_new(self, limit: int) -> Sequence[str]:
        return await self._try(partial(self._list, limit))

    async def read(self, name: str) -> bytes | MailRefusal | None:
        return await self._try(partial(self._read, name))

    async def settle(self, name: str) -> None:
        await self._try(partial(self._settle, name))

    async def _try(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise MailboxUnreadable(
                f"{self._path} cannot be used: {error.strerror}; it must be a Maildir with new/ and cur/ in which this "
                "user may read and write"
            ) from error

    def _list(self, limit: int) -> list[str]:
        """A delivery begins its name with the time. cur/ is looked at too: without it nothing can be settled."""
        if not os.access(self._path / "cur", os.W_OK | os.X_OK):
            (self._path / "cur").mkdir(mode=0o700)
        names = (path.name for path in (self._path / "new").iterdir())
        return sorted(name for name in names if not name.startswith("."))[:limit]

    def _read(self, name: str) -> bytes | MailRefusal | None:
        """A link, a pipe or a folder is no mail, and opening one waits for nothing."""
        try:
            handle = os.open(self._path / "new" / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError:
            if self._is_regular(name):
                raise
            return MailRefusal.NO_FILE
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            os.close(handle)
            return MailRefusal.NO_FILE
        with os.fdopen(handle, "rb") as file:
            return MailRefusal.TOO_LARGE if found.st_size > LARGEST else file.read(HEAD)

    def _is_regular(self, name: str) -> bool:
        return stat.S_ISREG((self._path / "new" / name).lstat().st_mode)

    def _settle(self, name: str) -> None:
        target = name if ":2," in name else f"{name}{SEEN}"
        try:
            (self._path / "new" / name).rename(self._path / "cur" / target)
        except FileNotFoundError:
            self._path.joinpath("new").stat()  # somebody else has moved it, unless the mailbox is gone
