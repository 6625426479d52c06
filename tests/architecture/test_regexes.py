"""No regular expression uses what `re` of a supported Python gets wrong.

Possessive quantifiers (`a*+`) and atomic groups (`(?>a)`) came with Python 3.11. Before 3.11.5 they lose letters, and
Debian 12 has 3.11.2: https://github.com/python/cpython/issues/106052. Before 3.12.8 and 3.13.1 some raise SystemError:
https://github.com/python/cpython/issues/101955.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(path for folder in ("monitor", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
BROKEN = re.compile(r"[*+?}]\+|\(\?>")
# Prints the patterns with such a part among all that our modules compile when they are imported and when patterns are put
# together from data. aiohttp's for digest logins has one, `(?>\w+)`, which 3.11.2 matches as it should.
COMPILE_ALL = """
import pkgutil, re, sys
from importlib import import_module
from re import _compiler, _constants, _parser

def holds(part):
    if isinstance(part, (_parser.SubPattern, tuple, list)):
        return any(map(holds, part))
    return part is _constants.POSSESSIVE_REPEAT or part is _constants.ATOMIC_GROUP

def find_caller():
    frame = sys._getframe(2)
    while frame.f_globals["__name__"].partition(".")[0] in {"re", "functools"}:
        frame = frame.f_back
    return frame.f_globals["__name__"].partition(".")[0]

def watch(pattern, flags=0, state=None, parse=_parser.parse):
    parsed = parse(pattern, flags)
    if holds(parsed) and find_caller() in {"monitor", "__main__"}:
        print(repr(pattern)[:200])
    return parsed

_parser.parse = watch
import monitor
for module in pkgutil.walk_packages(monitor.__path__, "monitor."):
    if not module.name.startswith(("monitor.__main__", "monitor.store.migrations")):
        import_module(module.name)
from monitor.text.inflect import expand
from monitor.text.tokenize import Words
for word in ("Putin", "Путин", "𐐷"):
    expand(Words(word).texts[0])
for pattern in sys.argv[1:]:
    re.compile(pattern)
"""


def list_strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and value of every string that is not a docstring; an f-string's pieces one by one."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in statements:
            if isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node.value, bytes):
                yield node.lineno, node.value.decode("latin-1")


@pytest.mark.parametrize(
    ("source", "is_broken"),
    [
        ('re.compile("a*+")', True),
        ('re.compile(f"[{letters}]++")', True),
        ('re.compile(f"(?:{part}){{1,3}}+")', True),
        ('re.compile(b"(?>ab)")', True),
        ('def f():\n    """As a*+ would."""', False),
        ('re.compile("[0-9]+")', False),
    ],
)
def test_what_the_search_finds(source: str, *, is_broken: bool) -> None:
    assert any(BROKEN.search(text) for _, text in list_strings(source)) == is_broken


def test_no_string_holds_a_possessive_quantifier_or_an_atomic_group() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text!r}"
        for path in FILES
        for line, text in list_strings(path.read_text(encoding="utf-8"))
        if BROKEN.search(text)
    ]
    assert found == []


def list_broken(*patterns: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", COMPILE_ALL, *patterns], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_compiled_pattern_has_one() -> None:
    broken = ["(?:a?){1,3}+", "(?:b|(?>c))d", "e++"]
    assert list_broken(*broken) == [repr(pattern) for pattern in broken]
