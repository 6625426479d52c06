"""Writes docs/rules.md (every key of the rule files with an example) and the tables of keys in docs/configuration.md.

    make reference

Keys and defaults of the rule files come from the schema; what keys mean, from rules.toml and keys.toml in
monitor/settings/data.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from monitor.settings.meanings import (
    DEFINITIONS,
    TABLES,
    KeyLine,
    KeyMeaning,
    PartMeaning,
    read_key_lines,
    read_meanings,
)
from monitor.settings.schema import json_schema

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "rules.md"
CONFIGURATION = DOCS / "configuration.md"
TABLE_HEAD = "| key | default | meaning |\n|---|---|---|\n"
TABLE = re.compile(re.escape(TABLE_HEAD) + r"(?:\|.*\n)*")
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
    table = TABLE_HEAD + "\n".join(rows)
    return "\n".join([f"## {part.title}\n", f"{part.about}\n", table, "", *examples])


def fill_tables(page: str) -> str:
    """docs/configuration.md with its tables of keys written anew, in the order of TABLES."""
    tables = iter(
        [TABLE_HEAD + "".join(_write_line(*line) for line in read_key_lines()[name].items()) for name in TABLES]
    )
    return TABLE.sub(lambda _: next(tables), page)


def _write_line(key: str, line: KeyLine) -> str:
    return f"| `{key}` | {line.default + ' ' if line.default else ''}| {line.meaning} |\n"


def _write_default(meaning: KeyMeaning, key: dict[str, Any]) -> str:
    if meaning.default:
        return meaning.default
    default = key.get("default")
    if isinstance(default, bool | str):
        return f"`{default}`".lower()
    return f"`[{', '.join(default)}]`" if default and isinstance(default, list) else ""


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
    CONFIGURATION.write_text(fill_tables(CONFIGURATION.read_text(encoding="utf-8")), encoding="utf-8")
    for page in (PAGE, CONFIGURATION):
        print(json.dumps({"page": str(page), "bytes": page.stat().st_size}))
