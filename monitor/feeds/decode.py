"""Bytes become text. One bad byte must not turn a feed into another alphabet."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import pairwise

from monitor.text.scripts import count_scripts

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']""", re.IGNORECASE)
CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
# Tried in this order where nothing else tells; the one whose letters make the most of one script wins.
LEGACY = ("windows-1251", "windows-1256", "koi8-r", "gb18030", "windows-1252")
BAD_SHARE = 0.02  # of all characters: a damaged UTF-8 text stays below, another encoding is far above


def decode(body: bytes, charset: str | None = None) -> str:
    """The text of `body`: by BOM, as UTF-8 with damage repaired, as declared, else by the script that fits best.

    UTF-8 that decodes is believed over any declaration, because text in another encoding practically never does.
    """
    for bom, encoding in BOMS:
        if body.startswith(bom):
            return body.decode(encoding, "replace")
    text = body.decode("utf-8", "replace")
    if text.count("\ufffd") <= len(text) * BAD_SHARE:
        return text
    match = DECLARED.search(body[:1024])
    for name in (match[1].decode("ascii") if match else None, charset):
        if name and _is_other(name):
            return body.decode(name, "replace")
    return body.decode(max(LEGACY, key=lambda name: _score(body[:20_000], name)), "replace")


def find_charset(media_type: str | None) -> str | None:
    """The charset parameter of a Content-Type."""
    match = CHARSET.search(media_type or "")
    return match[1] if match else None


def _is_other(name: str) -> bool:
    """Whether `name` is an encoding Python knows, and not UTF-8, which has been tried."""
    try:
        return codecs.lookup(name).name not in {"utf-8", "ascii"}
    except LookupError:
        return False


def _score(body: bytes, name: str) -> float:
    """How natural `body` looks in this encoding: the share of its characters in one script, less anomalies.

    Bytes read in a wrong single-byte encoding have capitals after small letters; read as Chinese, almost anything is
    Han, so that guess has to be better than the others, not just as good.
    """
    text = body.decode(name, "replace")
    foreign = [char for char in text if not char.isascii()]
    scripts = Counter({script: count for script, count in count_scripts(text).items() if script != "LATIN"})
    if not scripts or not foreign:
        return 0.0
    _, natural = scripts.most_common(1)[0]
    turns = sum(before.islower() and after.isupper() for before, after in pairwise(text))
    handicap = 0.1 if name == "gb18030" else 0.0
    return (natural - 3 * turns - 3 * text.count("\ufffd")) / len(foreign) - handicap
