"""What the keys of all files mean: for editors (JSON Schema), docs/rules.md and the tables of docs/configuration.md.

`data/rules.toml` has the keys of the rule files, each with an example; `data/keys.toml` those of the other files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

# Which definition of the JSON Schema each part of the page describes.
DEFINITIONS = {
    "file": None,
    "entity": "EntityShape",
    "rule": "RuleShape",
    "condition": "ConditionShape",
    "example": "ExampleShape",
    "signals": "SignalsShape",
    "spike": "SpikeShape",
}
# The tables of docs/configuration.md in order, by their names in data/keys.toml: the file, and the definition in its
# JSON Schema. The types of channels are no definitions there.
TABLES: Mapping[str, tuple[str, str | None]] = {
    "marsad": ("marsad", None),
    "defaults": ("marsad", "DefaultsShape"),
    **{name: ("channel", name) for name in ("smtp", "maildir", "console", "feed", "exec", "apprise")},
    "person": ("marsad", "PersonShape"),
    "operator": ("marsad", "OperatorShape"),
    "feedback": ("marsad", "FeedbackShape"),
    "polling": ("marsad", "PollingShape"),
    "metrics": ("marsad", "MetricsShape"),
    "web": ("marsad", "ConsoleShape"),
    "retention": ("marsad", "RetentionShape"),
    "source": ("sources", "SourceShape"),
    "digest": ("digests", "DigestShape"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A row of a table: both are Markdown."""

    meaning: str
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMeaning:
    """`meaning` is Markdown; `example` a whole file of rules; `sources` a sources.yaml that the example needs."""

    meaning: str
    example: str
    default: str = ""  # where the schema has none: Markdown
    sources: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMeaning:
    """The keys of one kind of mapping, in the order of the page."""

    title: str
    about: str
    keys: Mapping[str, KeyMeaning]


@cache
def read_meanings() -> Mapping[str, PartMeaning]:
    """The parts by their names in DEFINITIONS."""
    data = tomllib.loads((files("monitor.settings") / "data" / "rules.toml").read_text("utf-8"))
    return {
        name: PartMeaning(
            title=part["title"],
            about=part["about"].strip(),
            keys={
                key: KeyMeaning(**{what: text.strip() for what, text in one.items()})
                for key, one in part["keys"].items()
            },
        )
        for name, part in data.items()
    }


@cache
def read_key_lines() -> Mapping[str, Mapping[str, KeyLine]]:
    """The keys of each of TABLES, in the order of the page."""
    data = tomllib.loads((files("monitor.settings") / "data" / "keys.toml").read_text("utf-8"))
    return {name: {key: KeyLine(**one) for key, one in table.items()} for name, table in data.items()}


def describe_other_keys(schemas: Mapping[str, dict[str, Any]]) -> None:
    """Add to the JSON Schemas of marsad.yaml, sources.yaml and digests.yaml what each key means."""
    for table, lines in read_key_lines().items():
        properties = find_properties(schemas, table)
        for key in properties.keys() & lines.keys():  # a kind of source that is tried out has no meaning yet
            properties[key]["description"] = to_plain(lines[key].meaning)


def find_properties(schemas: Mapping[str, dict[str, Any]], table: str) -> dict[str, Any]:
    """The keys of one of TABLES in the JSON Schemas, which are by file."""
    file, definition = TABLES[table]
    if file == "channel":
        channels = schemas["marsad"]["properties"]["channels"]["additionalProperties"]["oneOf"]
        of_type = {one["properties"]["type"]["const"]: one["properties"] for one in channels}
        return cast("dict[str, Any]", of_type[table])
    schema = schemas[file]
    found = schema if definition is None else schema["$defs"][definition]
    return cast("dict[str, Any]", found["properties"])


def describe_keys(schema: dict[str, Any]) -> None:
    """Add to the JSON Schema of the rule files what each key means, for the editor to show."""
    parts = read_meanings()
    for name, definition in DEFINITIONS.items():
        properties = schema["properties"] if definition is None else schema["$defs"][definition]["properties"]
        meanings = {**parts["rule"].keys, **parts[name].keys} if name == "condition" else parts[name].keys
        for key, value in properties.items():
            value["description"] = to_plain(meanings[key].meaning)


def to_plain(markdown: str) -> str:
    """The text of a line of Markdown, without the addresses of its links."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown).replace("`", "").replace("*", "")
