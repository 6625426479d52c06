"""What one item of a feed says, as it stands there: nothing is chosen, converted or judged yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

DATES = ("published", "updated", "created")


@dataclass(slots=True)
class Link:
    """An address, resolved as far as the feed's own bases go, and what it is to the item ("alternate", "enclosure")."""

    relation: str
    media_type: str
    address: str = ""


@dataclass(slots=True)
class Text:
    """`is_literal`: its feed says that it has no markup."""

    value: str
    is_literal: bool = False


@dataclass(slots=True)
class Entry:
    """One item, filled while it is read. `titles` are with the depth at which they stand, `dates` by their element."""

    titles: list[tuple[int, Text]] = field(default_factory=list)
    other_titles: list[str] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    dates: list[tuple[str, str]] = field(default_factory=list)
    guid: str = ""
    is_permalink: bool = True
    language: str | None = None
    outlet: str = ""

    def list_titles(self) -> list[Text]:
        """The item's own first, which stands no deeper than any other."""
        return [text for _, text in sorted(self.titles, key=itemgetter(0))] + [Text(one) for one in self.other_titles]

    def list_dates(self) -> list[str]:
        """When it was published, else when it was changed or made."""
        return [written for element in DATES for one, written in self.dates if one == element]


@dataclass(slots=True)
class Entries:
    """A feed as it was read; `feed` has what feedparser keeps of a channel."""

    feed: Mapping[str, Any]
    links: Sequence[Link]
    entries: Sequence[Entry]
    version: str
