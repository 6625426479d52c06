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


def read_html(markup: str) -> str:
    """The paragraphs of a fragment, one blank line between them. Plain text comes back as it is, tidied."""
    if not MARKUP.search(markup):
        return tidy(markup)
    # nh3 mends what is broken and drops script and style with their content; inscriptis knows blocks and breaks.
    text = get_text(f"<html><body>{nh3.clean(markup)}</body></html>", ParserConfig(display_links=False))
    return tidy(text)


def read_headline(markup: str) -> str:
    """One line, whatever the item holds, without controls that could disguise it."""
    plain = unescape(nh3.clean(markup, tags=set())) if MARKUP.search(markup) else markup
    return " ".join(_drop_controls(plain).translate(BIDI_CONTROLS).split())


def tidy(text: str) -> str:
    """Paragraphs without controls, without space at their ends, one blank line between them."""
    lines = (" ".join(line.split()) for line in _drop_controls(text).splitlines())
    return "\n\n".join(line for line in lines if line)


def _drop_controls(text: str) -> str:
    return "".join(char for char in text if char in "\n\t\r" or unicodedata.category(char) not in {"Cc", "Cs", "Cn"})
