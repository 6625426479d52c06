"""What a headline says of the page beneath it: a report, a roundup of several events, or a page that is filled anew.

`data/pages.toml` lists the words per language, written for this project, and the names of days and months, which with
all numbers are left out where headlines of several days are compared.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from monitor.stories.model import HeadlineForm
from monitor.text.normalize import fold
from monitor.text.tokenize import Words, is_unspaced

_OUTLET = re.compile(r"\s(?:[-–—|]|::)\s(?P<outlet>[^-–—|:]{2,30})$")
_LEAST_LEFT = 20  # characters of a headline before the name of an outlet


@lru_cache(maxsize=1 << 12)
def cut_outlet(headline: str) -> str:
    """Without the name of the outlet at its end: "Quake hits Nepal - Example Times"."""
    found = _OUTLET.search(headline)
    if not found or found.start() < _LEAST_LEFT:
        return headline
    return headline[: found.start()] if _is_outlet(found["outlet"]) else headline


def _is_outlet(words: str) -> bool:
    """At most four words, all of them with a capital."""
    listed = words.split()
    return len(listed) <= 4 and all(not word[0].islower() for word in listed) and not any(map(str.isdigit, words))


def find_form(headline: str, language: str) -> HeadlineForm:
    """By the phrases that are listed for the language."""
    text = f" {' '.join(_list_words(headline))} "
    table = _load().get(language, {})
    for form in (HeadlineForm.ROUNDUP, HeadlineForm.RECURRING, HeadlineForm.LIVE):
        if any(phrase in text for phrase in table.get(form, ())):
            return form
    return HeadlineForm.REPORT


def make_pattern(headline: str, language: str) -> str:
    """The headline without numbers and names of days and months."""
    dates = _load().get(language, {}).get("dates", ())
    words = (word for word in _list_words(headline) if word not in dates)
    return " ".join(word for word in words if not word[0].isdigit())


def _list_words(text: str) -> Sequence[str]:
    """Folded; characters of scripts without spaces stay together, as they stand."""
    words = Words(text)
    joined: list[str] = []
    for at, word in enumerate(words.texts):
        folded = fold(word)
        if at and not words.gaps[at] and is_unspaced(word) and is_unspaced(words.texts[at - 1]) and joined:
            joined[-1] += folded
        elif folded:
            joined.append(folded)
    return joined


@cache
def _load() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """{language: {roundup, recurring, live: phrases; dates: words}}, folded; a phrase has spaces around it."""
    tables = tomllib.loads((files("monitor.stories") / "data" / "pages.toml").read_text("utf-8"))
    return {
        language: {
            kind: [fold(phrase) if kind == "dates" else _write_phrase(phrase) for phrase in phrases]
            for kind, phrases in table.items()
        }
        for language, table in tables.items()
    }


def _write_phrase(phrase: str) -> str:
    """Whole words; of a script without spaces, wherever it stands."""
    joined = " ".join(_list_words(phrase))
    return joined if is_unspaced(phrase[0]) else f" {joined} "
