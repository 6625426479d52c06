"""Countries in every script, and longer names: what `territory:` finds in a sentence and what it must not.

The sentences stand in `territories.toml` and `longer_names.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from babel import Locale

from monitor.names.engine import Engine
from monitor.names.model import EntityKind, Include
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
from monitor.text.territories import list_brief_names, list_territory_names

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.xdist_group("territories"),
]  # in one process, which makes the matchers of all countries once

ROWS, LONGER = (
    tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
    for name in ("territories", "longer_names")
)
UN_MEMBERS = """
    AF AL DZ AD AO AG AR AM AU AT AZ BS BH BD BB BY BE BZ BJ BT BO BA BW BR BN BG BF BI CV KH CM CA CF TD CL CN CO KM CG
    CD CR CI HR CU CY CZ DK DJ DM DO EC EG SV GQ ER EE SZ ET FJ FI FR GA GM GE DE GH GR GD GT GN GW GY HT HN HU IS IN ID
    IR IQ IE IL IT JM JP JO KZ KE KI KP KR KW KG LA LV LB LS LR LY LI LT LU MG MW MY MV ML MT MH MR MU MX FM MC MN ME MA
    MZ MM NA NR NP NL NZ NI NE NG MK NO OM PK PW PA PG PY PE PH PL PT QA MD RO RU RW KN LC VC WS SM ST SA SN RS SC SL SG
    SK SI SB SO ZA SS ES LK SD SR SE CH SY TJ TZ TH TL TG TO TT TN TR TM TV UG UA AE GB US UY UZ VU VE VN YE ZM ZW
""".split()  # noqa: SIM905


def read_rows(key: str, table: Mapping[str, str] = ROWS) -> list[list[str]]:
    rows = [line for line in table[key].strip().splitlines() if not line.startswith("#")]
    return [[cell.strip() for cell in f"{line} ".split(" | ")] for line in rows]


def find(make, row: Sequence[str], *include: Include) -> list[str]:
    """What of a text both matchers find of a country while they watch all of them."""
    language, code, text, *_ = row
    engine, reference = make_matchers(make, *include)
    article = make.article("x", text, language=None if language == "-" else language)
    expected = reference.see(article).evidence
    assert engine.see(article).evidence == expected
    return [evidence.text for evidence in expected if evidence.entity == code]


@cache
def make_matchers(make, *include: Include) -> tuple[Engine, Reference]:
    codes = sorted({row[1] for table in (ROWS, LONGER) for key in ("found", "not") for row in read_rows(key, table)})
    entities = [make.entity(code, kind=EntityKind.REGION, territory=code, include=frozenset(include)) for code in codes]
    book = compile_watchlist(make.watchlist(entities))
    return Engine(book), Reference(book)


@pytest.mark.parametrize("row", read_rows("found"), ids=" | ".join)
def test_countries_are_found(make, row: list[str]) -> None:
    assert find(make, row) == [row[3]]


@pytest.mark.parametrize("row", read_rows("not"), ids=" | ".join)
def test_what_is_no_country_is_not_found(make, row: list[str]) -> None:
    assert find(make, row) == []


@pytest.mark.parametrize("row", read_rows("found", LONGER), ids=" | ".join)
def test_countries_are_found_beside_longer_names(make, row: list[str]) -> None:
    assert find(make, row, Include.SHORT_NAMES) == [row[3]]


@pytest.mark.parametrize("row", read_rows("not", LONGER), ids=" | ".join)
def test_a_longer_name_is_not_the_country(make, row: list[str]) -> None:
    assert find(make, row, Include.SHORT_NAMES) == []


@pytest.mark.parametrize("table", [ROWS, LONGER], ids=["territories", "longer names"])
def test_there_are_as_many_texts_that_must_not_be_found(table: dict[str, str]) -> None:
    assert len(read_rows("not", table)) >= len(read_rows("found", table)) * 0.8


@pytest.mark.parametrize("language", ["ko", "hi", "bn", "ta", "te", "gu", "mr", "pa", "kn", "ml", "am", "si", "zh"])
def test_every_member_of_the_united_nations_has_a_name(language: str) -> None:
    """Found by itself, but for homonyms and, in Ethiopic, names of two letters. (Sinhala has both Congos alike.)"""
    named = {tag for code in UN_MEMBERS for tag in list_territory_names(code).values()}
    assert language in named
    lost = [code for code in UN_MEMBERS if code != "CD" and not _has_name(code, language)]
    assert lost == []


def _has_name(code: str, language: str) -> bool:
    name = shorten(language)[code]
    brief = list_brief_names(code)
    return name in list_territory_names(code) or language in brief.get(name, "").split()


def shorten(language: str) -> dict[str, str]:
    """CLDR's names without what stands in brackets, but for the Congos."""
    territories = Locale.parse(language).territories
    return {
        code: name if code in {"CD", "CG"} else re.sub(r"\s*[(（].*?[)）]\s*", " ", name).strip()
        for code, name in territories.items()
    }
