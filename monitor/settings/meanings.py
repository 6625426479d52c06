"""What the keys of the rule files mean, with an example of each: for editors (JSON Schema) and for docs/rules.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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
