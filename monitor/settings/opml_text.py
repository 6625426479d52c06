"""The bytes of an OPML file become XML that a strict parser takes; every repair is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.entities import html5

from monitor.feeds.decode import decode

MOST_LINES = 5  # named for one kind of repair
LONGEST_TAG = 20_000  # characters; a longer one stays as it is
XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
REFERENCE = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]*);)?"
)
START = re.compile(r"(<(?=/?(?:outline|opml|head|body|title)\b|!))", re.IGNORECASE)
# An attribute's value up to the quote that ends it: what follows must look like the next attribute or the tag's end.
VALUE = re.compile(
    r"""=\s*(?P<quote>["\'])(?P<text>.{0,2000}?)(?P=quote)(?=\s*/?>\s*$|\s+[\w:.-]+\s*=\s*["\'])""", re.DOTALL
)

Mended = tuple[str, tuple[str, ...]]


def to_text(content: bytes) -> str:
    """The file as text whatever its encoding, without the XML declaration that named it; lines keep their numbers."""
    return DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), decode(content), count=1).removeprefix("\ufeff")


def mend_references(text: str) -> Mended:
    """Drop control characters and escape every & that begins no reference that XML knows; what was done, in words."""
    controls = [found.start() for found in CONTROLS.finditer(text)]
    places: list[int] = []

    def escape(found: re.Match[str]) -> str:
        if found["name"] in XML_ENTITIES or _is_character(found):
            return found[0]
        places.append(found.start())
        known = html5.get(f"{found['name']};", "") if found["name"] else ""
        return known if known not in {"", "<", "&", '"', "'"} else f"&amp;{found[0][1:]}"

    dropped = CONTROLS.sub("", text)
    mended = REFERENCE.sub(escape, dropped)
    said = (
        *_describe("control characters were left out", text, controls),
        *_describe("an & that does not begin a known entity was read as text", dropped, places),
    )
    return mended, said


def mend_values(text: str) -> Mended:
    """Escape `<` and the quote itself inside the values of attributes; what was done, in words."""
    places: list[int] = []
    parts, at = [], 0
    for part in START.split(text):
        mended = VALUE.sub(_escape_value, part) if "=" in part and len(part) <= LONGEST_TAG else part
        if mended != part:
            places.append(at)
        parts.append(mended)
        at += len(part)
    return "".join(parts), _describe("a < or a quote inside an attribute was read as text", text, places)


def _escape_value(found: re.Match[str]) -> str:
    quote, inner = found["quote"], found["text"]
    escaped = inner.replace("<", "&lt;").replace(quote, "&quot;" if quote == '"' else "&apos;")
    return found[0] if escaped == inner else f"={quote}{escaped}{quote}"


def _is_character(found: re.Match[str]) -> bool:
    """Whether it is a numeric reference that XML allows."""
    number = int(found["decimal"] or "0") or int(found["hex"] or "0", 16)
    return number in {9, 10, 13} or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000


def _describe(what: str, text: str, places: Iterable[int]) -> tuple[str, ...]:
    """One sentence with the lines of `places`, which ascend; none where there are none."""
    lines: list[int] = []
    line, before = 1, 0
    for place in places:
        line += text.count("\n", before, place)
        before = place
        if not lines or lines[-1] != line:
            lines.append(line)
    if not lines:
        return ()
    more = f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
    return (f"{what} (line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:MOST_LINES]))}{more})",)
