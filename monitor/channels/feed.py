"""Writes digests as an Atom feed (RFC 4287) and a JSON feed (jsonfeed.org, version 1.1), two files for each address."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from monitor.channels.document import find_address, read_document
from monitor.digests.rendered import DOCUMENT
from monitor.durable import sync, write_durably
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Secret
from monitor.model.form import Form

VERSION = "https://jsonfeed.org/version/1.1"
ATOM = "http://www.w3.org/2005/Atom"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LARGEST = 100_000_000  # bytes of a feed that is read again
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: feed` in marsad.yaml: the folder of the files, and how many digests each of them keeps."""

    path: Path
    most: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.most <= 1000:
            raise ValueError(f"most: {self.most} is not a number from 1 to 1000")


class FeedChannel:
    """ports.Channel into files. A second delivery of one message changes nothing."""

    form: Form = DOCUMENT
    sender = ""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

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
            raise ChannelDown(f"cannot write into {self._options.path}: {error.strerror}") from error
        return Delivery(state=OutboxState.SENT, reply=f"written to {name}", at=datetime.now(UTC))

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        await self.open()
        return f"{self._options.path} can be written"

    def _make(self) -> None:
        path = self._options.path
        try:
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            raise UserMustFix(f"cannot make the folder {path}: {error.strerror}; set `path`") from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise UserMustFix(f"the folder {path} cannot be written by this user; change its owner, or set `path`")

    def _write(self, message: Message) -> str:
        """Both files, the JSON feed last: from it the next entry is added. Raises OSError."""
        name = find_address(message.recipient)
        if FILE_NAME.fullmatch(name) is None:
            raise UserMustFix(f"{name!r} is not a name for a file; write letters, digits, dots and hyphens")
        document, path = read_document(message), self._options.path / f"{name}.json"
        with _lock(self._options.path / f".{name}.lock"):
            feed = _add(_read(path, name), document, self._options.most)
            _replace(path.with_suffix(".atom"), _make_atom(feed))
            _replace(path, json.dumps(feed, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
        return path.name


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Of several processes, one writes at a time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path, title: str) -> dict[str, Any]:
    """The feed as it is; an empty one at first. Raises UserMustFix for a file that is none of ours."""
    if not path.exists():
        return {"version": VERSION, "title": title, "items": []}
    try:
        feed = json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST else None
    except ValueError:
        feed = None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise UserMustFix(f"{path} is not a feed that Marsad has written; move it away, or use another address")
    return feed


def _add(feed: Mapping[str, Any], document: Mapping[str, Any], most: int) -> dict[str, Any]:
    """With the message as an item, the newest first; not twice."""
    item = {
        "id": f"urn:marsad:{document['id']}",
        "title": document["subject"],
        "content_html": document["html"] or "",
        "content_text": document["text"],
        "date_published": document["at"],
        "language": document["language"],
    }
    others = [one for one in feed["items"] if isinstance(one, dict) and one.get("id") != item["id"]]
    items = sorted([item, *others], key=lambda one: str(one.get("date_published", "")), reverse=True)
    return {**feed, "items": items[:most]}


def _replace(path: Path, content: bytes) -> None:
    """A reader sees the file before or after, never half of it."""
    draft = path.with_name(f".{path.name}.new")
    write_durably(draft, content)
    draft.replace(path)
    sync(path.parent)


def _make_atom(feed: Mapping[str, Any]) -> bytes:
    root = ET.Element("feed", xmlns=ATOM)
    _put(root, "title", feed["title"])
    _put(root, "id", f"urn:marsad:feed:{feed['title']}")
    _put(root, "updated", max(str(item.get("date_published", "")) for item in feed["items"]))
    _put(ET.SubElement(root, "author"), "name", "Marsad")
    for item in feed["items"]:
        entry = ET.SubElement(root, "entry", {"xml:lang": str(item.get("language", ""))})
        _put(entry, "title", item.get("title"))
        _put(entry, "id", item.get("id"))
        _put(entry, "updated", item.get("date_published"))
        kind = "html" if item.get("content_html") else "text"
        _put(entry, "content", item.get(f"content_{kind}")).set("type", kind)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _put(parent: ET.Element, name: str, text: object) -> ET.Element:
    made = ET.SubElement(parent, name)
    made.text = _ILLEGAL.sub("\ufffd", str(text or ""))
    return made
