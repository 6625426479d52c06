"""Names of countries and territories in every language: CLDR's, precomputed, and a table of what people say instead.

Of `data/`, the JSON files but `short_names.json` are written by `benchmarks/build_territories.py`, from CLDR; that one
and the TOML files by hand.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.text.normalize import fold
from monitor.text.scripts import detect_script


def list_codes() -> Sequence[str]:
    """Every ISO 3166 code that `territory:` may name."""
    return tuple(_load("territories"))


def list_territory_names(code: str) -> Mapping[str, str]:
    """CLDR's names of a territory, each with the first locale that uses it; empty for an unknown code."""
    names: Mapping[str, str] = _load("territories").get(code.upper(), {})
    return names


def list_short_names(code: str) -> Mapping[str, str]:
    """What CLDR lacks (أمريكا, UK, США), each with its language; empty where there is none."""
    short_names: Mapping[str, Sequence[str]] = _load("short_names").get(code.upper(), {})
    return {name: language for language, names in short_names.items() for name in names}


def list_other_spellings(code: str) -> Sequence[str]:
    """Ways to write a country's name in full that CLDR lacks: S. Korea, Trinidad and Tobago."""
    return _split(_load_by_hand("other_spellings").get(code.upper(), ""))


def list_brief_names(code: str) -> Mapping[str, str]:
    """CLDR's names that count in their languages only: shorter ones than `list_names` has (중국), and Kina, Pole."""
    names: Mapping[str, str] = _load("brief_names").get(code.upper(), {})
    return names


def list_usual_names(code: str) -> Mapping[str, str]:
    """What people of a language say (अमेरिका, Mỹ), each with the languages in which it counts."""
    names: dict[str, list[str]] = defaultdict(list)
    for language, listed in _load_by_hand("usual_names").get(code.upper(), {}).items():
        for name in _split(listed):
            names[name].append(language)
    return {name: " ".join(languages) for name, languages in names.items()}


def list_capitals(code: str) -> Mapping[str, str]:
    """Names of the capital, each with a language; empty where it is also the country's name (Djibouti), or unknown."""
    names: Mapping[str, str] = _load("capitals").get(code.upper(), {})
    by_hand: Mapping[str, str] = _load_by_hand("capitals").get(code.upper(), {})
    return {name: tag for tag, listed in by_hand.items() for name in listed.split(", ")} | dict(names)


def list_demonyms(code: str) -> Mapping[str, str]:
    """Nouns and adjectives for a territory's people and affairs (Iranian, إيرانية), each with its language."""
    table = _load_by_hand("demonyms")
    listed: Mapping[str, str] = table["names"].get(code.upper(), {})
    return {
        form: language
        for language, names in listed.items()
        for name in names.split(", ")
        for form in _spell_out(name, table["more"].get(language, {}))
    }


def _spell_out(name: str, more: Mapping[str, str]) -> Iterator[str]:
    """The name and what stands for it in other genders and numbers; in Arabic each also with the article."""
    ending = next((ending for ending in more if name.endswith(ending)), "")
    stem = name.removesuffix(ending)
    for other in more.get(ending, ending).split() or [""]:
        yield stem + other
        if detect_script(stem) == "ARABIC" and " " not in stem and not stem.startswith("ال"):
            yield f"ال{stem}{other}"


def list_shadows() -> Sequence[str]:
    """Names that hold a territory's name (South Sudan, 索马里, New Mexico): they win their place though unwatched."""
    places = (name for names in _load_by_hand("longer_names")["names"].values() for name in _split(names))
    return (*_load("shadows"), *places, *_list_towns())


def _list_towns() -> Iterator[str]:
    for state, towns in _load_by_hand("longer_names")["towns"].items():
        comma = "،" if detect_script(state) == "ARABIC" else ","
        for town in _split(towns):
            yield f"{town}{comma} {state}"
            yield f"{town} ({state})"


def list_shadows_by_language() -> Mapping[str, str]:
    """Such names that hold in articles of one language only (发展中国家 is no 中国), each with the language."""
    tables: Mapping[str, Mapping[str, str]] = _load_by_hand("longer_names")["only"]
    return {name: tag for tag, table in tables.items() for names in table.values() for name in _split(names)}


def _split(names: str) -> Sequence[str]:
    return [stripped for name in names.split("|") if (stripped := " ".join(name.split()))]


@cache
def index_words() -> Mapping[str, frozenset[str]]:
    """Folded one-word names, each with the codes of the territories that have it in some language."""
    codes: dict[str, set[str]] = defaultdict(set)
    for code, names in _load("territories").items():
        for name in names:
            codes[fold(name)].add(code)
    return {word: frozenset(found) for word, found in codes.items() if " " not in word}


@cache
def _load_by_hand(name: str) -> Any:
    return tomllib.loads((files("monitor.text") / "data" / f"{name}.toml").read_text("utf-8"))


@cache
def _load(name: str) -> Any:
    return json.loads((files("monitor.text") / "data" / f"{name}.json").read_text("utf-8"))
