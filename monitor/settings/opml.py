"""OPML, the list of feeds that every reader exports: folders become tags, and tags folders again.

Such a file may come from anywhere: entities are refused, and depth and number are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.errors import UsageError
from monitor.model import Source

DEEPEST = 32
MOST_FEEDS = 20_000
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed as an OPML file lists it; `tags` are the folders around it and its categories, outermost first."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None


def read_opml(content: bytes) -> tuple[Outline, ...]:
    """Every feed once, in the file's order. Raises UsageError where the bytes are no OPML, or too much of it."""
    if len(content) > LARGEST:
        raise UsageError(f"the OPML file has {len(content) // 1024**2} MB; at most {LARGEST // 1024**2} MB are read")
    scan = _Scan()
    try:
        scan.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UsageError(f"the OPML file is broken: {error}; export it anew, or mend that line") from None
    if not scan.is_opml:
        raise UsageError("the file is XML, but no OPML: it has no <opml> element")
    return tuple(scan.found.values())


class _Scan:
    """Follows the outlines: one with an address is a feed, one without is a folder."""

    def __init__(self) -> None:
        self.found: dict[str, Outline] = {}
        self.is_opml = False
        self._depth = 0
        self._folders: list[str | None] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity

    def _refuse_entity(self, *_declared: object) -> None:
        raise UsageError("the OPML file declares its own entities, which no list of feeds needs and attacks use")

    def _start(self, name: str, written: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UsageError(f"the OPML file nests more than {DEEPEST} folders deep")
        element = name.lower()
        self.is_opml = self.is_opml or (self._depth == 1 and element == "opml")
        if element == "outline":
            self._enter({key.lower(): value.strip() for key, value in written.items()})

    def _enter(self, outline: Mapping[str, str]) -> None:
        title = outline.get("title") or outline.get("text") or ""
        if url := outline.get("xmlurl"):
            self._add(Outline(url=url, title=title, tags=self._list_tags(outline), language=outline.get("language")))
        self._folders.append(None if url else title)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name.lower() == "outline":
            self._folders.pop()

    def _list_tags(self, outline: Mapping[str, str]) -> tuple[str, ...]:
        """`category` is "/Wires/Caucasus,breaking" (OPML 2.0): commas between, slashes within."""
        written = outline.get("category", "").replace("/", ",").split(",")
        names = (*(folder for folder in self._folders if folder), *(part.strip() for part in written))
        return tuple(dict.fromkeys(tag for name in names if (tag := clean_tag(name))))

    def _add(self, outline: Outline) -> None:
        before = self.found.get(outline.url)
        if before is None and len(self.found) >= MOST_FEEDS:
            raise UsageError(f"the OPML file lists more than {MOST_FEEDS} feeds")
        tags = tuple(dict.fromkeys((*(before.tags if before else ()), *outline.tags)))
        self.found[outline.url] = replace(before or outline, tags=tags)


def clean_tag(name: str) -> str:
    """A folder's name without what no id may have: line breaks, invisible letters, and the marks of globs."""
    return " ".join(
        "".join(letter if letter.isprintable() and letter not in "*?[]" else " " for letter in name).split()
    )


def write_opml(sources: Iterable[Source]) -> str:
    """The sources with a URL as OPML 2.0: a folder for each tag, in which every source that has it is listed."""
    feeds = [source for source in sources if source.url is not None]
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
    return f'{indent}<outline type="rss" text={_quote(source.id)} xmlUrl={_quote(source.url or "")}{language}/>'


def _quote(text: str) -> str:
    return quoteattr(text)
