"""recipients list: who gets which digests, and who gets no mail at present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from monitor.digests.model import DigestPlan
from monitor.model import RecipientState


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientView:
    """An address that digests or the operator's mails go to, or that the store knows."""

    address: str
    ids: tuple[str, ...]  # under `people`
    digests: tuple[str, ...]
    timezone: ZoneInfo
    state: RecipientState


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressees:
    """Everybody whom the configuration names: digests, ids with their addresses, the operator's address."""

    digests: Sequence[DigestPlan]
    people: Mapping[str, str]
    operator: str | None = None


def list_recipients(addressees: Addressees, states: Sequence[RecipientState]) -> list[RecipientView]:
    """Everybody whom the configuration or the store names, by address."""
    known = {state.address: state for state in states}
    digests: dict[str, list[str]] = {}
    zones: dict[str, ZoneInfo] = {}
    for plan in addressees.digests:
        for recipient in plan.recipients:
            digests.setdefault(recipient.email, []).append(plan.name)
            zones.setdefault(recipient.email, recipient.timezone)
    operator = [addressees.operator] if addressees.operator else []
    addresses = {*digests, *addressees.people.values(), *operator, *known}
    return [
        RecipientView(
            address=address,
            ids=tuple(name for name, email in addressees.people.items() if email == address),
            digests=tuple(digests.get(address, ())),
            timezone=zones.get(address, ZoneInfo("UTC")),
            state=known.get(address) or RecipientState(address=address),
        )
        for address in sorted(addresses)
    ]
