"""The ids of a digest's messages: which digest each is of, and which part of it. Pure."""

from __future__ import annotations

import re

from monitor.model import DigestId

NUMBER = re.compile(r"-(\d+)of(\d+)")


def number_part(whole: DigestId, number: int, total: int) -> DigestId:
    """The id of one part of a digest, or of a part that was divided again."""
    return DigestId(f"{whole}-{number}of{total}")


def name_part(message: DigestId) -> str:
    """Which part a message is: "2/3", of a part of that part "2/3, 1/2", of a whole digest nothing."""
    return ", ".join(f"{number}/{total}" for number, total in NUMBER.findall(message) if total != "1")


def is_first(message: DigestId) -> bool:
    """Whether it is a whole digest, or its first part."""
    return all(number == "1" for number, _ in NUMBER.findall(message))


def find_digest(message: DigestId) -> DigestId:
    """The digest that a message is of, or is a part of."""
    return DigestId(NUMBER.sub("", message))
