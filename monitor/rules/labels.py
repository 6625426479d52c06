"""What an entity is called in the language of a person who reads of it."""

from __future__ import annotations

from monitor.model import EntityId
from monitor.rules.model import Watchlist
from monitor.text.territories import list_brief_names, list_territory_names


def find_label(watchlist: Watchlist, entity: EntityId, language: str) -> str | None:
    """What an entity is called in a reader's language: a name in it, CLDR's, or an English one."""
    found = watchlist.entities.get(entity)
    if found is None:
        return None
    own = {name.language: name.text for name in reversed(found.names)}
    territory = {tag: name for name, tags in list_brief_names(found.territory or "").items() for tag in tags.split()}
    territory |= {tag: name for name, tag in reversed(tuple(list_territory_names(found.territory or "").items()))}
    for wanted in (language, language.partition("-")[0], "en"):
        if label := own.get(wanted) or territory.get(wanted):
            return label
    return None


def is_former(watchlist: Watchlist, entity: EntityId) -> bool:
    """Whether an entity is a person who left the office for which they are watched."""
    found = watchlist.entities.get(entity)
    return found is not None and found.former
