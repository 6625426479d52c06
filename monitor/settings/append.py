"""Adds sources to sources.yaml as a person would: at the end of the list, every other byte as it was."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from monitor.errors import UsageError
from monitor.settings.source_shape import make_source_shape

LONGEST_ID = 40
Entry = Mapping[str, Any]  # one source as YAML would say it


class Namer:
    """Makes ids in the letters of titles, numbered where one is taken already, by `taken` or by itself."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def __call__(self, title: str) -> str:
        stem = make_stem(title)
        number = self._numbers.get(stem, 1)
        found = stem
        while found in self._taken:
            number += 1
            found = f"{stem}-{number}"
        self._numbers[stem] = number
        self._taken.add(found)
        return found


def make_stem(title: str) -> str:
    """A short id: letters, digits, marks, dots and hyphens; cut between words where there is a place for it."""
    plain = unicodedata.normalize("NFKC", title).lower()
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" or letter in "._" else "-" for letter in plain)
    whole = re.sub("-*([._])[-._]*|-+", lambda found: found[1] or "-", kept).strip("-._")
    if len(whole) <= LONGEST_ID:
        return whole or "source"
    head = whole[: LONGEST_ID + 1]
    cut = max(head.rfind(mark) for mark in "-._")
    return (head[:cut] if cut > LONGEST_ID // 3 else head[:LONGEST_ID]).strip("-._")


def find_fault(entry: Entry) -> str | None:
    """What the configuration would refuse about an entry, None when nothing."""
    try:
        make_source_shape().model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")
    return None


def append_sources(text: str, entries: Sequence[Entry]) -> str:
    """The text of sources.yaml with `entries` at the end of its list. Raises UsageError where that cannot be done.

    What was there keeps its bytes, unless the list is written in brackets: then ruamel's round trip writes the file.
    """
    before = {} if (loaded := load_plain(text)) is None else loaded
    listed = (before.get("sources") or []) if isinstance(before, Mapping) else None
    if not isinstance(listed, list):
        raise UsageError("sources.yaml has no list under `sources:`; run `marsad check` for details")
    wanted = [*listed, *(dict(entry) for entry in entries)]
    for write in (_insert, _rewrite):
        with contextlib.suppress(YAMLError, UsageError):
            candidate = write(text, entries)
            after = load_plain(candidate)
            if isinstance(after, Mapping) and after.get("sources") == wanted:
                return candidate
    raise UsageError("cannot add to sources.yaml; write `sources:` as a plain list")


def load_plain(text: str) -> Any:
    """What the text says, as plain values. Raises UsageError for broken YAML."""
    try:
        return make_yaml("safe").load(text)
    except YAMLError as error:
        raise UsageError(
            f"sources.yaml is not valid YAML ({str(error).splitlines()[0]}); run `marsad check` to see where"
        ) from None


def make_yaml(kind: str) -> Any:
    yaml = YAML(typ=kind, pure=True)
    yaml.width = 10_000
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    return yaml


def _insert(text: str, entries: Sequence[Entry]) -> str:
    """New lines after the last one of the list, indented like its items."""
    lines = [line if line.endswith("\n") else f"{line}\n" for line in text.splitlines(keepends=True)]
    last = _find_last_item(text)
    if last is None:
        at, dash, dent = len(lines), 2, 4
        if not re.search(r"^sources\s*:", text, re.MULTILINE):
            lines.append("sources:\n")
            at += 1
    else:
        first = lines[last.start_mark.line]
        dash, dent = len(first) - len(first.lstrip(" ")), last.start_mark.column
        at = _find_end(last)
    return "".join([*lines[:at], *(_render(entry, dash, dent) for entry in entries), *lines[at:]])


def _find_last_item(text: str) -> Node | None:
    root = make_yaml("rt").compose(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    listed = next((value for key, value in pairs if key.value == "sources"), None)
    return listed.value[-1] if isinstance(listed, SequenceNode) and listed.value else None


def _find_end(node: Node) -> int:
    """The number of lines up to the end of a node, comments behind it on its line included, those below it not."""
    while isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style and node.value:
        node = node.value[-1][1] if isinstance(node, MappingNode) else node.value[-1]
    end = node.end_mark
    return int(end.line) if end.column == 0 else int(end.line) + 1


def _render(entry: Entry, dash: int, dent: int) -> str:
    """`- id: …` and what follows, lists in brackets on their line."""
    yaml = make_yaml("rt")
    plain = {
        key: _make_flow(list(value)) if isinstance(value, (list, tuple)) else value for key, value in entry.items()
    }
    stream = io.StringIO()
    yaml.dump(plain, stream)
    first, *rest = stream.getvalue().splitlines()
    head = f"{' ' * dash}-".ljust(dent) + first
    return "".join(f"{line}\n" for line in [head, *(" " * dent + line for line in rest)])


def _make_flow(values: list[Any]) -> Any:
    from ruamel.yaml.comments import CommentedSeq

    listed = CommentedSeq(values)
    listed.fa.set_flow_style()
    return listed


def _rewrite(text: str, entries: Sequence[Entry]) -> str:
    yaml = make_yaml("rt")
    whole = yaml.load(text) or {}
    whole["sources"] = whole.get("sources") or []
    for entry in entries:
        whole["sources"].append(dict(entry))
    stream = io.StringIO()
    yaml.dump(whole, stream)
    return stream.getvalue()


def replace_file(path: Path, text: str) -> None:
    """Write a configuration file whole or not at all; its mode stays, and a link keeps leading to it.

    Raises UsageError where this user may not.
    """
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o664
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            os.replace(draft, target)  # noqa: PTH105 - the atomic rename is the point
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}); run this command as a user who may write it"
        ) from None
