"""Whom `to:` means: a person's mail address with all their other addresses, or one address that may be somebody's."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.settings.schema import PersonShape


def list_addresses(reader: str, people: Mapping[str, PersonShape]) -> list[tuple[str, str]]:
    """Each address that an entry of `to:` stands for, and the id of the person whose it is, "" where nobody's."""
    person = people.get(reader)
    if person is not None:
        return [(address, reader) for address in (person.email, *person.channels)]
    owner = next((name for name, person in people.items() if reader in person.channels), "")
    return [(reader, owner)]
