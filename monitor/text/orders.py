"""Names of languages that write the family first: which of a name's words it is, told by lists and by syllables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from monitor.text.normalize import fold
from monitor.text.people import is_western_name
from monitor.text.scripts import find_script, read_primary

_FAMILY_FIRST = frozenset({"hu"})  # told by the language alone
_MOST = 4  # words
_POLIVANOV = (
    *zip(
        "дзя дзю дзё дзи дзу дз ся сю сё си тя тю тё ти цу фу я ю ё ай ой уй эй ей ш ч дж".split(),  # noqa: SIM905
        "ja ju jo ji zu z sha shu sho shi cha chu cho chi tsu fu ya yu yo ai oi ui ei ei sh ch j".split(),  # noqa: SIM905
        strict=True,
    ),
    *zip("абвгдежзийклмнопрстухфцэ", "abvgdejziiklmnoprstuhfze", strict=True),
)


@dataclass(frozen=True, slots=True)
class _Order:
    families: frozenset[str]
    syllables: re.Pattern[str]
    cyrillic: re.Pattern[str] | None


def is_family_first(language: str | None) -> bool:
    """Whether names are written so in a language that has no list."""
    return language is not None and read_primary(language) in _FAMILY_FIRST


def list_orders(names: Sequence[str], language: str | None) -> list[Sequence[int]]:
    """The other orders in which the words of a person's name, as written in `language`, stand: their indexes."""
    count = len(names)
    if not 1 < count <= _MOST:
        return []
    first_to_end, last_to_front = (*range(1, count), 0), (count - 1, *range(count - 1))
    if is_family_first(language):
        return [first_to_end]
    folded = [fold(name) for name in names]
    if _is_eastern(folded[0], folded[1:]):
        return [first_to_end]
    return [last_to_front] if names[-1][:1].isupper() and _is_eastern(folded[-1], folded[:-1]) else []


def _is_eastern(family: str, given: Sequence[str]) -> bool:
    script = find_script(family[0])
    if script not in {"LATIN", "CYRILLIC"} or any(map(is_western_name, given)):
        return False
    return any(_is_of(order, key, family, given, script) for key, order in _load().items())


def _is_of(order: _Order, key: str, family: str, given: Sequence[str], script: str) -> bool:
    if key == "ja" and script == "CYRILLIC":
        family, given, script = _romanise(family), [_romanise(name) for name in given], "LATIN"
    pattern = order.syllables if script == "LATIN" else order.cyrillic
    return family in order.families and pattern is not None and all(map(pattern.fullmatch, given))


def _romanise(name: str) -> str:
    for cyrillic, latin in _POLIVANOV:
        name = name.replace(cyrillic, latin)
    return name


@cache
def _load() -> Mapping[str, _Order]:
    data = tomllib.loads((files("monitor.text") / "data" / "people.toml").read_text("utf-8"))["orders"]
    return {key: _read(table) for key, table in data.items()}


def _read(table: Mapping[str, str]) -> _Order:
    cyrillic, most = table.get("cyrillic"), int(table["most"])
    return _Order(
        families=frozenset(table["families"].split()),
        syllables=re.compile(f"(?:{table['syllables']}){{1,{most}}}"),
        cyrillic=re.compile(f"(?:{cyrillic}){{1,{most}}}") if cyrillic else None,
    )
