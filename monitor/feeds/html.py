"""An item's HTML becomes text, once: what was markup is gone, what was text stays.

Elements that are shown as blocks, and line breaks, part words and paragraphs; elements within a line never do.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement

from monitor.feeds.lines import drop_controls, mend_breaks, read_plain, tidy_lines, unwrap
from monitor.feeds.markup import KEPT, list_captions, mend_markup, split_markup
from monitor.text.controls import BIDI_CONTROLS

# Stops at the next "<", so that 40,000 openings without an end cost no more than one look each.
MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);")
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w+);")
# Halves of one character as two references, which some programs write: &#xD83D;&#xDE00;
HALVES = re.compile(r"&#(?:x(d[89ab]..)|(5[56]\d{3}));&#(?:x(d[c-f]..)|(5[67]\d{3}));", re.IGNORECASE)

LONGEST_HEADLINE = 2000  # characters; no newspaper has a wider page
LONGEST_TITLE = 20_000  # characters of a headline with its markup
# Elements left open, lone ones like <br> included: mending 40,000 of them takes 4 s, and loses their text.
MOST_OPEN = 2000
MOST_TAGS = 50_000
HIDDEN = re.compile(r"<(?=/?(?:script|style)\b)", re.IGNORECASE)
OPENS_HIDDEN = re.compile(r"script|style", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
# Of what nh3 leaves: where inscriptis does more than break a line, and where it breaks one.
SPECIAL = re.compile(r"<(?:[uo]l|li|d[ldt]|table|t[a-z]+|colgroup|col|caption|pre|q|ruby|r[tp]|hr|map|area|details)\b")
BREAKS = "p|div|br|h[1-6]|hgroup|blockquote|article|aside|header|footer|nav|figure|figcaption|center"
BREAK = re.compile(rf"</?(?:{BREAKS})\b[^>]*>", re.IGNORECASE)
BLOCK = re.compile(rf"</?(?:{BREAKS}|li|tr|td|dt|dd)\b[^<>]*>", re.IGNORECASE)
LINE_BREAK = re.compile(r"<br\b[^>]*>", re.IGNORECASE)
PROSE = frozenset(
    {
        *BREAKS.replace("h[1-6]", "h1|h2|h3|h4|h5|h6").split("|"),
        "span",
        "a",
        "b",
        "i",
        "u",
        "em",
        "strong",
        "small",
        "sub",
    }
    | {"sup", "cite", "img", "wbr"}
)
# A whole and well-formed tag, by its name: what has no other "<" needs no mending.
WHOLE_TAG = re.compile(
    r"""</?([a-zA-Z][a-zA-Z0-9]*)"""
    r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+)){0,99}\s*/?>"""
)


def read_html(markup: str) -> str:
    """The paragraphs of a fragment, one blank line between them. Plain text comes back as it is, tidied."""
    if not MARKUP.search(markup):
        return read_plain(markup)
    markup = HALVES.sub(_join_halves, mend_breaks(markup))
    opened = markup.count("<")
    if opened - 2 * markup.count("</") > MOST_OPEN or opened > MOST_TAGS:
        return _strip(markup)
    tags = WHOLE_TAG.findall(markup)
    names = set(map(str.lower, tags)) if len(tags) == opened else {""}
    if names <= PROSE:
        return _read_prose(markup)
    # nh3 mends what is broken; inscriptis knows lists, tables and <pre>.
    clean = nh3.clean(markup if names <= KEPT else mend_markup(markup))
    if SPECIAL.search(clean):
        text = get_text(f"<html><body>{clean}</body></html>", _load_style())
        return read_plain(text) if "<pre" in clean else tidy_lines(text)
    return _read_prose(clean)


def read_headline(markup: str, *, is_literal: bool = False) -> str:
    """One line, whatever the item holds, without controls that could disguise it.

    A literal one has no markup by the word of its feed. Of an image alone, what it shows.
    """
    plain = markup[:LONGEST_TITLE]
    if not is_literal and MARKUP.search(plain):
        plain = _read_title(plain)
    if not plain.isprintable():
        plain = drop_controls(mend_breaks(plain)).translate(BIDI_CONTROLS)
    return " ".join(plain.split())[:LONGEST_HEADLINE]


def _read_title(markup: str) -> str:
    """Headlines are escaped once too often so often that what is still an entity afterwards was none of its words."""
    markup = HALVES.sub(_join_halves, markup)
    pieces = split_markup(markup) if "<" in markup else ()
    text = "".join(piece.text if not piece.name else " " * piece.is_block for piece in pieces) if pieces else markup
    if not text.strip():
        text = " ".join(list_captions(markup))
    for _ in range(3):
        if not ENTITY.search(text):
            break
        text = unescape(text)
    return text


def _read_prose(clean: str) -> str:
    """What inscriptis would make of paragraphs and inline markup, in a twentieth of its time: most items are no more.

    In `clean` every "<" begins a whole tag.
    """
    flat = " ".join(clean.split())
    broken = LINE_BREAK.search(flat) is not None
    if broken:
        flat = LINE_BREAK.sub("\n", flat)
    lines = TAG.sub("", BREAK.sub("\n\n" if broken else "\n", flat)).split("\n")
    if "&" in flat or not flat.isprintable():
        lines = [drop_controls(unescape(line)) for line in lines]
    lines = [" ".join(text.split()) for text in lines]
    return "\n\n".join(unwrap(lines) if broken else filter(None, lines))


def _strip(markup: str) -> str:
    """The text between the tags, in time that grows with its length alone."""
    parts = HIDDEN.split(markup)
    shown = (part for part in parts if not OPENS_HIDDEN.match(part))
    bare = "".join(part.partition(">")[2] if part[:1] == "/" else part for part in shown)
    return tidy_lines(unescape(TAG.sub(" ", BLOCK.sub("\n", bare))))


def _join_halves(found: re.Match[str]) -> str:
    high, low = (
        int(hexadecimal, 16) if hexadecimal else int(decimal)
        for hexadecimal, decimal in (found.group(1, 2), found.group(3, 4))
    )
    is_pair = 0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00) if is_pair else found[0]


@cache
def _load_style() -> ParserConfig:
    """Spans join what they enclose to the words beside, and the parts of a definition list are blocks."""
    block = HtmlElement(display=Display.block)
    blocks = dict.fromkeys(("dl", "dt", "dd", "details", "summary", "caption", "center"), block)
    return ParserConfig(css=CSS_PROFILES["strict"] | blocks, display_links=False)
