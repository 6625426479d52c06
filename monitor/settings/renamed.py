"""Keys that got a new name: the old one works for two releases with a warning, then it is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor import __version__
from monitor.model import Problem
from monitor.settings.yaml.document import Document, KeyValue, Mapping, Node
from monitor.settings.yaml.nodes import Place, make_problem
from monitor.text.quoting import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """`place` is where the key stands, with * for any id: ("rules", "*"). `refused_from` is two releases later."""

    kind: str  # "marsad", "sources", "digests" or "rules"
    place: tuple[str, ...]
    old: str
    new: str
    refused_from: str


RENAMED: tuple[Renamed, ...] = ()


def rename_keys(
    document: Document, kind: str, *, renames: Sequence[Renamed] = RENAMED, version: str = __version__
) -> Document:
    """The document under the new names, with a problem for every old one."""
    for renamed in renames:
        if renamed.kind == kind and document.root is not None:
            problems: list[Problem] = []
            root = _rename(document, document.root, renamed, (), problems)
            refused = _order(version) >= _order(renamed.refused_from)
            found = tuple(replace(problem, is_error=refused) for problem in problems)
            document = replace(document, root=root, problems=document.problems + found)
    return document


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _rename(document: Document, node: Node, renamed: Renamed, place: Place, problems: list[Problem]) -> Node:
    if not isinstance(node, Mapping):
        return node
    if len(place) == len(renamed.place):
        return _rename_here(document, node, renamed, place, problems)
    wanted = renamed.place[len(place)]
    entries = {
        key: KeyValue(entry.key, _rename(document, entry.value, renamed, (*place, key), problems))
        if wanted in {key, "*"}
        else entry
        for key, entry in node.entries.items()
    }
    return replace(node, entries=entries)


def _rename_here(document: Document, node: Mapping, renamed: Renamed, place: Place, problems: list[Problem]) -> Node:
    if renamed.old not in node.entries:
        return node
    what = f"the key {quote(renamed.old)} is now called {quote(renamed.new)}"
    hint = f"rename it; Marsad {renamed.refused_from} refuses the old name"
    problems.append(make_problem(document, (*place, renamed.old), what, hint=hint, at_key=True))
    entries = {
        (renamed.new if key == renamed.old else key): entry
        for key, entry in node.entries.items()
        if key != renamed.old or renamed.new not in node.entries
    }
    return replace(node, entries=entries)
