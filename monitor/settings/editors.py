"""What editors need to complete and check the YAML files: a JSON Schema for each kind, and which files it is for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.errors import UsageError
from monitor.settings.append import replace_file
from monitor.settings.schema import json_schema

FOLDER = ".schema"
FILES = {"marsad": "marsad.yaml", "sources": "sources.yaml", "digests": "digests.yaml", "rules": "rules/**/*.yaml"}
VSCODE = Path(".vscode") / "settings.json"
SCHEMAS = "yaml.schemas"


def make_schema_line(kind: str, depth: int = 0) -> str:
    """The first line of a file `depth` folders below the configuration, by which any editor finds its schema."""
    return f"# yaml-language-server: $schema={'../' * depth}{FOLDER}/{kind}.json\n"


def write_schemas(directory: Path) -> list[Path]:
    """Write the schema of each kind of file. Raises UsageError where this user may not."""
    written = []
    for kind, schema in json_schema().items():
        path = directory / FOLDER / f"{kind}.json"
        _write(path, schema)
        written.append(path)
    return written


def write_vscode(directory: Path) -> Path:
    """Add the schemas to the settings of VS Code; its other settings stay. Raises UsageError.

    VS Code allows comments in its settings, which would be lost: then the file is left alone.
    """
    path = directory / VSCODE
    schemas = {f"./{FOLDER}/{kind}.json": pattern for kind, pattern in FILES.items()}
    try:
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError):
        before = None
    known = before.get(SCHEMAS, {}) if isinstance(before, dict) else None
    if not isinstance(before, dict) or not isinstance(known, dict):
        wanted = json.dumps({SCHEMAS: schemas}, indent=2)
        raise UsageError(f"{path} is not plain JSON and was left as it is; add to it by hand:\n{wanted}")
    _write(path, {**before, SCHEMAS: {**known, **schemas}})
    return path


def _write(path: Path, value: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path.parent}: {error.strerror}") from error
    replace_file(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
