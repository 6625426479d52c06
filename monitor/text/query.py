"""What a person types to search, as items: words, "phrases", -excluded ones and entity:ID. Never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_ITEM = re.compile(
    r"""(?P<minus>(?<!\S)[-−](?=[^\s-]))?
    (?: entity:(?: "(?P<quoted>[^"]+)" | (?P<id>[^\s"]+) )
      | "(?P<phrase>[^"]*)"
      | (?P<word>(?: [^\s"] | (?<=\w)"(?=\w) )+)
      | " )""",
    re.VERBOSE,
)


class ItemKind(StrEnum):
    WORD = "word"
    PHRASE = "phrase"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class QueryItem:
    """A word as typed (perhaps several joined by signs), the inside of quotes, or the id of an entity."""

    kind: ItemKind
    text: str
    is_excluded: bool = False


def parse_query(typed: str) -> tuple[QueryItem, ...]:
    """The items in their order. A quote that has no other is left out; one inside a word (ארה"ב) is of the word."""
    found: list[QueryItem] = []
    for item in _ITEM.finditer(typed.translate(_QUOTES)):
        is_excluded = item["minus"] is not None
        if entity := item["quoted"] or item["id"]:
            found.append(QueryItem(ItemKind.ENTITY, entity, is_excluded))
        elif item["phrase"] is not None:
            found.append(QueryItem(ItemKind.PHRASE, item["phrase"], is_excluded))
        elif item["word"]:
            found.append(QueryItem(ItemKind.WORD, item["word"], is_excluded))
    return tuple(found)
