"""What is new in a story that was reported before: numbers, names, and headlines that changed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.model import EntityId, Story
from monitor.model.story import Standing

NUMBER = re.compile(r"\d+(?:[.,٫٬\u00a0\u202f]\d+)*")
MOST_NUMBERS, MOST_NAMES, MOST_CHANGES = 4, 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`changed` are headlines before and after."""

    numbers: tuple[str, ...] = ()
    entities: tuple[EntityId, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()


def find_news(story: Story) -> News:
    """Nothing for a story that is new, is repeated, or whose past is not known any more."""
    past = story.past
    if past is None or not past.headlines or story.standing is not Standing.DEVELOPING or story.is_continued:
        return News()
    known = set(_list_numbers(past.headlines))
    numbers = [one for one in _list_numbers(record.article.headline for record in story.records) if one not in known]
    found = (one.entity for record in story.records for one in record.match.evidence)
    entities = [one for one in found if one is not None and one not in past.entities]
    return News(
        numbers=tuple(dict.fromkeys(numbers))[:MOST_NUMBERS],
        entities=tuple(dict.fromkeys(entities))[:MOST_NAMES],
        changed=past.changed[:MOST_CHANGES],
    )


def _list_numbers(headlines: Iterable[str]) -> list[str]:
    """In Latin digits, so that one number is the same in every script."""
    return [
        "".join(str(unicodedata.digit(char, char)) for char in found[0])
        for headline in headlines
        for found in NUMBER.finditer(headline)
    ]
