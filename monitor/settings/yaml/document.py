"""A YAML file as nodes that know their line and column, both from 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.model import Problem


@dataclass(frozen=True, slots=True)
class Scalar:
    """`kind` is text, null, bool, int or float; `value` the Python value, `text` what stands in the file."""

    line: int
    column: int
    kind: str
    value: Any
    text: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    column: int
    items: tuple[Node, ...]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Mapping:
    """`entries` in file order; a duplicate key keeps its first value."""

    line: int
    column: int
    entries: dict[str, KeyValue]
    size: int = 1


@dataclass(frozen=True, slots=True)
class KeyValue:
    key: Scalar
    value: Node


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as read: its nodes (None: empty or unreadable) and what is wrong with it as YAML."""

    file: Path
    root: Node | None
    problems: tuple[Problem, ...] = ()


def to_data(node: Node | None) -> Any:
    """The plain Python value of a node: dict, list, str, int, float, bool or None."""
    if isinstance(node, Mapping):
        return {key: to_data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [to_data(item) for item in node.items]
    return None if node is None else node.value
