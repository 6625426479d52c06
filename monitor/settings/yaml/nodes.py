"""Nodes of a YAML document: find one by its place, write its path, report a problem at it."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.model import Problem
from monitor.settings.yaml.document import Document, Mapping, Node, Scalar, Sequence
from monitor.text.quoting import quote

Place = tuple[str | int, ...]
_KINDS = {
    "text": "the text",
    "null": "null",
    "bool": "the truth value {}",
    "int": "the number {}",
    "float": "the number {}",
}


def find_node(root: Node | None, place: Place) -> Node | None:
    """The node at `place`, None where there is none."""
    node = root
    for part in place:
        if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
            node = node.entries[part].value
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            return None
    return node


def list_entries(root: Node | None, *place: str | int) -> Iterator[tuple[str, Node]]:
    """Keys and values of the mapping at `place`, nothing where there is none."""
    node = find_node(root, place)
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield key, entry.value


def list_texts(root: Node | None, *place: str | int) -> Iterator[tuple[int, str]]:
    """The texts of the list at `place`, with their indices."""
    node = find_node(root, place)
    if isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            if isinstance(item, Scalar) and item.kind == "text":
                yield index, item.value


def walk(node: Node | None, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every node below that is not null, with its path, as "rules.karabakh.all[1]"."""
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            if not isinstance(entry.value, Scalar) or entry.value.kind != "null":
                below = f"{path}.{key}" if path else key
                yield below, entry.value
                yield from walk(entry.value, below)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield f"{path}[{index}]", item
            yield from walk(item, f"{path}[{index}]")


def write_path(place: Place) -> str:
    """As in "rules.karabakh.all[1]"."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def make_problem(  # noqa: PLR0913
    document: Document,
    place: Place,
    what: str,
    *,
    expected: str = "",
    hint: str = "",
    at_key: bool = False,
    is_error: bool = True,
) -> Problem:
    """A problem at a place of a document, or at the nearest place above it that exists."""
    line, column = _find_mark(document.root, place, at_key=at_key)
    return Problem(
        file=document.file,
        line=line,
        column=column,
        path=write_path(place),
        what=what,
        expected=expected,
        hint=hint,
        is_error=is_error,
    )


def _find_mark(root: Node | None, place: Place, *, at_key: bool) -> tuple[int, int]:
    parent = find_node(root, place[:-1]) if place else None
    if isinstance(parent, Mapping) and place[-1] in parent.entries:
        entry = parent.entries[str(place[-1])]
        # A thing that is wrong as a whole, and a value that is not there (`names:`), are shown at their key.
        is_whole = isinstance(entry.value, Mapping) or entry.value.line != entry.key.line
        is_empty = isinstance(entry.value, Scalar) and not entry.value.text
        node: Node | None = entry.key if at_key or is_whole or is_empty else entry.value
    else:
        node = find_node(root, place)
    if node is not None:
        return node.line, node.column
    return _find_mark(root, place[:-1], at_key=True) if place else (0, 0)


def name_node(node: Node | None) -> str:
    """What stands there, in words."""
    if isinstance(node, Scalar):
        return f"{_KINDS[node.kind]} {quote(node.text)}" if node.kind == "text" else _KINDS[node.kind].format(node.text)
    return "a list" if isinstance(node, Sequence) else "a mapping" if isinstance(node, Mapping) else "nothing"
