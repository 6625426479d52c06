"""What is typed to `marsad search`, as items."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.query import ItemKind, QueryItem, parse_query

WORD, PHRASE, ENTITY = ItemKind.WORD, ItemKind.PHRASE, ItemKind.ENTITY


@pytest.mark.parametrize(
    ("typed", "items"),
    [
        ("قرة باغ", [(WORD, "قرة"), (WORD, "باغ")]),
        ('"prime minister" putin', [(PHRASE, "prime minister"), (WORD, "putin")]),
        ("«премьер министр»", [(PHRASE, "премьер министр")]),
        ("“总理”", [(PHRASE, "总理")]),
        ("putin -football", [(WORD, "putin"), (WORD, "football", True)]),
        ('-"world cup" putin', [(PHRASE, "world cup", True), (WORD, "putin")]),
        ("Nagorno-Karabakh F-16", [(WORD, "Nagorno-Karabakh"), (WORD, "F-16")]),
        ("entity:putin", [(ENTITY, "putin")]),
        ("-entity:putin", [(ENTITY, "putin", True)]),
        ('entity:"the president" x', [(ENTITY, "the president"), (WORD, "x")]),
        ("entity:بوتين", [(ENTITY, "بوتين")]),
        ("entity:", [(WORD, "entity:")]),
        ('ארה"ב', [(WORD, 'ארה"ב')]),
        ('putin "', [(WORD, "putin")]),
        ('"putin', [(WORD, "putin")]),
        ('"a" "b', [(PHRASE, "a"), (WORD, "b")]),
        ("- putin --", [(WORD, "-"), (WORD, "putin"), (WORD, "--")]),
        ("", []),
        ('"', []),
    ],
)
def test_items(typed: str, items: list[tuple[object, ...]]) -> None:
    assert parse_query(typed) == tuple(QueryItem(*item) for item in items)  # type: ignore[arg-type]


@given(st.text(st.sampled_from("ab\"“«- :'entiy\\*()") | st.characters(), max_size=30))
def test_any_text_is_read_and_no_quote_is_left_around_an_item(typed: str) -> None:
    for item in parse_query(typed):
        assert '"' not in item.text.strip('"') or item.kind is WORD
        assert item.text == item.text.strip() or item.kind is not WORD
