"""entity suggest and import print what can go into a rule file, and say that nobody checked it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from ruamel.yaml import YAML


def test_it_prints_yaml_to_paste(marsad) -> None:
    ran = marsad("entity", "suggest", "Ilham Aliyev", "--number", "2")
    assert ran.code == 0
    assert "These spellings are guesses" in ran.err
    names = YAML(typ="safe").load(io.StringIO(ran.out))["names"]
    assert names["en"] == ["Ilham Aliyev"]
    assert names["ru"] == ["Ильхам Алиев"]
    assert set(names) == {"en", "ar", "fa", "he", "ru", "uk", "el", "hy", "ka", "ko", "ja"}
    assert "55%, known" in ran.out


def test_it_says_what_is_there_already(marsad) -> None:
    says = "write packs: [leaders] in marsad.yaml and use the id aliyev."
    assert says in marsad("entity", "suggest", "ilham aliyev", "--language", "ru").err
    assert "has this name" not in marsad("entity", "suggest", "Ilham Aliyeva", "--language", "ru").err


def test_names_with_signs_stay_yaml(marsad) -> None:
    ran = marsad("entity", "suggest", 'Sana\'a: "Jean-Luc"', "--language", "he", "--language", "ja")
    names = YAML(typ="safe").load(io.StringIO(ran.out))["names"]
    assert set(names) == {"en", "he", "ja"}
    assert names["en"] == ["Sana'a: Jean-Luc"]


def test_json(marsad) -> None:
    ran = marsad("entity", "suggest", "Vladimir Putin", "--language", "ar", "--json")
    best = ran.data["names"]["ar"][0]
    assert best == {"text": "فلاديمير بوتين", "score": 100, "is_known": True, "share": 55}
    assert ran.err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Путин"], "no word in Latin letters"),
        (["Putin", "--language", "zh"], "is none of the languages that can be suggested: ar, fa"),
        (["Central Bank of Egypt"], "is not a person's name ('bank')"),
    ],
)
def test_what_cannot_be_suggested(marsad, arguments: list[str], says: str) -> None:
    ran = marsad("entity", "suggest", *arguments)
    assert ran.code == 2
    assert says in ran.err


SAVED = Path(__file__).parents[1] / "settings" / "wikidata" / "mayors.json"


def test_import_prints_a_rule_file(marsad) -> None:
    ran = marsad("entity", "import", SAVED, "--kind", "person", "--language", "en", "--language", "ru")
    assert ran.code == 0
    entities = YAML(typ="safe").load(io.StringIO(ran.out))["entities"]
    assert entities["amina-oruc"]["kind"] == "person"
    assert entities["amina-oruc"]["names"] == {"en": ["Amina Oruç", "A. Oruç", "Mayor Oruç"], "ru": ["Амина Оруч"]}
    assert "left out: Q900000001: 'Оруч, Амина' has a comma" in ran.err
    assert "3 entities; names are as Wikidata has them: run marsad check on them" in ran.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.json"], "gone.json cannot be read"),
        ([SAVED, "--language", "klingon!"], "--language: "),
        ([__file__], "not a SPARQL result"),
    ],
)
def test_what_cannot_be_imported(marsad, arguments: list[str], says: str) -> None:
    ran = marsad("entity", "import", *arguments)
    assert ran.code == 2
    assert says in ran.err


def test_variants_are_ranked_by_what_the_archive_holds(marsad, desk: Path) -> None:
    for number, headline in enumerate(
        ("Basma & Zeitooneh opens a school", "Basma & Zeitooneh closes it", "Basmeh et Zeitooneh")
    ):
        (desk / "articles" / f"{number}.txt").write_text(f"{headline}\n\nIn Shatila.\n", encoding="utf-8")
    marsad("once", "--config", desk)
    ran = marsad("entity", "variants", "Basmeh & Zeitooneh", "--number", "3", "--config", desk)
    assert ran.code == 0
    own, first, second, *unseen = YAML(typ="safe").load(io.StringIO(ran.out))["names"]
    assert (own, first, second) == ("Basmeh & Zeitooneh", "Basma & Zeitooneh", "Basmeh et Zeitooneh")
    assert len(unseen) == 3
    assert '"Basma & Zeitooneh"  # 2 articles' in ran.out
    assert "4 articles of the archive read" in ran.err


def test_variants_need_no_store(marsad, tmp_path: Path) -> None:
    ran = marsad("entity", "variants", "بسمة وزيتونة", "--json", "--config", tmp_path)
    assert ran.code == 0
    assert {"text": "بسمة والزيتونة", "articles": None} in ran.data["variants"]
    assert "the archive was not read" in ran.err


def test_what_the_name_finds_itself_is_no_variant(marsad, tmp_path: Path) -> None:
    found = marsad("entity", "variants", "Basmeh & Zeitooneh", "--json", "--number", "400", "--config", tmp_path).data
    texts = [variant["text"] for variant in found["variants"]]
    assert "Basmeh and Zeitooneh" in texts
    assert "Basmeh & Zeitoneh" not in texts  # one letter less is a misspelling, which is found
