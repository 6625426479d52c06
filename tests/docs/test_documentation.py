"""What is documented is tested: blocks of the README run, commands are documented, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner
from waiting import PATIENCE_SECONDS

import monitor
from monitor.cli.main import cli

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [
    "demo",
    "init",
    "check",
    "fmt",
    "new",
    "show",
    "run",
    "once",
    "match",
    "cluster",
    "explain",
    "search",
    "backtest",
    "digest",
    "sources",
    "entity",
    "outbox",
    "recipients",
    "signals",
    "silence",
    "label",
    "rules",
    "status",
    "schema",
]


def list_blocks(language: str, text: str = README) -> list[str]:
    return [body for name, body in BLOCK.findall(text) if name == language]


def list_commands(text: str) -> Iterator[str]:
    """The commands of the console blocks, without their comments."""
    for block in list_blocks("console", text):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield line[2:].split("  #")[0].strip()


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"PATH={BIN}:$PATH"
    return subprocess.run(
        ["bash", "-c", f"export {path}; {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_the_readme_shows_both_ways_in() -> None:
    assert {"make demo", "make test"} <= set(list_commands(README))


@pytest.mark.xdist_group("demo")
def test_the_demo_command_prints_the_digest_and_the_maildir() -> None:
    demo = run("marsad demo", Path("/"))
    assert demo.returncode == 0, demo.stderr
    assert "Maildir:" in demo.stdout
    assert "Subject: " in demo.stdout
    assert "بوتين" in demo.stdout
    folder = re.search(r"^configuration: +(\S+)$", demo.stdout, re.MULTILINE)
    assert folder
    shutil.rmtree(folder[1])


@pytest.mark.xdist_group("readme commands")
def test_the_commands_of_the_readme_run_one_after_the_other(tmp_path: Path) -> None:
    for command in list_commands(README):
        if command.startswith("make ") or command == "marsad demo":
            continue
        if command.startswith("marsad run"):
            check_daemon(command, tmp_path)
            continue
        done = run(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def check_daemon(command: str, folder: Path) -> None:
    daemon = subprocess.Popen(
        [BIN / "marsad", *command.split()[1:]], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert daemon.stderr is not None
    for line in daemon.stderr:
        if b"daemon.started" in line:
            break
    daemon.send_signal(signal.SIGTERM)
    daemon.stderr.read()
    daemon.stderr.close()
    assert daemon.wait(PATIENCE_SECONDS) == 0


@pytest.mark.xdist_group("readme rule")
def test_the_rule_of_the_readme_holds_with_the_shipped_watch_lists(tmp_path: Path) -> None:
    [block] = list_blocks("yaml")
    assert run(f"marsad init {tmp_path}", tmp_path).returncode == 0
    (tmp_path / "rules" / "readme.yaml").write_text(block, encoding="utf-8")
    checked = run(f"marsad check --config {tmp_path}", tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_documented(command: str) -> None:
    helped = CliRunner().invoke(cli, [*command.split(), "--help"], prog_name="marsad")
    assert helped.exit_code == 0
    assert "Usage: marsad" in helped.stdout
    assert any(f"marsad {command}" in page.read_text(encoding="utf-8") for page in PAGES)


def list_mentions(text: str) -> list[str]:
    """Every command line that a page names, in a sentence or in a console block."""
    spoken = re.findall(r"`(marsad [^`]+)`", text)
    return [*spoken, *(command for command in list_commands(text) if command.startswith("marsad "))]


def walk(mention: str) -> tuple[click.Command, list[str]]:
    """The command that a line names, and what follows it; `a|b` is taken as its first."""
    words = [word.partition("|")[0] for word in shlex.split(mention, comments=True)[1:]]
    command: click.Command = typer.main.get_command(cli)
    while words and isinstance(command, typer.core.TyperGroup) and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no such command: {mention}"
        command = command.commands[words.pop(0)]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    everywhere = {option for one in typer.main.get_command(cli).params for option in one.opts} | {"--help"}
    for mention in list_mentions(page.read_text(encoding="utf-8")):
        command, words = walk(mention)
        known = everywhere | {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("-") and len(word) > 1} <= known, mention


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="no such command"):
        walk("marsad digest preveiw morning")


def test_the_changelog_is_about_this_version_and_names_what_to_do() -> None:
    [newest, *_] = re.findall(r"^## (\S+?),", CHANGELOG, re.MULTILINE)
    assert newest == monitor.__version__
    assert "Before every update" in CHANGELOG


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:monitor|rules|templates|seeds|systemd|docs|tests|benchmarks)/[\w./-]+)`", page.read_text("utf-8")
    )
    assert [path for path in named if not (ROOT / path).exists()] == []
