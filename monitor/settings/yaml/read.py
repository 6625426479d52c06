"""read_document: the bytes of a YAML 1.2 file -> nodes that know their line and column, and what is wrong with them.

The C parser is used where it is installed (20 times faster, measured); the pure one explains what is wrong. The nodes
are built from the parser's events and not by ruamel.yaml's `compose`: its C composer has no limit of depth, and 100,000
nested brackets end the process with a segmentation fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent
from ruamel.yaml.reader import ReaderError

from monitor.model import Problem
from monitor.settings.problems import strip_edges
from monitor.settings.yaml.decode import UnreadableYaml, decode_yaml, locate
from monitor.settings.yaml.document import Document, KeyValue, Mapping, Node, Scalar, Sequence
from monitor.settings.yaml.scalars import KINDS, convert_scalar, resolve_kind
from monitor.settings.yaml.syntax_errors import explain_syntax
from monitor.text.quoting import quote

try:
    CParser: Any = import_module("_ruamel_yaml").CParser
except ImportError:  # ruamel.yaml.clib is optional
    CParser = None

MAX_DEPTH = 50
MAX_COPIED = 100_000  # nodes that anchors may repeat; a long text counts as several
MAX_DIGITS = 40
# The pure parser, which explains best, reads 100 kB a second.
MAX_EXPLAINED = 300_000

_TAGS = {None: None, "!": "text", "tag:yaml.org,2002:str": "text"}
_CONTAINER_TAGS = {None, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def read_document(file: Path, content: bytes) -> Document:
    """Never raises: whatever is wrong with the bytes is a Problem of the document."""
    try:
        builder, root = _build(file, decode_yaml(file, content))
    except UnreadableYaml as error:
        problem = Problem(file=file, line=error.line, column=error.column, path="", what=error.what, hint=error.hint)
        return Document(file=file, root=None, problems=(problem,))
    return Document(file=file, root=root, problems=tuple(builder.problems))


def _build(file: Path, text: str) -> tuple[_Builder, Node | None]:
    """By the C parser; by the pure one where there is none, or where the C parser finds a fault: it explains it."""
    if CParser is not None:
        builder = _Builder(file=file)
        try:
            return builder, builder.build(text, _parse_by_c(text))
        except UnreadableYaml as error:
            if not error.is_syntax or len(text) > MAX_EXPLAINED:
                raise
    builder = _Builder(file=file)
    return builder, builder.build(text, YAML(typ="safe", pure=True).parse(text))


def _parse_by_c(text: str) -> Iterator[Any]:
    parser = CParser(text)
    while parser.peek_event() is not None:
        yield parser.get_event()


@dataclass(slots=True)
class _Builder:
    """Events -> nodes of one file."""

    file: Path
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    copied: int = 0

    def build(self, text: str, events: Iterator[Any]) -> Node | None:
        """Raises Unreadable where the text is no YAML, or too much of it."""
        try:
            return self._build_document(events)
        except ReaderError as error:
            what = f"contains the control character U+{_code(error.character):04X}"
            # The C parser counts bytes, the pure one letters: the first one of its kind is where both stop.
            position = text.find(chr(_code(error.character)))
            raise UnreadableYaml(what, locate(text, max(position, 0)), hint="delete it") from error
        except MarkedYAMLError as error:
            fault = explain_syntax(text, error)
            raise UnreadableYaml(fault.what, (fault.line, fault.column), hint=fault.hint) from error
        except (YAMLError, RecursionError, ValueError) as error:
            raise UnreadableYaml(f"is not YAML: {str(error).splitlines()[0]}") from error

    def _build_document(self, events: Iterator[Any]) -> Node | None:
        root = None
        documents = 0
        for event in events:
            if isinstance(event, (ScalarEvent, SequenceStartEvent, MappingStartEvent)):
                documents += 1
                if documents > 1:
                    raise UnreadableYaml("contains a second YAML document", _mark(event), hint="delete the line ---")
                root = self._build_node(event, events, 0)
        return None if isinstance(root, Scalar) and root.kind == "null" else root

    def _build_node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise UnreadableYaml(f"is nested deeper than {MAX_DEPTH} levels", _mark(event))
        if isinstance(event, AliasEvent):
            return self._count(self._resolve(event), event)
        node: Node
        if isinstance(event, ScalarEvent):
            node = self._build_scalar(event)
        else:
            self._check_tag(event, _CONTAINER_TAGS)
            is_list = isinstance(event, SequenceStartEvent)
            node = self._build_list(event, events, depth) if is_list else self._build_mapping(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _count(self, node: Node, event: Any) -> Node:
        self.copied += node.size
        if self.copied > MAX_COPIED:
            raise UnreadableYaml("grows too large through its anchors (& and *)", _mark(event))
        return node

    def _resolve(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            hint = f'a text that begins with * is written in quotes: "*{event.anchor}"'
            raise UnreadableYaml(f"*{event.anchor} refers to no anchor above it", _mark(event), hint=hint)
        return self.anchors[event.anchor]

    def _build_scalar(self, event: Any) -> Scalar:
        is_plain, text = event.implicit[0], event.value
        self._check_whole(text, event)
        kind = resolve_kind(text) if not self._check_tag(event, _TAGS) and is_plain else "text"
        if kind in {"int", "float"} and len(text) > MAX_DIGITS:
            self._report(f"a number of {len(text)} digits", event, hint="a text of digits is written in quotes")
            kind = "text"
        value = text if kind == "text" else convert_scalar(kind, text)
        return Scalar(*_mark(event), kind, value, text, 1 + len(text) // 100)

    def _check_whole(self, text: str, event: Any) -> None:
        half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
        if half:
            self._report(f"an incomplete character (U+{ord(half):04X})", event, hint="type the text again")

    def _check_tag(self, event: Any, known: Any) -> bool:
        """Whether a tag says what the node is; an unknown one is a problem."""
        if event.tag in known:
            return event.tag is not None
        what = f"unknown tag {quote(str(event.tag))}"
        self._report(what, event, hint="a text that begins with ! is written in quotes")
        return False

    def _build_list(self, start: Any, events: Iterator[Any], depth: int) -> Sequence:
        items = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._build_node(event, events, depth + 1))
        return Sequence(*_mark(start), tuple(items), 1 + sum(item.size for item in items))

    def _build_mapping(self, start: Any, events: Iterator[Any], depth: int) -> Mapping:
        entries: dict[str, KeyValue] = {}
        size = 1
        for event in events:
            if not isinstance(event, (ScalarEvent, AliasEvent, SequenceStartEvent, MappingStartEvent)):
                break
            key = self._build_node(event, events, depth + 1)
            value = self._build_node(next(events), events, depth + 1)
            size += 1 + value.size
            self._add_entry(entries, key, value, event)
        return Mapping(*_mark(start), entries, size)

    def _add_entry(self, entries: dict[str, KeyValue], key: Node, value: Node, event: Any) -> None:
        if not isinstance(key, Scalar):
            self._report("a list or mapping as a key", event, hint="put the text in quotes")
        elif key.kind != "text":
            self._report(f"the key {key.text or 'null'} is {KINDS[key.kind]}", event, hint=f'write "{key.text}":')
        elif key.text == "<<":
            self._report("merge keys (<<) are not supported", event, hint="repeat the keys")
        elif strip_edges(key.text) in entries:
            first = entries[strip_edges(key.text)].key.line
            self._report(f"duplicate key {quote(key.text)}", event, hint=f"it is already in line {first}")
        else:
            entries[strip_edges(key.text)] = KeyValue(key, value)

    def _report(self, what: str, event: Any, *, hint: str = "") -> None:
        line, column = _mark(event)
        self.problems.append(Problem(file=self.file, line=line, column=column, path="", what=what, hint=hint))


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(character)
