"""Completions and man pages have every command, and the shells understand them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main

from monitor.cli import cli
from monitor.cli.completion import Shell, write_completion
from monitor.cli.lazy import COMMANDS
from monitor.cli.shape import Shape, read_shape

ROOT = Path(__file__).parent.parent.parent
ASK_ZSH = r"""
_describe() { local kind=$1; [[ $1 == -o ]] && shift; print -rl -- ${(P)2%%:*}; }
_files() { print -r -- FILES; }
compadd() { print -rl -- "$@"; }
compdef() { :; }
source $1; shift
words=("$@") CURRENT=$#
_marsad
"""
ASK_BASH = r"""
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_marsad
printf '%s\n' "${COMPREPLY[@]}"
"""
QUESTIONS = [
    (["back"], {"backup", "backtest"}),
    (["digest", ""], {"preview", "send", "next", "list", "show", "new-style"}),
    (["--config", "digest", "digest", "sen"], {"send"}),
    (["digest", "preview", "--h"], {"--html", "--help"}),
    (["status", "--js"], {"--json"}),
    (["restore", "--resume-from", ""], {"now", "backup"}),
    (["restore", "/var/backups", "--resume"], {"--resume-from"}),
    (["status", "--fleet", "--js"], {"--json"}),
    (["run", "--fleet", "status", "--js"], {"--json"}),
    (["--config", "x", "digest", "--config", "y", "sen"], {"send"}),
    (["completion", ""], {"bash", "zsh", "fish"}),
]


@pytest.fixture(scope="module")
def tree() -> Shape:
    return read_shape(typer.main.get_command(cli))


@pytest.fixture(scope="module")
def scripts(tree: Shape, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completions")
    for shell in Shell:
        (folder / shell).write_text(write_completion(tree, shell), encoding="utf-8")
    return folder


def ask(shell: str, script: Path, words: list[str]) -> set[str]:
    line = ["marsad", *words]
    if shell == "fish":
        command = ["fish", "--no-config", "-c", f"source {script}; complete -C '{' '.join(line)}'"]
    else:
        program = {"bash": ASK_BASH, "zsh": ASK_ZSH}[shell]
        command = [shell, *(["-f"] if shell == "zsh" else ["--norc"]), "-c", program, shell, str(script), *line]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert asked.stderr == ""
    return {line.split("\t")[0] for line in asked.stdout.splitlines() if line}


@pytest.mark.parametrize("shell", list(Shell))
def test_a_shell_offers_what_may_come_next(shell: str, scripts: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    for words, wanted in QUESTIONS:
        offered = {word for word in ask(shell, scripts / shell, words) if word.startswith(words[-1])}
        assert offered == wanted, words


def test_the_command_prints_the_script(marsad: Any, tree: Shape) -> None:
    said = marsad("completion", "bash")
    assert said.out == write_completion(tree, Shell.BASH)
    assert marsad("completion", "tcsh").code == 2


def test_every_command_and_option_has_its_place_in_a_man_page(tree: Shape, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("manpages", ROOT / "packaging" / "manpages.py")
    assert spec
    assert spec.loader
    manpages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(manpages)
    pages = {path.name: path.read_text().replace("\\-", "-") for path in manpages.write_pages(tree, tmp_path)}
    for shape in tree.walk():
        page = pages["-".join(("marsad", *shape.path[:1])) + ".1"]
        assert " ".join(("marsad", *shape.path)) in page
        for name in [
            *(name for flag in shape.flags for name in flag.names),
            *(each.metavar for each in shape.operands),
        ]:
            assert name in page
    if shutil.which("groff"):
        checked = subprocess.run(
            ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", *sorted(tmp_path.iterdir())],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_root_says_of_a_command_what_the_command_says_of_itself(tree: Shape, name: str) -> None:
    [shape] = [child for child in tree.children if child.path == (name,)]
    assert COMMANDS[name][1] == shape.summary
