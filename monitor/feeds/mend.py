"""Makes XML of what only resembles it, as other readers do: behind a notice, with bare ampersands or entities of HTML,

with halves of characters, with pictures in attributes. What is mended is read as strictly as the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from html.entities import html5

LONGEST_PROLOGUE = 64 * 1024  # comments, a document type and other people's notices may come before the root
ROOT = re.compile(r"<(?:[\w.-]+:)?(rss|feed|rdf|urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
START = re.compile(rf"<\?xml\b|{ROOT.pattern}", re.IGNORECASE)
PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
SPACE = re.compile("[\\s\ufeff\x00]*")
BEFORE_ROOT = (
    re.compile(r"<\?.*?\?>", re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE),
)
END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf|urlset|sitemapindex)\s*>", re.IGNORECASE)
LONGEST_VALUE = 1024  # characters of an attribute, in a tag of monstrous length
# XML 1.0 knows no controls but three, and no half characters; feeds have them all the same.
CONTROLS = bytes({*range(32)} - {9, 10, 13})
NO_CHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")
REFERENCE = re.compile(
    r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?(?:(?<=;)&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67][0-9]{3}));)?"
)
LAST_CHARACTER = 0x10FFFF
REPLACEMENT = "\ufffd"
AMPERSAND = re.compile(r"&(?:(#[0-9]+;|#[xX][0-9a-fA-F]+;|amp;|lt;|gt;|quot;|apos;)|([A-Za-z][A-Za-z0-9]{0,31};))?")
BARE_ANGLE = re.compile(r"<(?![^\W\d]|[/!?:])")  # "turnout < 40 %"
BLANK = "\ufeff\x00 \t\r\n"
BEFORE_TEXT = ("ï»¿", ")]}',", ")]}'")
JSON_HALF = re.compile(r"\\u[dD][89a-fA-F]")
JSON_ESCAPE = re.compile(r"\\(?:u([dD][89abAB]..)\\u([dD][c-fC-F]..)|u([dD][89a-fA-F]..)|.)", re.DOTALL)
VALUE = re.compile(rb"""=\s*(?:"[^"]{%d,}"|'[^']{%d,}')""" % (LONGEST_VALUE, LONGEST_VALUE))


@dataclass(frozen=True, slots=True)
class Root:
    """The element that a document is: "rss", "feed", "rdf", "urlset" or "sitemapindex", and where it begins."""

    name: str
    start: int


def find_root(text: str, *, may_follow_junk: bool = True) -> Root | None:
    """None for what is no feed and no sitemap: a page that shows one is none either."""
    at = _skip_prologue(text, 0)
    found = ROOT.match(text, at)
    junk = START.search(text, at, LONGEST_PROLOGUE) if found is None and may_follow_junk else None
    if junk and not PAGE.search(text, 0, junk.start()):
        found = ROOT.match(text, _skip_prologue(text, junk.start()))
    return Root(found[1].lower(), found.start()) if found else None


def clean_xml(text: str) -> bytes:
    """As UTF-8, without characters that XML does not know; references to them are replaced or left out."""
    if "&#" in text:
        text = REFERENCE.sub(_write_character, text)
    content = text.encode("utf-8", "replace").translate(None, CONTROLS)
    return NO_CHARACTERS.sub(b"", content) if b"\xef\xbf" in content else content


def mend_xml(content: bytes) -> bytes:
    """With every ampersand and angle bracket of the text escaped, and nothing behind the root."""
    text = content.decode("utf-8", "replace")
    ends = [found.end() for found in END.finditer(text)]
    pieces = _split_cdata(text[: ends[-1]] if ends else text)
    return "".join(_mend_text(piece) if is_text else piece for piece, is_text in pieces).encode()


def drop_cdata(content: bytes) -> bytes:
    """Without CDATA, in which anything may stand; one that has no end is none."""
    parts: list[bytes] = []
    at = 0
    while True:
        start = content.find(b"<![CDATA[", at)
        end = content.find(b"]]>", start) if start >= 0 else -1
        if end < 0:
            return b"".join((*parts, content[at:]))
        parts.append(content[at:start])
        at = end + 3


def shorten_tags(content: bytes, tag: re.Pattern[bytes]) -> bytes:
    """Without the long attributes of the tags that `tag` finds: pictures in `src`, a page's data in `data-…`."""
    return tag.sub(lambda found: VALUE.sub(b'=""', found[0]), content)


def strip_junk(text: str) -> str:
    """Without what is no text and comes before it: marks of byte order, right or read wrongly, and guards of JSON."""
    text = text.lstrip(BLANK)
    for junk in BEFORE_TEXT:
        text = text.removeprefix(junk).lstrip(BLANK)
    return text


def mend_json(text: str) -> str:
    """With half characters replaced: a text that a program cut in the middle of an emoji."""
    return JSON_ESCAPE.sub(_replace_half, text) if JSON_HALF.search(text) else text


def join_halves(high: int, low: int) -> str | None:
    """The character that two halves of UTF-16 make, None if they make none."""
    if not (0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF):
        return None
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def _replace_half(escape: re.Match[str]) -> str:
    return "\\ufffd" if escape[3] else escape[0]


def _skip_prologue(text: str, at: int) -> int:
    """Behind declarations, comments and a document type."""
    while at < LONGEST_PROLOGUE:
        found = SPACE.match(text, at)
        at = found.end() if found else at
        skipped = next((one for pattern in BEFORE_ROOT if (one := pattern.match(text, at))), None)
        if skipped is None:
            break
        at = skipped.end()
    return at


def _split_cdata(text: str) -> Iterator[tuple[str, bool]]:
    """Text and tags, which can be mended, and CDATA, where anything may stand."""
    at = 0
    while True:
        start = text.find("<![CDATA[", at)
        end = text.find("]]>", start) if start >= 0 else -1
        if end < 0:
            yield text[at:], True
            return
        yield text[at:start], True
        yield text[start : end + 3], False
        at = end + 3


def _mend_text(text: str) -> str:
    text = AMPERSAND.sub(_write_entity, text).replace("]]>", "]]&gt;")
    return BARE_ANGLE.sub("&lt;", text)


def _write_entity(found: re.Match[str]) -> str:
    kept, name = found.groups()
    if kept:
        return found[0]
    meaning = html5.get(name) or html5.get(name.lower()) if name else None
    return escape(meaning) if meaning else f"&amp;{name or ''}"


def _write_character(reference: re.Match[str]) -> str:
    """`&#0;` and numbers beyond all characters mean nothing; the halves of one are put together, or replaced."""
    hexadecimal, decimal, low_hexadecimal, low_decimal = reference.groups()
    code = _read_code(hexadecimal, decimal)
    has_low = low_hexadecimal or low_decimal
    if has_low and (whole := join_halves(code, _read_code(low_hexadecimal, low_decimal))):
        return whole
    if 0xD800 <= code <= 0xDFFF:
        written = REPLACEMENT
    elif code in {9, 10, 13} or 32 <= code < 0xFFFE or 0x10000 <= code <= LAST_CHARACTER:
        written = f"&#{code};"
    else:
        written = ""
    return written + (REPLACEMENT if has_low else "")


def _read_code(hexadecimal: str | None, decimal: str | None) -> int:
    """0 for what is longer than any number of a character."""
    digits = (hexadecimal or decimal or "").lstrip("0")
    return int(digits, 16 if hexadecimal else 10) if 0 < len(digits) <= 8 else 0
