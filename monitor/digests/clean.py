"""What of other people's text may stand in a mail: no controls, no direction overrides, no link that runs code."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from monitor.text.controls import BIDI_CONTROLS, isolate
from monitor.text.scripts import direction
from monitor.text.urls import strip_tracking

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SURROGATES = re.compile(r"[\ud800-\udfff]")  # no text: UTF-8 cannot write them
# Overrides and unclosed embeddings show another text than the one that stands there; the marks LRM and RLM cannot.
TURNING = {code: None for code in BIDI_CONTROLS if code not in {0x200E, 0x200F, 0x061C}}
UNSAFE_IN_URL = frozenset(' "<>\\^`{|}')
STRONG = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def clean_text(text: str) -> str:
    """`text` as published, without what is no text."""
    return SURROGATES.sub("\ufffd", CONTROLS.sub("", text))


def clean_run(text: str) -> str:
    """A run of an article for a place of its own: nothing in it turns what stands around."""
    return clean_text(text).translate(TURNING)


def clean_headline(text: str) -> str:
    """The headline verbatim, on one line."""
    return clean_text(" ".join(line for line in text.splitlines() if line))


def clean_line(text: str) -> str:
    """For a line of Marsad's own, or a header: one line, single blanks, no direction controls at all."""
    return " ".join(clean_text(" ".join(text.splitlines())).translate(BIDI_CONTROLS).split())


def clean_url(url: str | None) -> str | None:
    """A link to a web page, in printable characters, without a password and without what follows its reader.

    None for anything else.
    """
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return None
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return "".join(_quote(char) for char in strip_tracking(plain))


def _quote(char: str) -> str:
    return char if char.isprintable() and char not in UNSAFE_IN_URL else quote(char, safe="", errors="replace")


def shorten(text: str, longest: int) -> str:
    """`text` cut at a blank where it has one, with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return f"{head.rpartition(' ')[0] or head}…"


@lru_cache(maxsize=4096)  # rules and outlets, asked for in each story
def find_side(text: str) -> str:
    """By the letters of a text, "rtl" or "ltr"; a short one ("AR") is no language tag here."""
    return direction(f"{text} ")


def embed(text: object, side: str) -> str:
    """A foreign text within a line of direction `side`: clean, and fenced off where it runs the other way."""
    line = clean_line(str(text))
    strong = {STRONG.get(unicodedata.bidirectional(char), side) for char in line}
    return line if strong <= {side} else isolate(line)
