"""A folder of saved articles and feed files, `path:`, as a kind of source.

A file's stat is its ETag: only what changed is read.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from monitor.errors import FetchError
from monitor.model import Answer, Backfill, Document, Feed, NotModified, PollState, Source, Unreadable, Validator
from monitor.model.source import SourceTraits
from monitor.ports import Parser

if TYPE_CHECKING:
    from monitor.sources.fetch_policy import FetchPolicy

SUFFIXES = frozenset({".txt", ".xml", ".rss", ".atom", ".rdf", ".json"})
LARGEST = 10 * 1024 * 1024
REPORTED = "reported"  # in place of a body hash: this version could not be read, and that has been said


class FolderKind:
    """ports.SourceKind for `path:` sources: a folder, looked through in depth, or a single file."""

    traits: ClassVar[SourceTraits] = SourceTraits(
        kind="path",
        noun="folder",
        meaning="a folder of saved articles",
        is_remote=False,
        is_rolling=False,
        every=timedelta(seconds=10),
        auto_every=timedelta(minutes=15),
        backfill=Backfill(),
    )

    def __init__(self, policy: FetchPolicy | None = None, parser: Parser | None = None) -> None:
        """Folders need neither; every class of `registry.SOURCES` is made in the same way."""

    @staticmethod
    def is_missing(source: Source) -> bool:
        """It may be mounted later."""
        return source.path is None or not source.path.exists()

    async def open(self) -> None:
        """Nothing has to be made ready."""

    async def fetch(self, source: Source, state: PollState, now: datetime) -> Sequence[Answer]:
        return await asyncio.to_thread(_fetch, source, state, now)

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        """In a thread, which starts faster than a process: these files are their owner's, not a stranger's."""
        from monitor.feeds.parse import parse_document

        return await asyncio.to_thread(parse_document, source, document, seen)

    async def close(self) -> None:
        """Nothing is held open between two fetches."""


def _fetch(source: Source, state: PollState, now: datetime) -> list[Answer]:
    root = source.path
    if root is None or not root.exists():
        raise FetchError(f"{root} does not exist; make the folder, or correct `path` of source {source.id}")
    if root.is_dir() and not os.access(root, os.R_OK | os.X_OK):
        raise FetchError(f"{root} cannot be read by this user; it needs r-x on the folder")
    folder = root if root.is_dir() else root.parent
    return [
        _read(source, path, path.relative_to(folder).as_posix(), state.validators, now) for path in _list_files(root)
    ]


def _list_files(root: Path) -> Iterator[Path]:
    """Files that may hold articles, in the order of their names, without what editors and systems leave behind."""
    if not root.is_dir():
        yield root
        return
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~", "#")) and Path(name).suffix.lower() in SUFFIXES:
                yield Path(folder) / name


def _read(source: Source, path: Path, location: str, known: Mapping[str, Validator], now: datetime) -> Answer:
    before = known.get(location)
    try:
        found = path.stat()
    except OSError as error:
        return Unreadable(source=source.id, location=location, reason=f"{error.strerror}; remove or repair the file")
    etag = f"{found.st_mtime_ns}-{found.st_size}-{found.st_ctime_ns}"
    if before is not None and before.etag == etag:
        return NotModified(source=source.id, location=location, validator=before)
    body, reason = _load(path, found)
    if body is None:
        seen = Validator(etag=etag, body_hash=REPORTED)
        return Unreadable(source=source.id, location=location, reason=reason, validator=seen)
    validator = Validator(etag=etag, body_hash=blake2b(body, digest_size=12).hexdigest())
    if before is not None and before.body_hash == validator.body_hash:
        return NotModified(source=source.id, location=location, validator=validator)
    return Document(source=source.id, location=location, body=body, fetched_at=now, validator=validator)


def _load(path: Path, found: os.stat_result) -> tuple[bytes | None, str]:
    """The file's bytes, or None and what to do about it."""
    if not stat.S_ISREG(found.st_mode):
        return None, "is not a regular file; only regular files are read"
    if found.st_size > LARGEST:
        return None, f"has {found.st_size // 1024 // 1024} MB; at most {LARGEST // 1024 // 1024} MB are read"
    if not found.st_size:
        return None, "is empty; it will be read once it has text"
    try:
        return path.read_bytes(), ""
    except OSError as error:
        return None, f"cannot be read ({error.strerror}); give this user read access"
