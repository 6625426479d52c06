"""docs/development.md: the ten functions of the line stand in the lines that the page names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

ROW = re.compile(r"^\| (\d+) \| `([\w.]+)` \| (monitor/[\w/]+\.py):(\d+) \|", re.MULTILINE)


def find_line(path: Path, name: str) -> int | None:
    """The line in which a function or a method `Class.method` begins."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    *classes, function = name.split(".")
    for each in classes:
        body = [part for node in body if isinstance(node, ast.ClassDef) and node.name == each for part in node.body]
    definitions = (node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return next((node.lineno for node in definitions if node.name == function), None)


def test_the_ten_functions_of_the_line_stand_where_the_page_says(root: Path) -> None:
    rows = ROW.findall((root / "docs" / "development.md").read_text(encoding="utf-8"))
    assert [int(number) for number, *_ in rows] == list(range(1, 11))
    found = [(name, path, int(line), find_line(root / path, name)) for _, name, path, line in rows]
    moved = [f"{name}: write {path}:{now}" for name, path, line, now in found if line != now]
    assert moved == []


def test_a_function_that_is_gone_is_noticed(root: Path) -> None:
    assert find_line(root / "monitor" / "pipeline" / "poll.py", "gone") is None
    assert find_line(root / "monitor" / "channels" / "smtp.py", "Gone.send") is None
