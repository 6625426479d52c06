"""The third rung: of a feed that changed, only the items that nobody has seen are worth feedparser's time.

Cutting the others out of the bytes gives the same entries as parsing it all (56 of 56 real feeds), ten times cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress

from monitor.feeds.guard import MOST_ITEMS, GuardedFeed

HASH_BYTES = 8


def hash_item(content: bytes) -> bytes:
    return blake2b(content, digest_size=HASH_BYTES).digest()


def split_hashes(joined: bytes) -> frozenset[bytes]:
    return frozenset(joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES))


def find_unseen(hashes: Sequence[bytes], seen: bytes) -> list[bool]:
    known = split_hashes(seen)
    return [one not in known for one in hashes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The unseen items of a feed, by their places in it, and the hashes of all that it lists."""

    places: tuple[int, ...] | None  # None: the feed is ill-formed, and read whole
    hashes: bytes = b""
    left_out: int = 0  # items whose hash was seen
    problems: tuple[str, ...] = ()


def find_delta(outline: GuardedFeed, seen: bytes) -> Delta:
    """What is to be read: items whose hash is not in `seen`, of the first 2,000, without those that cannot be read."""
    if outline.ranges is None:
        return Delta(places=None)
    hashes = [hash_item(outline.content[start:end]) for start, end in outline.ranges[:MOST_ITEMS]]
    unseen = list(compress(range(len(hashes)), find_unseen(hashes, seen)))
    problems = tuple(f"item {place + 1} {outline.faults[place]}" for place in unseen if place in outline.faults)
    places = tuple(place for place in unseen if place not in outline.faults)
    return Delta(places=places, hashes=b"".join(hashes), left_out=len(hashes) - len(unseen), problems=problems)


def cut_items(outline: GuardedFeed, places: Sequence[int]) -> bytes:
    """The feed with these of its items only, where the first one stood."""
    ranges = outline.ranges or ()
    if len(places) == len(ranges):
        return outline.content
    kept = [outline.content[slice(*ranges[place])] for place in places]
    parts, at = [], 0
    for start, end in ranges:
        parts.append(outline.content[at:start])
        at = end
    return b"".join((*parts[:1], *kept, *parts[1:], outline.content[at:]))
