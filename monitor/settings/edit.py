"""Changes one source of sources.yaml as a person would: its own lines, every other byte as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from monitor.errors import UsageError
from monitor.settings.append import load_plain, make_yaml

CANNOT = "cannot edit sources.yaml automatically; edit the file by hand, and run `marsad check` for details"


def remove_source(text: str, identifier: str) -> str:
    """Without the source's entry; comments on lines of their own stay. Raises UsageError for an unknown id."""
    listed, at = _find(text, identifier)
    wanted = [entry for number, entry in enumerate(_list_entries(text)) if number != at]
    nodes = listed.value
    if len(nodes) == 1:
        start, end = _span_list(text, listed)
        return _believe(f"{text[:start]} []{text[end:]}", wanted)
    if listed.flow_style:
        first, last = (nodes[at - 1].end_mark.index, nodes[at].end_mark.index) if at else _span_first(nodes)
    else:
        first, last = _span_lines(text, nodes[at])
    return _believe(text[:first] + text[last:], wanted)


def set_value(text: str, identifier: str, key: str, written: str | None) -> str:
    """With `key: written` in the source's entry, where `written` is YAML; without the key where it is None.

    Raises UsageError for an unknown id.
    """
    listed, at = _find(text, identifier)
    entries = [dict(entry) for entry in _list_entries(text)]
    if written is None:
        entries[at].pop(key, None)
    else:
        entries[at][key] = load_plain(written)
    return _believe(_put(text, listed.value[at], key, written), entries)


def _put(text: str, item: MappingNode, key: str, written: str | None) -> str:
    pair = next(((name, old) for name, old in item.value if name.value == key), None)
    if pair is None:
        return text if written is None else _insert(text, item, f"{key}: {written}")
    name, old = pair
    if written is not None:
        return text[: old.start_mark.index] + written + text[old.end_mark.index :]
    if item.flow_style:
        before = text.rindex(",", 0, name.start_mark.index)
        return text[:before] + text[old.end_mark.index :]
    first, last = _span_lines(text, name, until=old)
    return text[:first] + text[last:]


def _insert(text: str, item: MappingNode, pair: str) -> str:
    last = item.value[-1][1]
    if item.flow_style:
        end = last.end_mark.index
        return f"{text[:end]}, {pair}{text[end:]}"
    at = _find_line_end(text, last)
    ended = "" if text[:at].endswith("\n") else "\n"
    indent = " " * item.value[0][0].start_mark.column
    return f"{text[:at]}{ended}{indent}{pair}\n{text[at:]}"


def _find(text: str, identifier: str) -> tuple[SequenceNode, int]:
    """The list of sources as nodes with their places in the text, and which of them has the id."""
    root = make_yaml("rt").compose(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    listed = next((value for key, value in pairs if key.value == "sources"), None)
    if not isinstance(listed, SequenceNode):
        raise UsageError("sources.yaml has no list under `sources:`; run `marsad check` for details")
    for at, item in enumerate(listed.value):
        if isinstance(item, MappingNode) and any(_is_id(name, value, identifier) for name, value in item.value):
            return listed, at
    raise UsageError(f"no source has the id {identifier!r}; run `marsad sources list` to see all ids")


def _is_id(name: Node, value: Node, identifier: str) -> bool:
    return bool(name.value == "id" and value.value == identifier)


def _list_entries(text: str) -> list[Any]:
    loaded = load_plain(text)
    entries: list[Any] = loaded["sources"]
    return entries


def _believe(candidate: str, wanted: list[Any]) -> str:
    """`candidate`, if it says exactly what is wanted."""
    after = load_plain(candidate)
    if isinstance(after, Mapping) and (after.get("sources") or []) == wanted:
        return candidate
    raise UsageError(CANNOT)


def _span_lines(text: str, node: Node, *, until: Node | None = None) -> tuple[int, int]:
    """Whole lines from the one where `node` begins to the one where it, or `until`, ends."""
    start = text.rfind("\n", 0, node.start_mark.index) + 1
    return start, _find_line_end(text, until or node)


def _find_line_end(text: str, node: Node) -> int:
    """Behind the last line of a node, a comment at its end included."""
    while isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style and node.value:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    end = node.end_mark
    if end.column == 0:
        return int(end.index)
    newline = text.find("\n", end.index)
    return len(text) if newline < 0 else newline + 1


def _span_first(nodes: list[Node]) -> tuple[int, int]:
    return nodes[0].start_mark.index, nodes[1].start_mark.index


def _span_list(text: str, listed: SequenceNode) -> tuple[int, int]:
    """The whole list behind `sources:`."""
    start = text.rindex(":", 0, listed.start_mark.index) + 1
    if listed.flow_style:
        return start, listed.end_mark.index
    end = _find_line_end(text, listed)
    return start, end - 1 if text[:end].endswith("\n") else end
