"""Refuses feeds that would cost more to parse than any real feed: cheap limits before feedparser sees a byte."""

from __future__ import annotations

import re
from xml.parsers import expat

from monitor.errors import ParseError

LARGEST = 10 * 1024 * 1024
DEEPEST = 128
MOST_ATTRIBUTES = 256
LONGEST_TAG = 16 * 1024
MOST_ITEMS = 2000
ITEM_NAMES = frozenset({"item", "entry"})
TAG = re.compile(rf"<[^<>]{{{LONGEST_TAG},}}")


def check_size(body: bytes) -> None:
    """Raises ParseError."""
    if len(body) > LARGEST:
        raise ParseError(
            f"the document has {len(body) // 1024 // 1024} MB; at most {LARGEST // 1024 // 1024} MB are read"
        )


def check_xml(text: str) -> int:
    """Count the items of a feed. Raises ParseError when it declares entities, nests too deep or has monstrous tags.

    Ill-formed XML is no reason to refuse: feedparser reads it loosely, and real feeds are often broken.
    """
    if "<!ENTITY" in text[:100_000].upper():
        raise ParseError("the feed declares its own entities, which no feed needs and attacks use")
    if TAG.search(text):
        raise ParseError(f"the feed has a tag of more than {LONGEST_TAG // 1024} kB")
    scan = _Scan()
    try:
        scan.parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError:
        return max(scan.items, len(re.findall(r"<(?:\w+:)?(?:item|entry)[\s>]", text)))
    return scan.items


class _Scan:
    """Watches depth and attributes while expat runs through."""

    def __init__(self) -> None:
        self.depth = 0
        self.items = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.items += name.rpartition(":")[2] in ITEM_NAMES
        if self.depth > DEEPEST:
            raise ParseError(f"the feed nests more than {DEEPEST} elements deep")
        if len(attributes) > MOST_ATTRIBUTES:
            raise ParseError(f"the feed has an element with more than {MOST_ATTRIBUTES} attributes")

    def _end(self, _name: str) -> None:
        self.depth -= 1
