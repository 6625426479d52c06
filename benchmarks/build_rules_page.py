"""Writes docs/rules.md: every key of the rule files with its default, its meaning and an example.

    .venv/bin/python benchmarks/build_rules_page.py

Keys and defaults come from the schema, the rest from monitor/settings/data/rules.toml.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from monitor.settings.meanings import DEFINITIONS, KeyMeaning, PartMeaning, read_meanings
from monitor.settings.schema import json_schema

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
HEAD = """\
# Rules: every key

This page lists every key of the files below `rules/`, each with an example. To learn to write a rule, read the
[tutorial](tutorial.md) first; [configuration.md](configuration.md) shows the files together. The examples use entities
of the shipped packs `leaders` and `regions`.

This page is generated from the schema. To change it, edit `monitor/settings/data/rules.toml` and run `make reference`.
"""


def make_page() -> str:
    """The page as Markdown."""
    schema = json_schema()["rules"]
    parts = [_write_part(name, part, schema) for name, part in read_meanings().items()]
    return "\n".join([HEAD, *parts])


def _write_part(name: str, part: PartMeaning, schema: dict[str, Any]) -> str:
    definition = DEFINITIONS[name]
    properties = (schema if definition is None else schema["$defs"][definition])["properties"]
    rows = [f"| `{key}` | {_write_default(one, properties[key])} | {one.meaning} |" for key, one in part.keys.items()]
    examples = [f"`{key}`:\n\n```yaml\n{one.example}\n```\n" for key, one in part.keys.items()]
    table = ["| key | default | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"## {part.title}\n", f"{part.about}\n", *table, "", *examples])


def _write_default(meaning: KeyMeaning, key: dict[str, Any]) -> str:
    if meaning.default:
        return meaning.default
    default = key.get("default")
    if isinstance(default, bool | str):
        return f"`{default}`".lower()
    return f"`[{', '.join(default)}]`" if default and isinstance(default, list) else ""


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
    print(json.dumps({"page": str(PAGE), "bytes": PAGE.stat().st_size}))
