"""The budgets and borders of the house, as tests."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "monitor"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
CORE = [
    path
    for path in FILES
    if path.relative_to(PACKAGE).parts[0]
    in {"model", "errors.py", "text", "feeds", "names", "rules", "stories", "signals", "queries"}
    or path.relative_to(PACKAGE).as_posix() in {"digests/decide.py", "digests/build.py", "pipeline/schedule.py"}
]
BANNED_NAMES = {"utils", "helpers", "manager", "base", "common"}


def list_functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def count_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The length of a function without its docstring."""
    documented = ast.get_docstring(node, clean=False)
    return (node.end_lineno or 0) - node.lineno + 1 - (documented.count("\n") + 1 if documented else 0)


def count_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return len([argument for argument in node.args.posonlyargs + node.args.args if argument.arg not in {"self", "cls"}])


def test_functions_are_short() -> None:
    lengths = {name: count_lines(node) for path in FILES for name, node in list_functions(path)}
    assert statistics.median(lengths.values()) <= 8
    assert [name for name, lines in lengths.items() if lines > 60] == []
    short = sum(lines <= 30 for lines in lengths.values()) / len(lengths)
    assert short >= 0.95, sorted(((lines, name) for name, lines in lengths.items() if lines > 30), reverse=True)


def test_functions_take_at_most_five_positional_parameters() -> None:
    crowded = [
        name
        for path in FILES
        for name, node in list_functions(path)
        if count_parameters(node) > 5 and "cli" not in path.parts
    ]
    assert crowded == []


def test_files_are_short() -> None:
    long = {str(path): lines for path in FILES if (lines := path.read_text(encoding="utf-8").count("\n")) > 400}
    assert long == {}


def test_modules_say_why_they_exist() -> None:
    silent = [str(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_names_say_something() -> None:
    assert [str(path) for path in FILES if path.stem in BANNED_NAMES] == []


def list_public_names(path: Path) -> set[str]:
    """What a module defines at its top for others: functions, classes and constants, but no type variables."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    names = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if not (targets and isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "TypeVar"):
            names |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def test_a_public_name_between_text_and_digest_means_one_thing() -> None:
    """So that whoever reads `Sighting` or `PAGES_AT_ONCE` in one of these packages knows which."""
    packages = {"model", "ports", "names", "rules", "pipeline"}
    found: dict[str, list[str]] = {}
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] in packages:
            for name in list_public_names(path):
                found.setdefault(name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_core_opens_nothing_and_never_asks_the_time(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    attributes = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert names.isdisjoint({"open", "print", "input", "exec", "eval"})
    assert attributes.isdisjoint({"now", "utcnow", "today", "monotonic", "getenv"})


def test_broad_excepts_stay_at_the_process_boundary() -> None:
    allowed = {"__main__.py", "daemon.py", "tasks.py", "child_process.py", "isolate.py"}
    allowed |= {"apart.py"}  # raised again where it is awaited
    allowed |= {"poll.py", "matching.py", "grouping.py"}  # one source's, one article's fault stops no other
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        if path.name not in allowed and "cli" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not isinstance(node.body[-1], ast.Raise)  # clean up and let go is no swallowing
    ]
    assert broad == []


def test_imports_go_down_the_line() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
