"""Where an item leads: to its own page, else to what it encloses, else to what its guid says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.feeds.entry import Entry, Link
from monitor.feeds.identity import clean_link

PAGES = frozenset({"", "text/html", "application/xhtml+xml"})
# Beside "alternate" and enclosures, what may stand in for the item itself, best first.
STAND_INS = ("related", "via", "canonical", "self")


def find_base(links: Iterable[Link], location: str) -> str:
    """What relative links of a feed are relative to: the site that its channel names, else its own address."""
    for link in links:
        if _read_relation(link) == "alternate" and link.media_type in PAGES:
            return clean_link(link.address, location) or location
    return location


def find_link(entry: Entry, base: str) -> str | None:
    """The item's own page. Of several the last, as feedparser has it."""
    alternates = [link for link in entry.links if _read_relation(link) == "alternate"]
    pages = [link for link in alternates if link.media_type in PAGES]
    addresses = [link.address for link in (*reversed(pages), *alternates)]
    if entry.is_permalink and _is_web(entry.guid):
        addresses.append(entry.guid)
    return _find_first(addresses, base)


def find_stand_in(entry: Entry, base: str) -> str | None:
    """For an item without a page of its own: what it encloses, the address that its guid is, or what it is about."""
    addresses = [link.address for link in entry.links if link.relation == "enclosure"]
    if _is_web(entry.guid):
        addresses.append(entry.guid)
    others = {_read_relation(link): link.address for link in reversed(entry.links)}
    return _find_first((*addresses, *(others.get(name, "") for name in STAND_INS)), base)


def _find_first(addresses: Iterable[str], base: str) -> str | None:
    return next(_clean(addresses, base), None)


def _clean(addresses: Iterable[str], base: str) -> Iterator[str]:
    for address in addresses:
        if cleaned := clean_link(address, base):
            yield cleaned


def _read_relation(link: Link) -> str:
    return link.relation.lower().rpartition("/")[2]


def _is_web(address: str) -> bool:
    return address.startswith(("http://", "https://"))
