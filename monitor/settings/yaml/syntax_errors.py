"""Says what is wrong with text that is no YAML: where the mistake is, which is often above the place of the error."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxFault:
    """`line` and `column` count from 1; 0 where the place is unknown."""

    what: str
    line: int = 0
    column: int = 0
    hint: str = ""


# A value that opens with a quote: behind a key, a list's hyphen, or inside brackets.
OPENING = re.compile(r"""(?:^|[:,\[{-]\s+|[\[{,]\s*)(?P<quote>["'])""")
KEY = re.compile(r"^\s*(?:-\s+)?[\w.-]+\s*:(?:\s|$)")
# What usually stands behind a syntax error, the likeliest first; {0} is the line, {1} what the group caught.
FAULTS = (
    (re.compile(r"^\s*(\t)"), "line {0} is indented with a tab; use spaces"),
    (re.compile(r"^ *([^\S ])"), "line {0} is indented with {1}; use spaces"),
    (re.compile(r"(：)"), "line {0} has a full-width colon ：; write : and a space"),
    (re.compile(r"(\t)"), "line {0} contains a tab; use spaces"),
    (re.compile(r"(?:[\[{]\s*|[:,-]\s+)\*(?=[\s,\]}]|$)"), 'a text that begins with * is written in quotes: ["*"]'),
    (re.compile(r"(?:[\[{]\s*|[:,-]\s+)([@`%&!])"), "a text that begins with {1} in line {0} is written in quotes"),
    (re.compile(r"^\s*-[^\s-]"), "put a space after the hyphen in line {0}"),
    (re.compile(r"^\s*(- )?[^\"'#]*: .*: "), "a text with a colon in line {0} is written in quotes"),
    (
        re.compile(r"^\s*(- )[\"'].*[\"']\s*\S"),
        "text stands after the closing quote in line {0}; put all of it in quotes",
    ),
)
CLOSING = {"[": "]", "{": "}"}


def explain_syntax(text: str, error: MarkedYAMLError) -> SyntaxFault:
    """An unclosed quote or bracket is reported where it opens, anything else where the parser stopped."""
    lines = text.split("\n")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return (
        _find_open_quote(lines, line)
        or _find_open_bracket(text, error)
        or SyntaxFault(
            what=f"is not YAML here: {error.problem or error.context}",
            line=line,
            column=column,
            hint=_find_hint(lines, line),
        )
    )


def _find_open_quote(lines: list[str], until: int) -> SyntaxFault | None:
    """The first value whose quote does not close on its line while the next lines look like keys or list items."""
    for number, line in enumerate(lines[:until], 1):
        opening = _find_unclosed(line)
        below = next((other for other in lines[number:] if other.strip()), "")
        if opening and (KEY.match(below) or below.lstrip().startswith("- ") or not below):
            mark = line[opening - 1]
            return SyntaxFault(
                what=f"the quote {mark} that opens here is not closed",
                line=number,
                column=opening,
                hint=f"write {mark} at the end of the text",
            )
    return None


def _find_unclosed(line: str) -> int:
    """The column of a quote that opens a value and is not closed in this line; 0 where there is none."""
    at = 0
    while found := OPENING.search(line, at):
        quote, start = found["quote"], found.end()
        if "#" in line[at : found.start()] and re.search(r"(?:^|\s)#", line[at : found.start()]):
            return 0
        end = _find_close(line, quote, start)
        if end < 0:
            return start
        at = end + 1
    return 0


def _find_close(line: str, quote: str, start: int) -> int:
    """Where the quoted text that began before `start` ends; -1 where it does not."""
    at = start
    while at < len(line):
        if (quote == '"' and line[at] == "\\") or (quote == "'" and line.startswith("''", at)):
            at += 2
        elif line[at] == quote:
            return at
        else:
            at += 1
    return -1


def _find_open_bracket(text: str, error: MarkedYAMLError) -> SyntaxFault | None:
    """A list or mapping in brackets that the next lines run into."""
    opened, stopped = error.context_mark, error.problem_mark
    if opened is None or "flow" not in (error.context or ""):
        return None
    lines = text.split("\n")
    # The pure parser's marks may lie behind the last line.
    bracket = lines[opened.line][opened.column : opened.column + 1] if opened.line < len(lines) else ""
    if bracket not in CLOSING or (stopped is not None and stopped.line == opened.line):
        return None
    return SyntaxFault(
        what=f"the {bracket} that opens here is not closed",
        line=opened.line + 1,
        column=opened.column + 1,
        hint=f"write {CLOSING[bracket]} at the end of the list" if bracket == "[" else "write } at the end",
    )


def _find_hint(lines: list[str], line: int) -> str:
    """The first fault that the line of the error has, or the one above it."""
    for number in (line, line - 1):
        content = lines[number - 1] if 0 < number <= len(lines) else ""
        for pattern, hint in FAULTS:
            if found := pattern.search(content):
                return hint.format(number, _name_mark(found))
    return "check quotes, colons and the spaces at the beginning of the line"


def _name_mark(found: re.Match[str]) -> str:
    """The character that a pattern caught: itself where it can be seen, else its code point."""
    caught = (found[1] if found.re.groups else None) or " "
    return caught if caught.strip() and caught.isprintable() else f"U+{ord(caught[0]):04X}"
