"""OPML, the list of feeds that every reader exports: folders become tags, and tags folders again.

Such files are sloppy, and may come from anywhere: what can be mended is mended and named (opml_text.py), entities that
a file declares itself are refused, and depth and number are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.errors import UsageError
from monitor.model import Source
from monitor.settings.opml_text import mend_references, mend_values, to_text

DEEPEST = 32
MOST_FEEDS = 20_000
LARGEST = 20 * 1024 * 1024
# What readers call an outline that is a feed. FreshRSS lists pages that it reads by XPath as outlines too.
FEED_TYPES = frozenset({"", "rss", "rss1", "rss2", "atom", "atom10", "rdf", "feed", "json", "jsonfeed", "link", "pie"})
# feed:https://…, feed://… (the scheme of old subscribe buttons), also with http inside.
FEED_SCHEME = re.compile(r"feed:(//)?(?=https?:)|(?P<bare>feed:)(?=//)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed as an OPML file lists it; `tags` are the folders around it and its categories, outermost first."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an OPML file holds: each feed once, in its order; what was `mended`, and what was left out and why."""

    feeds: tuple[Outline, ...]
    mended: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_opml(content: bytes) -> Listing:
    """Every feed once, in the file's order. Raises UsageError where the bytes are no OPML, or too much of it."""
    if len(content) > LARGEST:
        raise UsageError(f"the OPML file has {len(content) // 1024**2} MB; at most {LARGEST // 1024**2} MB are read")
    scan, mended = _scan_leniently(to_text(content))
    if not scan.is_opml:
        raise UsageError("the file is not OPML: it has no <opml> element")
    return Listing(feeds=tuple(scan.found.values()), mended=mended, left_out=tuple(scan.left_out))


def _scan_leniently(text: str) -> tuple[_Scan, tuple[str, ...]]:
    """What the text holds, and what had to be mended first; each repair only where the text is not XML without it."""
    mended: list[str] = []
    fault = ""
    for repair in (None, mend_references, mend_values):
        if repair is not None:
            text, done = repair(text)
            mended += done
        try:
            return _scan(text), tuple(mended)
        except expat.ExpatError as error:
            fault = str(error)
    raise UsageError(f"the OPML file is broken: {fault}; export it again, or correct that line")


def _scan(text: str) -> _Scan:
    """Raises ExpatError."""
    scan = _Scan()
    scan.parser.Parse(text, True)
    return scan


@dataclass(slots=True)
class _Folder:
    """An outline that is open: a folder (`tag`) or a feed (None); whether outlines stand in it."""

    tag: str | None
    complaint: str = ""  # what to say of it if it turns out to hold nothing
    is_empty: bool = True


class _Scan:
    """Follows the outlines: one with an address is a feed, one without is a folder."""

    def __init__(self) -> None:
        self.found: dict[str, Outline] = {}
        self.left_out: list[str] = []
        self.is_opml = False
        self._depth = 0
        self._open: list[_Folder] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity

    def _refuse_entity(self, *_declared: object) -> None:
        raise UsageError("the OPML file declares its own XML entities; they are refused, because attacks use them")

    def _start(self, name: str, written: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UsageError(f"the OPML file nests more than {DEEPEST} folders deep")
        element = name.lower()
        self.is_opml = self.is_opml or (self._depth == 1 and element == "opml")
        if element == "outline":
            self._enter({key.lower(): value.strip() for key, value in written.items()})

    def _enter(self, outline: Mapping[str, str]) -> None:
        if self._open:
            self._open[-1].is_empty = False
        title = outline.get("title") or outline.get("text") or ""
        url = clean_address(outline.get("xmlurl", ""))
        kind = outline.get("type", "").lower()
        if url and kind not in FEED_TYPES:
            self.left_out.append(f"{title or url}: its type is {outline['type']!r}, which is not a feed")
        elif url:
            self._add(Outline(url=url, title=title, tags=self._list_tags(outline), language=outline.get("language")))
        self._open.append(_Folder(tag=None) if url else _Folder(tag=title, complaint=_find_complaint(outline, title)))

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() == "outline":
            folder = self._open.pop()
            if folder.is_empty and folder.complaint:
                self.left_out.append(folder.complaint)

    def _list_tags(self, outline: Mapping[str, str]) -> tuple[str, ...]:
        """`category` is "/Wires/Caucasus,breaking" (OPML 2.0): commas between, slashes within."""
        written = outline.get("category", "").replace("/", ",").split(",")
        folders = (folder.tag for folder in self._open if folder.tag)
        names = (*folders, *(part.strip() for part in written))
        return tuple(dict.fromkeys(tag for name in names if (tag := clean_tag(name))))

    def _add(self, outline: Outline) -> None:
        before = self.found.get(outline.url)
        if before is None and len(self.found) >= MOST_FEEDS:
            raise UsageError(f"the OPML file lists more than {MOST_FEEDS} feeds")
        tags = tuple(dict.fromkeys((*(before.tags if before else ()), *outline.tags)))
        self.found[outline.url] = replace(before or outline, tags=tags)


def _find_complaint(outline: Mapping[str, str], title: str) -> str:
    """What is wrong with an outline without xmlUrl if no outline stands in it; "" for one that says nothing."""
    address = outline.get("url") or outline.get("htmlurl") or ""
    name = title or address
    if address:
        return f"{name}: it has no xmlUrl; `marsad sources add {address}` finds the feed behind its address"
    return f"{name}: it has no xmlUrl" if name else ""


def clean_address(written: str) -> str:
    """An address without the line breaks and blanks that some exporters put into it, with http for `feed:`."""
    url = "".join(written.split())
    found = FEED_SCHEME.match(url)
    return url if found is None else ("http:" if found["bare"] else "") + url[found.end() :]


def clean_tag(name: str) -> str:
    """A folder's name without what no id may have: line breaks, invisible letters, and the marks of globs."""
    return " ".join(
        "".join(letter if letter.isprintable() and letter not in "*?[]" else " " for letter in name).split()
    )


def write_opml(sources: Iterable[Source]) -> str:
    """The sources with a URL as OPML 2.0: a folder for each tag, in which every source that has it is listed."""
    feeds = [source for source in sources if source.traits.is_remote]
    lines = [_write_outline(source, "    ") for source in feeds if not source.tags]
    for tag in sorted({tag for source in feeds for tag in source.tags}):
        lines.append(f"    <outline text={_quote(tag)}>")
        lines += [_write_outline(source, "      ") for source in feeds if tag in source.tags]
        lines.append("    </outline>")
    body = "\n".join(["  <body>", *lines, "  </body>"])
    head = "  <head><title>Marsad</title></head>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n{head}\n{body}\n</opml>\n'


def _write_outline(source: Source, indent: str) -> str:
    language = f" language={_quote(source.language)}" if source.language else ""
    return f'{indent}<outline type="rss" text={_quote(source.id)} xmlUrl={_quote(source.location)}{language}/>'


def _quote(text: str) -> str:
    return quoteattr(text)
