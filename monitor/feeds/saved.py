"""A saved article: headline on the first line, paragraphs, and whatever the site put after its end.

The end is found by marker lines (data/markers.json). Nothing is deleted: what follows is the tail, which is
stored and never matched. A run of short lines alone is no sign of an end: it cut 8 % of measured pages wrongly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.errors import ParseError
from monitor.feeds.identity import make_saved_keys
from monitor.feeds.lines import drop_controls, unwrap
from monitor.model import Article, ArticleId, Document, Feed, Source, derive_id
from monitor.text.normalize import fold

LONGEST_HEADLINE = 300
LONGEST_MARKER = 60
MARKER_EXTRA = 12  # "قد يعجبك ايضا على موقعنا": what may follow a hard marker on its line
BODY_BEFORE_HARD = 80
BODY_BEFORE_SOFT = 200
SENTENCE = 120  # a line this long is prose, not a link
SENTENCE_END = re.compile(r"[.!?…。！？؟۔։»\"”]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    headline: str
    body: str
    tail: str
    marker: str | None = None


def parse_saved(source: Source, document: Document, text: str) -> Feed:
    """One article. Raises ParseError when the text holds nothing to read."""
    zones = split_zones(text)
    keys = make_saved_keys(document.location, zones.headline, zones.body)
    article = Article(
        id=ArticleId(derive_id(source.id, keys[0])),
        source=source.id,
        keys=keys,
        headline=zones.headline,
        body=zones.body,
        tail=zones.tail,
        language=source.language,
        outlet=source.owner,
        first_seen_at=document.fetched_at,
    )
    return Feed(articles=(article,))


def split_zones(text: str) -> Zones:
    """Headline, body paragraphs joined by a blank line, and the tail. Raises ParseError for a text without words."""
    lines = [line.strip() for line in clean(text).splitlines()]
    first = next((number for number, line in enumerate(lines) if line), None)
    if first is None or not any(char.isalnum() for line in lines for char in line):
        raise ParseError("the file holds no text; a saved article has its headline on the first line")
    headline, rest = _cut_headline(lines[first])
    paragraphs = unwrap(_part_markers((rest, *lines[first + 1 :])))
    end = _find_end(paragraphs)
    return Zones(
        headline=headline,
        body="\n\n".join(paragraphs[:end]),
        tail="\n".join(paragraphs[end:]),
        marker=paragraphs[end] if end < len(paragraphs) else None,
    )


def _part_markers(lines: Iterable[str]) -> Iterator[str]:
    """With a blank line around what may mark the end: it is no part of a paragraph that was cut into lines."""
    for line in lines:
        yield from ("", line, "") if _is_marker(line, BODY_BEFORE_SOFT) else (line,)


def split_end(text: str) -> tuple[str, str]:
    """Paragraphs (a blank line between them) as body and tail: what stands from a marker of the end on is the tail."""
    paragraphs = text.split("\n\n")
    end = _find_end(paragraphs)
    return "\n\n".join(paragraphs[:end]), "\n".join(paragraphs[end:])


def clean(text: str) -> str:
    """Without NUL and other controls that no article means; line ends become newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return drop_controls(text.lstrip("\ufeff"))


def _cut_headline(line: str) -> tuple[str, str]:
    """A first line longer than a headline is cut at a word, and stays whole in the body."""
    if len(line) <= LONGEST_HEADLINE:
        return line, ""
    head, space, _ = line[:LONGEST_HEADLINE].rpartition(" ")
    return (head if space else line[:LONGEST_HEADLINE]), line


def _find_end(paragraphs: Sequence[str]) -> int:
    """The index of the first paragraph of the tail, or their number."""
    length = 0
    for number, paragraph in enumerate(paragraphs):
        if _is_marker(paragraph, length) and not _resumes(paragraphs[number + 1 :]):
            return number
        length += len(paragraph)
    return len(paragraphs)


def _is_marker(paragraph: str, body_before: int) -> bool:
    if len(paragraph) > LONGEST_MARKER + MARKER_EXTRA or body_before < BODY_BEFORE_HARD:
        return False
    line = _normalise(paragraph)
    hard, soft = _load_markers()
    if any(line == marker or (line.startswith(marker) and len(line) <= len(marker) + MARKER_EXTRA) for marker in hard):
        return True
    return body_before >= BODY_BEFORE_SOFT and line in soft


def _resumes(following: Sequence[str]) -> bool:
    """Whether what follows a marker is mostly prose: then it headed a box inside the article, not its end."""
    prose = [line for line in following if len(line) >= SENTENCE and SENTENCE_END.search(line)]
    return len(prose) * 2 > len(following)


def _normalise(line: str) -> str:
    kept = "".join(char if char.isalnum() else " " for char in fold(line))
    return " ".join(kept.split())


@cache
def _load_markers() -> tuple[frozenset[str], frozenset[str]]:
    data: dict[str, Any] = json.loads(files("monitor.feeds").joinpath("data/markers.json").read_text(encoding="utf-8"))
    return (
        frozenset(map(_normalise, data["hard"])),
        frozenset(map(_normalise, data["soft"])),
    )
