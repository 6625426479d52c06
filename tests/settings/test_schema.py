"""The JSON Schema for editors, the keys of channels, and keys that got a new name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.registry import CHANNELS
from monitor.settings.channels import load_options, make_shape
from monitor.settings.problems import format_problem
from monitor.settings.renamed import Renamed, rename_keys
from monitor.settings.schema import SHAPES, json_schema
from monitor.settings.yaml.document import to_data
from monitor.settings.yaml.read import read_document


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    return json_schema()


def test_there_is_one_for_each_kind_of_file(schemas) -> None:
    assert list(schemas) == ["marsad", "sources", "digests", "rules"]
    assert json.loads(json.dumps(schemas)) == schemas


@pytest.mark.parametrize("kind", SHAPES)
def test_every_key_is_there_and_no_other_is_allowed(schemas, kind: str) -> None:
    schema = schemas[kind]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == SHAPES[kind].list_keys()
    assert schema["additionalProperties"] is False


def test_references_lead_somewhere(schemas) -> None:
    for schema in schemas.values():
        for reference in find_references(schema):
            assert reference.startswith("#/$defs/")
            assert reference.removeprefix("#/$defs/") in schema["$defs"]


def find_references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [reference for item in schema for reference in find_references(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if "$ref" in schema else []
    return own + [reference for item in schema.values() for reference in find_references(item)]


def test_keys_that_python_cannot_spell_are_spelled_as_in_yaml(schemas) -> None:
    entity = schemas["rules"]["$defs"]["EntityShape"]["properties"]
    assert "not" in entity
    assert "never" not in entity
    channel = schemas["marsad"]["properties"]["channels"]["additionalProperties"]["oneOf"][0]
    assert "from" in channel["properties"]


def test_words_and_patterns_are_offered(schemas) -> None:
    rules = schemas["rules"]["$defs"]
    assert rules["Severity"]["enum"] == ["low", "normal", "urgent"]
    assert rules["MatchMode"]["enum"] == ["exact", "inflected", "fuzzy"]
    assert "sentence" in json.dumps(rules["RuleShape"]["properties"]["within"])
    assert schemas["marsad"]["properties"]["config"]["const"] == 1


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_channel_has_a_shape_of_its_options(kind: str) -> None:
    options = load_options(kind)
    keys = {name.removesuffix("_") for name in options.__dataclass_fields__}
    assert set(make_shape(kind).list_keys()) == keys | {"type"}


OLD = Renamed(kind="rules", place=("rules", "*"), old="level", new="severity", refused_from="0.4")
TEXT = b"rules:\n  r: {any: [x], level: low}\n  s: {any: [x]}\n  t: 5\nlevel: x\n"


@pytest.mark.parametrize(("version", "is_error"), [("0.2", False), ("0.3.9", False), ("0.4.0", True), ("1.0", True)])
def test_an_old_name_works_for_two_releases_with_a_warning(version: str, *, is_error: bool) -> None:
    document = rename_keys(read_document(Path("a.yaml"), TEXT), "rules", renames=[OLD], version=version)
    assert to_data(document.root) == {
        "rules": {"r": {"any": ["x"], "severity": "low"}, "s": {"any": ["x"]}, "t": 5},
        "level": "x",
    }
    (problem,) = document.problems
    assert problem.is_error is is_error
    place, path, words = format_problem(problem).replace("warning: ", "").split("  ")
    assert (place, path) == ("a.yaml:2:17", "rules.r.level")
    assert words == "the key 'level' is now called 'severity'; rename it; Marsad 0.4 refuses the old name"


def test_where_both_names_stand_the_new_one_counts() -> None:
    document = read_document(Path("a.yaml"), b"rules: {r: {level: low, severity: urgent}}")
    renamed = rename_keys(document, "rules", renames=[OLD], version="0.2")
    assert to_data(renamed.root) == {"rules": {"r": {"severity": "urgent"}}}


@pytest.mark.parametrize("content", [b"", b"x: 1", b"rules: [x]", b"rules: {r: {any: [x]}}"])
def test_a_file_without_the_old_name_is_as_it_was(content: bytes) -> None:
    document = read_document(Path("a.yaml"), content)
    assert rename_keys(document, "rules", renames=[OLD], version="0.2") == document
    assert rename_keys(document, "marsad", renames=[OLD], version="9") is document
