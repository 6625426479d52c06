"""No test waits a fixed time for something, gives up early, or measures time: a busy machine must not fail one.

tests/support/waiting.py has what is used instead, and is the only place where a number of seconds may stand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

TESTS = Path(__file__).parent.parent
FILES = sorted(path for path in TESTS.rglob("*.py") if path.name != "waiting.py")
STOPWATCHES = {"perf_counter", "perf_counter_ns", "process_time", "process_time_ns", "thread_time"}


def find_name(call: ast.Call) -> str:
    """`sleep` of `asyncio.sleep(1)` and of `sleep(1)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_some(value: ast.expr) -> bool:
    """Whether it is a number of seconds, written out, and not 0."""
    return isinstance(value, ast.Constant) and isinstance(value.value, (int, float)) and bool(value.value)


def list_sleeps(call: ast.Call) -> Iterator[str]:
    if find_name(call) == "sleep" and not (isinstance(call.args[0], ast.Constant) and call.args[0].value == 0):
        yield "sleeps: use until(), until_async(), hang(), pass_seconds() or sleep(0)"


def list_time_limits(call: ast.Call) -> Iterator[str]:
    places = {"wait": 0, "join": 0, "timeout": 0, "settimeout": 0, "wait_for": 1}
    place = places.get(find_name(call))
    given = [word.value for word in call.keywords if (word.arg or "").endswith("timeout")]
    given += call.args[place : place + 1] if place is not None else []
    if any(map(is_some, given)):
        yield "gives up after a number of seconds: use PATIENCE_SECONDS"


def list_measures(call: ast.Call) -> Iterator[str]:
    if find_name(call) in STOPWATCHES:
        yield "measures time: show what the time depends on instead"


def find_faults(source: str) -> list[tuple[int, str]]:
    tree = ast.parse(source)
    clocks = {  # a clock of the test's own
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef) and function.name == "sleep"
        for node in ast.walk(function)
    }
    return [
        (node.lineno, fault)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and id(node) not in clocks
        for search in (list_sleeps, list_time_limits, list_measures)
        for fault in search(node)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_nothing_depends_on_speed(path: Path) -> None:
    assert find_faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("time.sleep(0.3)", 1),
        ("await asyncio.sleep(seconds)", 1),
        ("await asyncio.sleep(0)", 0),
        ("async def sleep(self, seconds):\n    await asyncio.sleep(seconds)", 0),
        ("run(command, timeout=30)", 1),
        ("run(command, timeout=PATIENCE_SECONDS)", 0),
        ("sqlite3.connect(path, timeout=0)", 0),
        ("event.wait(30)", 1),
        ("event.wait()", 0),
        ("thread.join(5)", 1),
        ("await asyncio.wait_for(task, 30)", 1),
        ("mailbox.wait_for(2)", 0),
        ("async with asyncio.timeout(5): pass", 1),
        ("before = time.perf_counter()", 1),
    ],
)
def test_what_the_search_finds(source: str, faults: int) -> None:
    inside = "\n".join(f"    {line}" for line in source.splitlines())
    assert len(find_faults(f"async def test():\n{inside}")) == faults
