"""Formats the YAML files: indents, spaces and line ends; order, quotes and comments stay as they were written.

The new text must say the same as the old one, comment by comment; else the file is left as it is.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

from monitor.errors import UsageError
from monitor.settings.append import make_yaml
from monitor.settings.yaml.document import to_data
from monitor.settings.yaml.read import read_document

LONGEST = 120  # columns of a list in brackets; a longer one gets a line for each item
_ROUNDS = 3  # after which a text must have come to rest
_NULL = re.compile(r"[:,\[-]\s*(?:null|~)\s*(?:[,\]}#]|$)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#")


class _NullRepresenter(RoundTripRepresenter):
    """Writes `null` where a file does; ruamel writes nothing."""


def _represent_null(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


_NullRepresenter.add_representer(type(None), _represent_null)


def format_text(path: Path, text: str) -> str:
    """The text as `marsad fmt` writes it. Raises UsageError for one that is no YAML, or cannot be kept in full."""
    before = read_document(path, text.encode())
    if before.problems:
        raise UsageError(f"{path} has errors and was not formatted; run `marsad check` to see them")
    if before.root is None:
        return text
    after = text
    for _ in range(_ROUNDS):
        settled, after = after, _format_once(path, after)
        if after == settled:
            break
    is_same = to_data(read_document(path, after.encode()).root) == to_data(before.root)
    if not is_same or _list_comments(after) != _list_comments(text):
        raise UsageError(f"{path} cannot be formatted without a loss and was left as it is; indent it by hand")
    return after


def _format_once(path: Path, text: str) -> str:
    yaml = make_yaml("rt")
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    if _NULL.search(text):
        yaml.Representer = _NullRepresenter
    lines = [line.rstrip(" ") if line.lstrip().startswith("#") else line for line in text.splitlines()]
    stream = io.StringIO()
    try:
        root = yaml.load("\n".join(lines).lstrip("\ufeff") + "\n")
        _open_lists(root, 0)
        yaml.dump(root, stream)
    except (YAMLError, ValueError) as error:
        what = str(error).splitlines()[0]
        raise UsageError(f"{path} was not formatted ({what}); run `marsad check` for details") from None
    return _restore_gaps(text, stream.getvalue().rstrip("\n") + "\n")


def _open_lists(node: Any, column: int) -> None:
    """A list in brackets that runs over several lines goes on one line, or on a line for each item if it is long."""
    if not isinstance(node, (CommentedMap, CommentedSeq)):
        return
    if node.fa.flow_style():
        is_long = isinstance(node, CommentedSeq) and column + len(_write_flow(node)) > LONGEST
        if not (is_long and _spans_lines(node)):
            return  # what is inside brackets stays there
        node.fa.set_block_style()
    for key, value in node.items() if isinstance(node, CommentedMap) else enumerate(node):
        _open_lists(value, column + 2 + (len(str(key)) if isinstance(node, CommentedMap) else 0))


def _spans_lines(node: Any) -> bool:
    return any(line > node.lc.line for line, *_ in (node.lc.data or {}).values())


def _write_flow(node: Any) -> str:
    yaml = make_yaml("rt")
    stream = io.StringIO()
    yaml.dump(node, stream)
    return stream.getvalue().strip()


def _restore_gaps(before: str, after: str) -> str:
    """As much space before each comment as it had: ruamel would leave it in its column."""
    gaps = [gap for text, gap, comment in map(_split_comment, before.splitlines()) if comment and text]
    parts = [_split_comment(line) for line in after.splitlines()]
    if len(gaps) != sum(bool(comment and text) for text, _, comment in parts):
        return after
    left = iter(gaps)
    lines = [f"{text}{next(left) if comment and text else gap}{comment}" for text, gap, comment in parts]
    return "".join(f"{line}\n" for line in lines)


def _split_comment(line: str) -> tuple[str, str, str]:
    """What stands before a comment, the space, the comment. What looks like one inside a text is taken for one."""
    found = _COMMENT.search(line)
    if found is None:
        return line, "", ""
    at = found.end() - 1
    text = line[:at].rstrip()
    return text, line[len(text) : at], line[at:]


def _list_comments(text: str) -> list[str]:
    """Every comment, and what looks like one inside a text: both must stay."""
    return [comment.rstrip() for _, _, comment in map(_split_comment, text.splitlines()) if comment]
