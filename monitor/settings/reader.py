"""YAML 1.2 files become plain nodes that know their line and column.

Only text, numbers, true, false and null exist here (YAML 1.2's core schema: `no`, `on` and 12:30 are text). The C
parser is used where it is installed (20 times faster, measured); the pure one explains what is wrong.
"""

from __future__ import annotations

import re
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
from monitor.settings.problems import quote, strip_edges
from monitor.settings.syntax_errors import explain_syntax

try:
    CParser: Any = import_module("_ruamel_yaml").CParser
except ImportError:  # ruamel.yaml.clib is optional
    CParser = None

# Ten thousand watched names with their languages make some 50 000 nodes and 1 MB; a file of rules of the largest size
# is read, checked and compiled in half a minute.
MAX_BYTES = 5_000_000
MAX_DEPTH = 50
MAX_COPIED = 100_000  # nodes that anchors may repeat; a long text counts as several
MAX_DIGITS = 40
# The pure parser, which explains best, reads 100 kB a second.
MAX_EXPLAINED = 300_000

_CORE = (
    ("null", re.compile(r"(null|Null|NULL|~|)$")),
    ("bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$")),
    ("int", re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")),
    ("float", re.compile(r"[-+]?(\.inf|\.Inf|\.INF|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)$|\.(nan|NaN|NAN)$")),
)
# Plain scalars that begin otherwise are text, whatever follows: a cheap test before the patterns above.
_NOT_TEXT = frozenset("0123456789+-.~nNtTfF")
_TAGS = {None: None, "!": "text", "tag:yaml.org,2002:str": "text"}
_CONTAINER_TAGS = {None, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


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
    entries: dict[str, Entry]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    key: Scalar
    value: Node


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file as read: its nodes (None: empty or unreadable) and what is wrong with it as YAML."""

    file: Path
    root: Node | None
    problems: tuple[Problem, ...] = ()


def read_document(file: Path, content: bytes) -> Document:
    """Never raises: whatever is wrong with the bytes is a Problem of the document."""
    try:
        _check_size(file, content)
        builder, root = _build(file, _strip_tabs(_decode(content)))
    except _Unreadable as error:
        problem = Problem(file=file, line=error.line, column=error.column, path="", what=error.what, hint=error.hint)
        return Document(file=file, root=None, problems=(problem,))
    return Document(file=file, root=root, problems=tuple(builder.problems))


def to_data(node: Node | None) -> Any:
    """The plain Python value of a node: dict, list, str, int, float, bool or None."""
    if isinstance(node, Mapping):
        return {key: to_data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [to_data(item) for item in node.items]
    return None if node is None else node.value


class _Unreadable(Exception):
    """The file cannot be read any further."""

    def __init__(self, what: str, at: tuple[int, int] = (0, 0), *, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint
        self.line, self.column = at

    @property
    def is_syntax(self) -> bool:
        """Whether a parser raised it; else the builder did, to which both parsers say the same."""
        return isinstance(self.__cause__, (YAMLError, ValueError, RecursionError))


def _check_size(file: Path, content: bytes) -> None:
    """Of a file that is too large no more than its beginning may have been read."""
    if len(content) <= MAX_BYTES:
        return
    try:
        size = max(len(content), file.stat().st_size)
    except OSError:
        size = len(content)
    what = f"is {size / 1_000_000:.1f} MB large, and a file may have {MAX_BYTES // 1_000_000} MB"
    raise _Unreadable(what, hint="split it into several files")


def _strip_tabs(text: str) -> str:
    """`text` without tabs at the end of a line, where YAML allows them and the pure parser trips over them."""
    return "\n".join(map(_strip_line, text.split("\n"))) if "\t" in text else text


def _strip_line(line: str) -> str:
    end = "\r" if line.endswith("\r") else ""
    stripped = line.removesuffix("\r").rstrip(" \t")
    return stripped + end if "\t" in line[len(stripped) :] else line


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        raise _Unreadable("is UTF-16, not UTF-8", hint="save it as UTF-8 in your editor")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise _Unreadable("is not UTF-8", _locate(before, len(before)), hint=_guess_encoding(content)) from error


def _guess_encoding(content: bytes) -> str:
    """An old 8-bit encoding shows itself: accents stand alone among Latin letters, other scripts make whole words."""
    runs = re.findall(rb"[\x80-\xff]+", content)
    if len(b"".join(runs)) < 1.5 * len(runs):
        scripts: tuple[tuple[str, str], ...] = (("cp1252", "À-ÿ"),)
    else:
        scripts = (("cp1256", "\u0621-\u064a"), ("cp1255", "\u05d0-\u05ea"), ("cp1251", "\u0410-\u044f"))
    for encoding, script in scripts:
        high = [letter for letter in content.decode(encoding, "replace") if ord(letter) > 127]
        if sum(bool(re.match(f"[{script}]", letter)) for letter in high) > 0.9 * len(high):
            return f"it looks like {encoding}; save it as UTF-8 in your editor"
    return "save it as UTF-8 in your editor"


def _build(file: Path, text: str) -> tuple[_Builder, Node | None]:
    """By the C parser; by the pure one where there is none, or where the C parser finds a fault: it explains it."""
    if CParser is not None:
        builder = _Builder(file=file)
        try:
            return builder, builder.build(text, _parse_by_c(text))
        except _Unreadable as error:
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
        """Raises _Unreadable where the text is no YAML, or too much of it."""
        try:
            return self._build_document(events)
        except ReaderError as error:
            what = f"contains the control character U+{_code(error.character):04X}"
            # The C parser counts bytes, the pure one letters: the first one of its kind is where both stop.
            position = text.find(chr(_code(error.character)))
            raise _Unreadable(what, _locate(text, max(position, 0)), hint="delete it") from error
        except MarkedYAMLError as error:
            fault = explain_syntax(text, error)
            raise _Unreadable(fault.what, (fault.line, fault.column), hint=fault.hint) from error
        except (YAMLError, RecursionError, ValueError) as error:
            raise _Unreadable(f"is not YAML: {str(error).splitlines()[0]}") from error

    def _build_document(self, events: Iterator[Any]) -> Node | None:
        root = None
        documents = 0
        for event in events:
            if isinstance(event, (ScalarEvent, SequenceStartEvent, MappingStartEvent)):
                documents += 1
                if documents > 1:
                    raise _Unreadable("contains a second YAML document", _mark(event), hint="delete the line ---")
                root = self._build_node(event, events, 0)
        return None if isinstance(root, Scalar) and root.kind == "null" else root

    def _build_node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _Unreadable(f"is nested deeper than {MAX_DEPTH} levels", _mark(event))
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
            raise _Unreadable("grows too large through its anchors (& and *)", _mark(event))
        return node

    def _resolve(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            hint = f'a text that begins with * is written in quotes: "*{event.anchor}"'
            raise _Unreadable(f"*{event.anchor} refers to no anchor above it", _mark(event), hint=hint)
        return self.anchors[event.anchor]

    def _build_scalar(self, event: Any) -> Scalar:
        is_plain, text = event.implicit[0], event.value
        self._check_whole(text, event)
        kind = _resolve_kind(text) if not self._check_tag(event, _TAGS) and is_plain else "text"
        if kind in {"int", "float"} and len(text) > MAX_DIGITS:
            self._report(f"a number of {len(text)} digits", event, hint="a text of digits is written in quotes")
            kind = "text"
        value = text if kind == "text" else _convert(kind, text)
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
        entries: dict[str, Entry] = {}
        size = 1
        for event in events:
            if not isinstance(event, (ScalarEvent, AliasEvent, SequenceStartEvent, MappingStartEvent)):
                break
            key = self._build_node(event, events, depth + 1)
            value = self._build_node(next(events), events, depth + 1)
            size += 1 + value.size
            self._add_entry(entries, key, value, event)
        return Mapping(*_mark(start), entries, size)

    def _add_entry(self, entries: dict[str, Entry], key: Node, value: Node, event: Any) -> None:
        if not isinstance(key, Scalar):
            self._report("a list or mapping as a key", event, hint="put the text in quotes")
        elif key.kind != "text":
            self._report(f"the key {key.text or 'null'} is {_KINDS[key.kind]}", event, hint=f'write "{key.text}":')
        elif key.text == "<<":
            self._report("merge keys (<<) are not supported", event, hint="repeat the keys")
        elif strip_edges(key.text) in entries:
            first = entries[strip_edges(key.text)].key.line
            self._report(f"duplicate key {quote(key.text)}", event, hint=f"it is already in line {first}")
        else:
            entries[strip_edges(key.text)] = Entry(key, value)

    def _report(self, what: str, event: Any, *, hint: str = "") -> None:
        line, column = _mark(event)
        self.problems.append(Problem(file=self.file, line=line, column=column, path="", what=what, hint=hint))


_KINDS = {
    "null": "null",
    "bool": "true or false, not a text",
    "int": "a number, not a text",
    "float": "a number, not a text",
}


def _resolve_kind(text: str) -> str:
    if text and text[0] not in _NOT_TEXT:
        return "text"
    return next((kind for kind, pattern in _CORE if pattern.match(text)), "text")


def _convert(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        digits = text.lstrip("+-")
        return int(text, 0) if digits[:2] in {"0x", "0o"} else int(text)
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if text[-1] in "fn" else _to_float(text)


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # .Inf, .NAN: as odd as they are rare
        return float(text.lower().replace(".", ""))


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(character)


def _locate(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")
