"""An item's HTML becomes text, once: what was markup is gone, what was text stays."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

from monitor.text.controls import BIDI_CONTROLS

# Stops at the next "<", so that 40,000 openings without an end cost no more than one look each.
MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);")

LONGEST_HEADLINE = 2000  # characters; no newspaper has a wider page
# Elements left open, lone ones like <br> included: mending 40,000 of them takes 4 s, and loses their text.
MOST_OPEN = 2000
HIDDEN = re.compile(r"<(?=/?(?:script|style)\b)", re.IGNORECASE)
OPENS_HIDDEN = re.compile(r"script|style", re.IGNORECASE)
BLOCK = re.compile(r"</?(?:p|div|br|li|tr|h[1-6]|blockquote)\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]*>")
# Of what nh3 leaves: where inscriptis does more than break a line, where it breaks one, and where it adds spaces.
SPECIAL = re.compile(r"<(?:[uo]l|li|d[ldt]|table|t[a-z]+|colgroup|col|caption|pre|q|ruby|r[tp]|hr|map|area|details)\b")
BREAKS = "p|div|br|h[1-6]|hgroup|blockquote|article|aside|header|footer|nav|figure|figcaption"
BREAK = re.compile(rf"</?(?:{BREAKS})\b[^>]*>", re.IGNORECASE)
SPAN = re.compile(r"</?span\b[^>]*>", re.IGNORECASE)
# A whole and well-formed tag of prose: what has no other "<" needs no mending. No part of it matches in two ways, so it
# needs no possessive quantifier, which CPython before 3.11.5 gets wrong. The bound on attributes bounds its memory.
PROSE_TAG = re.compile(
    rf"""</?(?:{BREAKS}|span|a|b|i|u|em|strong|small|sub|sup|cite|img|wbr)
    (?:>|(?:\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))?){{0,99}}\s*/?>)""",
    re.IGNORECASE | re.VERBOSE,
)


def read_html(markup: str) -> str:
    """The paragraphs of a fragment, one blank line between them. Plain text comes back as it is, tidied."""
    if not MARKUP.search(markup):
        return tidy(markup)
    if markup.count("<") - 2 * markup.count("</") > MOST_OPEN:
        return tidy(_strip(markup))
    if markup.count("<") == len(PROSE_TAG.findall(markup)):
        return _read_prose(markup)
    # nh3 mends what is broken and drops script and style with their content; inscriptis knows lists, tables and <pre>.
    clean = nh3.clean(markup)
    if SPECIAL.search(clean):
        return tidy(get_text(f"<html><body>{clean}</body></html>", ParserConfig(display_links=False)))
    return _read_prose(clean)


def _read_prose(clean: str) -> str:
    """What inscriptis would make of paragraphs and inline markup, in a twentieth of its time: most items are no more.

    In `clean` every "<" begins a whole tag.
    """
    flat = " ".join(clean.split())
    lines = TAG.sub("", BREAK.sub("\n", SPAN.sub(" ", flat))).split("\n")
    if "&" in flat or not flat.isprintable():
        lines = [_drop_controls(unescape(line)) for line in lines]
    return "\n\n".join(line for text in lines if (line := " ".join(text.split())))


def _strip(markup: str) -> str:
    """The text between the tags, in time that grows with its length alone."""
    parts = HIDDEN.split(markup)
    shown = (part for part in parts if not OPENS_HIDDEN.match(part))
    return unescape(
        TAG.sub(" ", BLOCK.sub("\n", "".join(part.partition(">")[2] if part[:1] == "/" else part for part in shown)))
    )


def read_headline(markup: str) -> str:
    """One line, whatever the item holds, without controls that could disguise it."""
    markup = markup[:LONGEST_HEADLINE]
    plain = unescape(nh3.clean(markup, tags=set())) if MARKUP.search(markup) else markup
    if not plain.isprintable():
        plain = _drop_controls(plain).translate(BIDI_CONTROLS)
    return " ".join(plain.split())


def tidy(text: str) -> str:
    """Paragraphs without controls, without space at their ends, one blank line between them."""
    lines = (" ".join(line.split()) for line in _drop_controls(text).splitlines())
    return "\n\n".join(line for line in lines if line)


def _drop_controls(text: str) -> str:
    """Also surrogates and what Unicode has not assigned. Looks at each different character once."""
    if text.isprintable():  # nearly every line, and thirty times cheaper to ask
        return text
    odd = {char for char in set(text) if not char.isprintable() and char not in "\n\t\r"}
    dropped = {ord(char): None for char in odd if unicodedata.category(char) in {"Cc", "Cs", "Cn"}}
    return text.translate(dropped) if dropped else text
