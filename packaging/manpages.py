"""Writes the man pages of every command into a folder, from the command tree: python packaging/manpages.py FOLDER."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main

import monitor
from monitor.cli import cli
from monitor.cli.shape import Shape, read_shape

EXIT_STATUS = (
    ("0", "Done, or nothing to do."),
    ("1", "Something failed that may succeed later; the rest is done."),
    ("2", "A file or an argument must be fixed."),
    ("78", "There is no usable configuration; only marsad run ends so."),
)
FILES = (
    ("/etc/marsad", "The configuration, where neither --config nor $MARSAD_CONFIG names another folder."),
    ("/var/lib/marsad", "The state of the service: its store, and the last good configuration."),
)


def write_pages(root: Shape, folder: Path) -> list[Path]:
    """marsad.1, and a page for each command or group of commands beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"marsad": _write_root(root)}
    pages |= {f"marsad-{child.path[0]}": _write_command(root, child) for child in root.children}
    for name, lines in pages.items():
        (folder / f"{name}.1").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / f"{name}.1" for name in pages]


def _write_root(root: Shape) -> list[str]:
    lines = [*_begin("marsad", root.summary), *_synopsis(root), ".SH DESCRIPTION", _escape(root.text), ".SH COMMANDS"]
    for child in root.children:
        lines += [".TP", rf".BR marsad\-{_escape(child.path[0])} (1)", _escape(child.summary)]
    lines += [".SH OPTIONS", "They can stand before or after the command.", *_list_flags(root)]
    return [*lines, *_section("EXIT STATUS", EXIT_STATUS), *_section("FILES", FILES)]


def _write_command(root: Shape, command: Shape) -> list[str]:
    lines = [*_begin("-".join(("marsad", *command.path)), command.summary), *_synopsis(*_list_leaves(command))]
    lines += [".SH DESCRIPTION", _escape(command.text)]
    for leaf in _list_leaves(command):
        if leaf is not command:
            lines += [f".SS {_escape(' '.join(('marsad', *leaf.path)))}", _escape(leaf.text)]
        lines += [*_list_operands(leaf), *_list_flags(leaf)]
    others = " ".join(flag.names[0] for flag in root.flags)
    lines += [".SH GLOBAL OPTIONS", _escape(f"{others}: see"), ".BR marsad (1)."]
    return [*lines, *_section("EXIT STATUS", EXIT_STATUS), ".SH SEE ALSO", ".BR marsad (1)"]


def _begin(name: str, summary: str) -> list[str]:
    title = _escape(name.upper())
    return [
        r".\" Written by packaging/manpages.py from the command tree.",
        f'.TH {title} 1 "" "Marsad {monitor.__version__}" "Marsad"',
        ".SH NAME",
        f"{_escape(name)} \\- {_escape(summary.rstrip('.'))}",
    ]


def _synopsis(*shapes: Shape) -> list[str]:
    lines = [".SH SYNOPSIS"]
    for index, shape in enumerate(shapes):
        words = [operand.metavar if operand.is_required else _bracket(operand.metavar) for operand in shape.operands]
        words = ["[OPTIONS]", *(words or (["COMMAND"] if shape.children else []))]
        lines += [*([".br"] if index else []), f".B {_escape(' '.join(('marsad', *shape.path)))}"]
        lines.append(_escape(" ".join(words)))
    return lines


def _bracket(metavar: str) -> str:
    return metavar if metavar.startswith("[") else f"[{metavar}]"


def _list_leaves(shape: Shape) -> Iterator[Shape]:
    """The commands that can be called, groups that do something themselves among them."""
    if not shape.children or shape.flags:
        yield shape
    for child in shape.children:
        yield from _list_leaves(child)


def _list_operands(shape: Shape) -> list[str]:
    return _list_terms((f"\\fI{_escape(each.metavar)}\\fR", each.help) for each in shape.operands)


def _list_flags(shape: Shape) -> list[str]:
    terms = []
    for flag in shape.flags:
        names = ", ".join(f"\\fB{_escape(name)}\\fR" for name in flag.names)
        value = f" \\fI{_escape(flag.value)}\\fR" if flag.value else ""
        terms.append((names + value, flag.help + (f" Default: {flag.default}." if flag.default else "")))
    return _list_terms(terms)


def _section(title: str, terms: tuple[tuple[str, str], ...]) -> list[str]:
    return [f".SH {title}", *_list_terms((f"\\fB{_escape(term)}\\fR", text) for term, text in terms)]


def _list_terms(terms: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    return [line for term, text in terms for line in (".TP", term, _escape(text))]


def _escape(text: str) -> str:
    """Text as roff reads it: no control lines, and hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


if __name__ == "__main__":
    write_pages(read_shape(typer.main.get_command(cli)), Path(sys.argv[1]))
