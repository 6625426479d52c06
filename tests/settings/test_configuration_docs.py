"""What docs/configuration.md says is so: examples load and hold, tables have every key, defaults are the defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.build_reference import fill_tables
from monitor.rules.examples import run_examples
from monitor.settings.channels import make_shape
from monitor.settings.fields import Shape
from monitor.settings.load import load_settings
from monitor.settings.meanings import TABLES as MEANINGS
from monitor.settings.meanings import find_properties, read_key_lines
from monitor.settings.problems import format_problem
from monitor.settings.schema import (
    ConsoleShape,
    DefaultsShape,
    DigestShape,
    FeedbackShape,
    MarsadShape,
    MetricsShape,
    OperatorShape,
    PersonShape,
    PollingShape,
    RetentionShape,
    json_schema,
)
from monitor.settings.source_shape import make_source_shape
from monitor.settings.yaml.document import to_data
from monitor.settings.yaml.read import read_document

pytestmark = pytest.mark.docs

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(# (\S+)\n.*?)```", TEXT, re.DOTALL)
WHOLE = {name: block for block, name in BLOCKS[:4]}
# The tables of the page in order: what each is about, and the least that is valid there.
TABLES: list[tuple[type[Shape], dict[str, Any]]] = [
    (MarsadShape, {}),
    (DefaultsShape, {}),
    (make_shape("smtp"), {"type": "smtp", "host": "x", "tls": "none", "from": "a@example.org"}),
    (make_shape("maildir"), {"type": "maildir", "path": "x"}),
    (make_shape("console"), {"type": "console"}),
    (make_shape("feed"), {"type": "feed", "path": "x"}),
    (make_shape("exec"), {"type": "exec", "command": ["x"]}),
    (make_shape("apprise"), {"type": "apprise", "targets": {"desk": {"env": "X"}}}),
    (PersonShape, {"email": "a@example.org"}),
    (OperatorShape, {"to": "x"}),
    (FeedbackShape, {"maildir": "x", "address": "a@example.org"}),
    (PollingShape, {}),
    (MetricsShape, {}),
    (ConsoleShape, {}),
    (RetentionShape, {}),
    (make_source_shape(), {"id": "a", "url": "https://feeds.example.org/"}),
    (DigestShape, {"to": ["x"]}),
]
ROWS = [
    re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    for table in TEXT.split("| key | default | meaning |")[1:]
]


def test_every_block_says_which_file_it_is() -> None:
    assert len(BLOCKS) == TEXT.count("```yaml")
    assert list(WHOLE) == ["marsad.yaml", "sources.yaml", "rules/caucasus.yaml", "digests.yaml"]


@pytest.mark.parametrize(("block", "name"), BLOCKS, ids=[f"{number}-{name}" for number, (_, name) in enumerate(BLOCKS)])
def test_every_example_loads_beside_the_whole_one(tmp_path: Path, packs: Path, block: str, name: str) -> None:
    files = {**WHOLE, name: block}
    if name == "marsad.yaml" and block != WHOLE[name]:
        files = {name: block}
    for path, text in files.items():
        (tmp_path / "docs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / path).write_text(text, encoding="utf-8")
    loaded = load_settings(tmp_path / "docs", packs=packs)
    assert loaded.settings is not None, "\n".join(map(format_problem, loaded.problems))
    assert len(files) == 1 or loaded.problems == ()
    assert [str(failure) for failure in run_examples(loaded.settings.watchlist)] == []


@pytest.mark.parametrize(("number", "shape"), [(number, shape) for number, (shape, _) in enumerate(TABLES)])
def test_every_table_has_every_key(number: int, shape: type[Shape]) -> None:
    assert len(ROWS) == len(TABLES)
    assert {key for key, _ in ROWS[number]} == set(shape.list_keys())


DEFAULTS = [
    (shape, least, key, default.strip("`"))
    for (shape, least), rows in zip(TABLES, ROWS, strict=True)
    for key, default in rows
    if default.startswith("`")
]


@pytest.mark.parametrize(("shape", "least", "key", "default"), DEFAULTS)
def test_a_documented_default_is_the_default(shape: type[Shape], least: dict[str, Any], key: str, default: str) -> None:
    written = to_data(read_document(Path("x"), f"{key}: {default}\n".encode()).root)
    assert shape.model_validate({**least, **written}) == shape.model_validate(least)


def test_the_tables_are_as_the_generator_writes_them() -> None:
    assert fill_tables(TEXT) == TEXT, "run `make reference`"
    assert list(read_key_lines()) == list(MEANINGS)


@pytest.mark.parametrize("table", MEANINGS)
def test_editors_show_what_each_key_means(table: str) -> None:
    properties = find_properties(json_schema(), table)
    assert set(properties) == set(read_key_lines()[table])
    assert all(value["description"] and "`" not in value["description"] for value in properties.values())


def test_there_are_documented_defaults() -> None:
    assert len(DEFAULTS) > 15
