"""How a problem reads: `file:line:column  path  what, what was expected, hint`, with right-to-left values isolated."""

from __future__ import annotations

from monitor.model import Problem
from monitor.text.quoting import isolate_rtl

# What editors and web pages leave around a pasted word: marks of direction, zero-width spaces, the byte order mark.
_EDGES = "\u200b\u200e\u200f\u061c\u2060\ufeff"


def format_problem(problem: Problem) -> str:
    """One line, without a line break or a bidi surprise."""
    where = isolate_rtl(str(problem.file))
    if problem.line:
        where += f":{problem.line}:{problem.column}"
    what = problem.what if problem.is_error else f"warning: {problem.what}"
    if problem.expected:
        what += f", expected {problem.expected}"
    if problem.hint:
        what += f"; {problem.hint}"
    return "  ".join(part for part in (where, isolate_rtl(problem.path), what) if part)


def strip_edges(text: str) -> str:
    """`text` without white space (NBSP too) and invisible marks at both ends; ZWNJ and ZWJ belong to words and stay."""
    previous = None
    while previous != text:
        previous, text = text, text.strip().strip(_EDGES)
    return text
