from __future__ import annotations

import pytest

from monitor.model import EntityId
from monitor.names.compile import list_entity_names
from monitor.names.lexicon import Case, Role, fits_case, make_word, read_gap
from monitor.names.model import Include
from monitor.names.reference import Reference
from monitor.names.spellings import make_forms
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import AllOf, AnyOf, Literal, NoneOf


def test_every_name_has_its_role(make) -> None:
    entity = make.entity("it", "Full", short=["Short"], never=["Never"])
    rule = make.rule("r", AllOf(operands=(AnyOf(operands=(Literal(text="text"),)), NoneOf(operands=()))))
    names = compile_watchlist(make.watchlist([entity], rule)).forms
    assert [(form.owner, form.term, form.role) for form in names if form.role is not Role.SHADOW] == [
        ("it", "Full", Role.NAME),
        ("it", "Short", Role.SHORT),
        ("it", "Never", Role.NEVER),
        (None, "text", Role.LITERAL),
    ]


def test_a_name_said_twice_is_one(make) -> None:
    watchlist = make.watchlist(
        [make.entity("it", "Aliyev", "Aliyev"), make.entity("other", "Aliyev")],
        make.rule("r", AllOf(operands=(Literal(text="war"), Literal(text="war"), Literal(text="War")))),
    )
    names = compile_watchlist(watchlist).forms
    terms = [(form.owner, form.term) for form in names if form.role is not Role.SHADOW]
    assert terms == [("it", "Aliyev"), ("other", "Aliyev"), (None, "war"), (None, "War")]


def test_a_territory_brings_names(make) -> None:
    plain = list_entity_names(make.entity("az", "Our name", territory="AZ"))
    assert plain[0] == "Our name"
    assert {"Azerbaijan", "أذربيجان", "Азербайджан", "Azərbaycan", "阿塞拜疆"} <= set(plain)
    assert "UK" not in list_entity_names(make.entity("gb", territory="GB"))
    assert "UK" in list_entity_names(make.entity("gb", territory="GB", include=frozenset({Include.SHORT_NAMES})))
    assert "London" in list_entity_names(make.entity("gb", territory="GB", include=frozenset({Include.CAPITAL})))


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("Putin", Case.CAPITAL),
        ("putin", Case.ANY),
        ("al", Case.ANY),
        ("US", Case.UPPER),
        ("U.S.", Case.UPPER),
        ("NATO", Case.UPPER),
        ("ASEAN", Case.CAPITAL),
        ("ISTANBUL", Case.CAPITAL),
        ("G7", Case.CAPITAL),
        ("США", Case.UPPER),
        ("İran", Case.CAPITAL),
        ("بوتين", Case.ANY),
        ("普", Case.ANY),
        ("საქართველო", Case.ANY),
        ("7", Case.ANY),
    ],
)
def test_case_that_a_word_asks_for(text: str, case: Case) -> None:
    assert make_word(text).case is case


def test_a_name_in_capitals_is_no_string_of_acronyms() -> None:
    (form,) = make_forms("XI JINPING", EntityId("xi"), Role.NAME)
    assert [word.case for word in form.words] == [Case.CAPITAL, Case.CAPITAL]
    assert make_word("NATO").is_rigid
    assert not make_word("NATO", is_shouted=True).is_rigid


@pytest.mark.parametrize(
    ("case", "part", "fits"),
    [
        (Case.ANY, "putin", True),
        (Case.CAPITAL, "Putin", True),
        (Case.CAPITAL, "PUTIN", True),
        (Case.CAPITAL, "putin", False),
        (Case.CAPITAL, "'Putin", True),
        (Case.CAPITAL, "ǅ", True),
        (Case.CAPITAL, "", False),
        (Case.UPPER, "US", True),
        (Case.UPPER, "Us", False),
    ],
)
def test_case_that_a_text_has(*, case: Case, part: str, fits: bool) -> None:
    assert fits_case(case, part) is fits


@pytest.mark.parametrize("text", ["", "...", "ـــ", "👍", "a ـ"])
def test_nothing_to_look_for(text: str) -> None:
    assert make_forms(text, None, Role.NAME) == ()


def test_arabic_names_may_be_written_as_one_word() -> None:
    def spell(text: str) -> list[str]:
        return [" ".join(word.folded for word in form.words) for form in make_forms(text, None, Role.NAME)]

    assert spell("عبد الله") == ["عبد الله", "عبدالله"]
    assert spell("Abd Allah") == ["abd allah"]
    assert spell("ال ل") == ["ال ل"]


@pytest.mark.parametrize(
    ("gap", "read"),
    [
        (" ", " "),
        ("", " "),
        ("-", " "),
        ("־", " "),
        ("·", " "),
        ("\u00a0", " "),
        (" \u200f ", " "),
        (". ", " "),
        (".", " "),
        ("\n", " "),
        (" - ", "-"),
        (", ", ","),
        ("/", "/"),
        (" (", "("),
        (" «", "«"),
    ],
)
def test_what_stands_between_two_words(gap: str, read: str) -> None:
    assert read_gap(gap) == read


def test_grammar_reaches_every_word_of_every_role(make) -> None:
    def inflect(word: str) -> dict[str, frozenset[str]]:
        return {f"{word}y".casefold(): frozenset({"ru"})}

    entity = make.entity("it", "Южный Судан", "ООН", short=["Юг"], never=["Север"])
    names = compile_watchlist(make.watchlist([entity], make.rule("r", Literal(text="война"))), inflect).forms
    forms = {form for name in names for word in name.words for form in word.inflected}
    assert {"южныйy", "суданy", "югy", "северy", "войнаy"} <= forms
    assert "оонy" not in forms
    assert any(name.role is Role.SHADOW and name.words[0].inflected for name in names)


def test_inflected_names_are_found_and_beat_shorter_ones(make) -> None:
    endings = {"южный": "южного", "судан": "судана"}

    def inflect(word: str) -> dict[str, frozenset[str]]:
        return {endings[word]: frozenset({"ru"})} if word in endings else {}

    book = compile_watchlist(make.watchlist([make.entity("sudan", "Судан")]), inflect)
    found = Reference(book).see(make.article("Президент Южного Судана и президент Судана", language="ru")).evidence
    assert [(e.text, e.start, e.tier, e.score) for e in found] == [("Судана", 36, "inflected", 95)]
