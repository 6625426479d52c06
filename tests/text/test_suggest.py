"""Spellings proposed for a name: known names whole, others by learnt costs; never more than proposals."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.arabic_names import list_real_spellings
from monitor.text.normalize import fold
from monitor.text.scripts import detect_script
from monitor.text.suggest import LANGUAGES, propose

SCRIPTS = {
    "ar": "ARABIC", "fa": "ARABIC", "he": "HEBREW", "ru": "CYRILLIC", "uk": "CYRILLIC", "el": "GREEK", "hy": "ARMENIAN",
    "ka": "GEORGIAN", "ko": "HANGUL", "ja": "KATAKANA",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("Ilham Aliyev", "ar", "إلهام علييف"),
        ("Ilham Aliyev", "ru", "Ильхам Алиев"),
        ("Ilham Aliyev", "hy", "Իլհամ Ալիև"),
        ("Vladimir Putin", "he", "ולדימיר פוטין"),
        ("Kyriakos Mitsotakis", "el", "Κυριάκος Μητσοτάκης"),
        ("Ahmed al-Sharaa", "ru", "Ахмед аль-Шараа"),
        ("Shigeru Ishiba", "ja", "シゲル・イシバ"),
        ("Volodymyr Yermak", "uk", "Володимир Єрмак"),
    ],
)
def test_a_well_known_name_is_proposed(name: str, language: str, text: str) -> None:
    assert text in [proposal.text for proposal in propose(name, language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_an_answer_in_its_script(language: str) -> None:
    """For a name that nobody bears, too; best first, none twice, scored."""
    proposals = propose("Tarek Benzalowitz", language, 4)
    assert len({proposal.text for proposal in proposals}) == 4
    assert [proposal.score for proposal in proposals] == sorted((p.score for p in proposals), reverse=True)
    for proposal in proposals:
        assert detect_script(proposal.text) == SCRIPTS[language]
        assert 1 <= proposal.score <= 100
        assert not proposal.is_known


def test_what_is_known_comes_before_what_is_guessed() -> None:
    first, second = propose("Putin", "ru", 2)
    assert (first.text, first.is_known, second.is_known) == ("Путин", True, False)
    assert second.score < first.score


def test_an_arabic_article_is_written_onto_its_word() -> None:
    for name in ("Bashar al-Assad", "Bashar Al Assad"):
        assert all(" ال" in proposal.text for proposal in propose(name, "ar"))


@pytest.mark.parametrize(
    ("name", "language", "says"),
    [("Putin", "zh", "'zh' is none of the languages"), ("Путин", "ar", "no word in Latin letters")],
)
def test_what_cannot_be_spelt(name: str, language: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        propose(name, language)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzəşğıöüçāéø '-", max_size=24), st.sampled_from(LANGUAGES))
def test_no_name_is_too_strange(name: str, language: str) -> None:
    if not any(char.isalpha() for char in name):
        with pytest.raises(ValueError, match="no word"):
            propose(name, language)
        return
    assert all(proposal.text for proposal in propose(name, language, 2))


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    """The script that learns the costs."""
    spec = importlib.util.spec_from_file_location("build_spellings", root / "benchmarks" / "build_spellings.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_costs_are_learnt_from_pairs(script: ModuleType, tmp_path: Path) -> None:
    persons = tmp_path / "persons.txt"
    names = ["ivan, iwan, иван", "dina, дина", "vadim, вадим", "nadim, надим", "mina, мина", "shadi, шади"]
    persons.write_text("".join(f"{row} => Q{number}\n" for number, row in enumerate(names * 3)), "utf-8")
    pairs = script.list_pairs(persons, "ru")
    assert (("ivan", "iwan"), "иван") in pairs
    model = "\n".join(script.write_model(script.train(pairs)))
    assert "\nv в " in model
    cost, pieces = script.align("shadi", "шади", None)
    assert [piece[1] for piece in pieces] == ["ш", "а", "д", "и"]
    assert cost > 0


def test_ukrainian_is_told_from_russian(script: ModuleType) -> None:
    assert script.is_spelling("ільхам", "uk")
    assert script.is_spelling("трамп", "uk")
    assert not script.is_spelling("ильхам", "uk")
    assert script.is_spelling("ильхам", "ru")


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("Abdalla", "ar", "عبد الله"),
        ("Salameh", "ar", "سلامة"),
        ("Souaid", "ar", "سعيد"),
        ("Mansouri", "ar", "منصوري"),
        ("Abdel Fattah al-Sisi", "ar", "عبد الفتاح السيسي"),
        ("Abd al-Rahman Hassan", "ar", "عبد الرحمن حسن"),
        ("Abderrahmane Khelil", "ar", "عبد الرحمن خليل"),
        ("Mostafa Madbouly", "fa", "مصطفی"),
    ],
)
def test_real_arabic_names_come_first(name: str, language: str, text: str) -> None:
    assert propose(name, language)[0].text.startswith(text)


def test_there_are_hundreds_of_real_names() -> None:
    """Each with its spellings, and none of a spelling's letters lost when it is looked up."""
    listed = (Path(__file__).parents[2] / "monitor" / "text" / "data" / "arabic_names.txt").read_text("utf-8")
    rows = [line.split(" | ") for line in listed.splitlines() if not line.startswith("#")]
    assert len({arabic for arabic, _ in rows}) >= 300
    for arabic, spellings in rows:
        for spelling in spellings.split():
            assert arabic in list_real_spellings(fold(spelling).replace("-", ""), "ar"), spelling


def test_the_share_of_a_longer_name_is_smaller() -> None:
    shares = [propose(name, "ru")[0].share for name in ("Vladimir", "Vladimir Putin", "Vladimir Putin Putin")]
    assert shares == sorted(shares, reverse=True)
    assert shares[1] == 55


@pytest.mark.parametrize("name", ["Central Bank of Egypt", "Ministry of Defence", "Hezbollah Party"])
def test_what_is_no_persons_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a person's name"):
        propose(name, "ar")
