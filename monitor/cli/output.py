"""Writes data to stdout as plain UTF-8, messages for people to stderr, and tables through rich."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.model import Problem
from monitor.settings.problems import format_problem
from monitor.text.counting import count
from monitor.text.urls import mask_text

__all__ = ("count",)  # beside what is defined here


def say(line: str) -> None:
    """One line for the person, on stderr; tokens in URLs are hidden."""
    print(mask_text(line), file=sys.stderr)  # noqa: T201


def write(line: str) -> None:
    """One line of data, on stdout, never wrapped or styled."""
    print(line)  # noqa: T201


def write_bytes(content: bytes) -> None:
    """Whole lines of data in UTF-8, on stdout and at once."""
    sys.stdout.flush()
    rest = memoryview(content)
    while rest:  # with PYTHONUNBUFFERED nothing is between us and the pipe, which may take a part
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def write_json(value: Any, mask: Callable[[str], str] = str) -> None:
    """One JSON document on one line, through `mask` as a whole."""
    write(mask(json.dumps(value, ensure_ascii=False, default=_encode)))


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.repr}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value) if isinstance(value, (set, frozenset)) else list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    return str(value)


def write_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for a terminal; piped, it keeps its full width."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)


def tell_span(span: timedelta) -> str:
    """A span as the files write it: 90s, 15m, 2.5h, 3d."""
    seconds = span.total_seconds()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size * (2 if unit == "m" else 1):
            return f"{seconds / size:.1f}".removesuffix(".0") + unit
    return f"{seconds:.0f}s"


def say_problems(problems: Sequence[Problem]) -> None:
    """Every problem on a line of its own, on stderr."""
    for problem in problems:
        say(format_problem(problem))


def say_errors(problems: Sequence[Problem]) -> None:
    """Every error on a line of its own, and how many warnings there are: spelled out each time, they hide the rest."""
    say_problems([problem for problem in problems if problem.is_error])
    if warnings := sum(not problem.is_error for problem in problems):
        say(f"{count(warnings, 'warning')} about the configuration; `marsad check` says which")
