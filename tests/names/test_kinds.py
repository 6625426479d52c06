"""Names as people write them, kind by kind: `kinds/*.toml` says what is found and, at least as often, what is not."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.names.compile import NameBook, drop_equal, list_entity_forms
from monitor.names.engine import Engine
from monitor.names.model import EntityKind, Name
from monitor.names.reference import Reference

pytestmark = pytest.mark.untraced

FILES = sorted((Path(__file__).parent / "kinds").glob("*.toml"))
NAME_LANGUAGES = {file.stem: tomllib.loads(file.read_text("utf-8")).get("name_language") for file in FILES}


def read_rows(key: str) -> list[tuple[str, ...]]:
    """(kind, the kind of entity, language, name, text, …) for each line."""
    rows = []
    for file in FILES:
        data = tomllib.loads(file.read_text("utf-8"))
        for line in data[key].strip().splitlines():
            if not line.startswith("#"):
                cells = [cell.strip() for cell in line.split(" | ")]
                rows.append((file.stem, data.get("entity", "topic"), *cells))
    return rows


def find(make, row: Sequence[str]) -> list[str]:
    """What of a text both matchers find; a language "-" is unknown."""
    file, kind, language, name, text, *_ = row
    entity = make.entity("it", kind=EntityKind(kind))
    entity = replace(entity, names=(Name(text=name, language=NAME_LANGUAGES.get(file)),))
    book = NameBook(entities={entity.id: entity}, forms=tuple(drop_equal(list_entity_forms(entity))))
    found = []
    for article in (
        make.article(text, language=None if language == "-" else language),
        make.article("x", text, language=None if language == "-" else language),
    ):
        expected = Reference(book).see(article).evidence
        assert Engine(book).see(article).evidence == expected
        found.append([evidence.text for evidence in expected])
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("row", read_rows("found"), ids=" | ".join)
def test_what_is_found(make, row: tuple[str, ...]) -> None:
    assert find(make, row) == [row[5]]


@pytest.mark.parametrize("row", read_rows("not"), ids=" | ".join)
def test_what_is_not_found(make, row: tuple[str, ...]) -> None:
    assert find(make, row) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_kind_has_as_many_texts_that_must_not_be_found(file: Path) -> None:
    found, unlike = ([row for row in read_rows(key) if row[0] == file.stem] for key in ("found", "not"))
    assert len(unlike) >= len(found) >= 8
