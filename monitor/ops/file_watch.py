"""Says when the texts of files have changed and nobody has saved for two seconds.

The events of the file system only say when to look: what counts is whether a text differs from the one that was read
last. So swap files, a second write of the same text, a rename, and a folder that vanishes and returns do no harm.
"""

from __future__ import annotations

import asyncio
import logging
import pwd
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.model import derive_id

log = logging.getLogger(__name__)

SETTLE_SECONDS = 2.0
# Where a file system reports no events (NFS), or the folders that are watched were replaced.
RECHECK_SECONDS = 5.0
PAUSE_SECONDS = 1.0
UNREADABLE = ""

Texts = Mapping[Path, str]  # what stands in each file, as an id of its bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The folders in which files that count can appear, and the files that count."""

    folders: tuple[Path, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What has changed since the last look. `login` saved the newest of `files`; None where that is not known."""

    files: tuple[Path, ...]
    login: str | None
    text: str  # an id of all texts: the same after the same edit


def identify_text(content: bytes) -> str:
    return derive_id("text", content.decode("utf-8", "surrogateescape"))


class FileWatch:
    """`survey` says which files count, as often as it is asked. `known` is what was read of them already."""

    def __init__(
        self,
        survey: Callable[[], Survey],
        *,
        known: Texts | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._survey, self._sleep, self._settle_seconds = survey, sleep, settle_seconds
        self._known: Texts = {**_read_texts(survey().files), **(known or {})}
        self._stirred = asyncio.Event()

    def learn(self, read: Texts) -> None:
        """Take what somebody else has read of these kinds of files for known: it is no edit any more."""
        kinds = {file.suffix for file in read}
        self._known = {**{file: text for file, text in self._known.items() if file.suffix not in kinds}, **read}

    async def run(self, changed: Callable[[Edit], object]) -> None:
        """Call `changed` for each edit, until cancelled."""
        self._stirred.set()  # what was saved since `known` was read
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="file events")
            group.create_task(self._settle(changed), name="file texts")

    async def _listen(self) -> None:
        """Wake the other task at each event and every few seconds."""
        while True:
            folders = (await asyncio.to_thread(self._survey)).folders
            try:
                await self._follow(folders)
            except (OSError, RuntimeError) as error:  # the folder vanished; or no more watches for this user
                log.debug("watch.no_events: %s", error)
                await self._sleep(PAUSE_SECONDS)
            self._stirred.set()

    async def _follow(self, folders: Sequence[Path]) -> None:
        """Until other folders are to be watched, or nothing was heard for a while."""
        if not folders:
            await self._sleep(PAUSE_SECONDS)
            return
        from watchfiles import awatch  # 30 ms that other commands need not spend

        wait = int(RECHECK_SECONDS * 1000)
        events = awatch(
            *folders, watch_filter=None, debounce=100, rust_timeout=wait, yield_on_timeout=True, recursive=False
        )
        async for changes in events:
            self._stirred.set()
            if not changes or (await asyncio.to_thread(self._survey)).folders != folders:
                return

    async def _settle(self, changed: Callable[[Edit], object]) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            texts = await self._read()
            if texts == self._known or texts is None:
                continue
            while True:
                await self._sleep(self._settle_seconds)
                settled, texts = texts, await self._read()
                if texts == settled or texts is None:
                    break
            if texts is not None and texts != self._known:
                edit = await asyncio.to_thread(make_edit, self._known, texts)
                self._known = texts
                changed(edit)

    async def _read(self) -> Texts | None:
        """None while the folder is gone: whoever replaces it puts another one there soon."""
        survey = await asyncio.to_thread(self._survey)
        return await asyncio.to_thread(_read_texts, survey.files) if survey.folders else None


def _read_texts(files: Sequence[Path]) -> Texts:
    texts: dict[Path, str] = {}
    for file in files:
        try:
            texts[file] = identify_text(file.read_bytes())
        except FileNotFoundError:
            continue
        except OSError:
            texts[file] = UNREADABLE
    return texts


def make_edit(before: Texts, after: Texts) -> Edit:
    """The difference between two looks, and who saved the file that was written last."""
    files = tuple(sorted(file for file in {*before, *after} if before.get(file) != after.get(file)))
    return Edit(files=files, login=_find_owner(files), text=derive_id(*map(str, sorted(after.items()))))


def _find_owner(files: Sequence[Path]) -> str | None:
    """The login of the owner of the newest file. A rename keeps the time of writing: ctime counts."""
    found: list[tuple[int, int]] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:  # removed: its owner is no longer known
            continue
        found.append((stat.st_ctime_ns, stat.st_uid))
    try:
        return pwd.getpwuid(max(found)[1]).pw_name if found else None
    except KeyError:
        return None
