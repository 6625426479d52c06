"""docs/rules.md is generated, has every key, and each of its examples holds and needs the key that it shows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from benchmarks.build_reference import PAGE, make_page
from monitor.rules.examples import run_examples
from monitor.settings.load import load_settings
from monitor.settings.meanings import DEFINITIONS, KeyMeaning, read_meanings
from monitor.settings.model import Loaded
from monitor.settings.problems import format_problem
from monitor.settings.schema import json_schema

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
EXAMPLES = [(part, key, one) for part, found in read_meanings().items() for key, one in found.keys.items()]
MAIN = "packs: [leaders, regions]\nchannels: {box: {type: maildir, path: mail}}\n"
DIGESTS = "digests: {all: {to: [desk@example.org]}}\n"
SOURCES = 'sources:\n  - {id: agency, url: "http://127.0.0.1:9/rss"}\n'
Read = Callable[[str, KeyMeaning], Loaded]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped packs, with the entities that the examples use: to load all of them takes a second each time."""
    folder = tmp_path_factory.mktemp("packs")
    words = set(re.findall(r"[a-z-]+", " ".join(one.example for _, _, one in EXAMPLES)))
    yaml = YAML(typ="safe")
    for name in ("leaders", "regions"):
        pack = yaml.load(ROOT / "rules" / f"{name}.yaml")
        pack["entities"] = {key: entity for key, entity in pack["entities"].items() if key in words}
        yaml.dump({"entities": pack["entities"]}, folder / f"{name}.yaml")
    return folder


@pytest.fixture
def read(tmp_path: Path, shipped: Path) -> Read:
    """The configuration with a text as its only file of rules."""

    def read_rules(text: str, meaning: KeyMeaning) -> Loaded:
        folder = tmp_path / "configuration"
        files = {"marsad.yaml": MAIN, "digests.yaml": DIGESTS, "rules/example.yaml": text}
        for name, content in {**files, "sources.yaml": meaning.sources or SOURCES}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        return load_settings(folder, packs=shipped)

    return read_rules


def test_the_page_is_as_the_generator_writes_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == make_page(), "run `make reference`"


@pytest.mark.parametrize(("part", "definition"), DEFINITIONS.items())
def test_every_key_has_a_meaning_which_editors_show(part: str, definition: str | None) -> None:
    schema = json_schema()["rules"]
    properties = (schema if definition is None else schema["$defs"][definition])["properties"]
    inherited = set(read_meanings()["rule"].keys) if part == "condition" else set()
    assert set(properties) - inherited <= set(read_meanings()[part].keys) <= set(properties)
    assert all(value["description"] and "`" not in value["description"] for value in properties.values())


@pytest.mark.parametrize(("part", "key", "meaning"), EXAMPLES, ids=[f"{part}-{key}" for part, key, _ in EXAMPLES])
def test_an_example_holds_and_needs_its_key(part: str, key: str, meaning: KeyMeaning, read: Read) -> None:
    loaded = read(meaning.example, meaning)
    assert loaded.settings is not None
    assert [format_problem(problem) for problem in loaded.problems] == []
    assert [str(failure) for failure in run_examples(loaded.settings.watchlist)] == []
    without = read(_remove(meaning.example, key), meaning)
    assert without.problems or without.settings is None or without.settings.watchlist != loaded.settings.watchlist


def test_a_key_to_remove_is_there() -> None:
    for _, key, meaning in EXAMPLES:
        assert re.search(rf"\b{key}:", meaning.example), key


def _remove(example: str, key: str) -> str:
    """The example without the key, wherever it stands."""
    yaml = YAML()
    data = yaml.load(example)
    _drop(data, key)
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()


def _drop(node: Any, key: str) -> None:
    if isinstance(node, Mapping):
        node.pop(key, None)  # type: ignore[attr-defined]
        for value in node.values():
            _drop(value, key)
    elif isinstance(node, list):
        for value in node:
            _drop(value, key)
