"""docs/tutorial.md: every block is carried out, one after the other, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.settings import lastgood, load, new_rule
from monitor.settings.files import Files
from monitor.settings.model import Loaded

pytestmark = [pytest.mark.docs, pytest.mark.xdist_group("tutorial")]

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "as `marsad new rule` wrote it"
EXIT = re.compile(r"  # exits (\d)$")


@pytest.fixture
def run(run_here: Callable[..., list[str]]) -> Callable[[str], list[str]]:
    """The lines that a command prints; `# exits 2` says how it ends."""

    def run_line(line: str) -> list[str]:
        expected = int(found[1]) if (found := EXIT.search(line)) else 0
        command = EXIT.sub("", line)
        if command.startswith("marsad "):
            return run_here(command, expected=expected)
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        done = subprocess.run(["bash", "-c", command], env={"PATH": path}, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return run_line


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands read the same few files: each version of them is read once, with its packs, not at each command."""
    known: dict[object, Loaded] = {}
    read = load.load_files

    def load_files(files: Files, **more: object) -> Loaded:
        key = tuple(sorted(files.own.items()))
        if key not in known:
            known[key] = read(files, **more)
        return known[key]

    for module in (load, lastgood, new_rule):
        monkeypatch.setattr(module, "load_files", load_files)


def list_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.usefixtures("read_once")
def test_every_block_of_the_page_is_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    used = set()
    for language, block in BLOCK.findall(PAGE):
        if language == "yaml":
            head, _, text = block.partition("\n")
            path = tmp_path / "desk" / head.removeprefix("# ").split(",")[0]
            if head.endswith(WRITTEN):
                assert list_lines(path.read_text("utf-8")) == list_lines(text)
            path.write_text(text, encoding="utf-8")
            continue
        assert language == "console"
        printed: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                printed = run(line[2:])
                used |= set(line.split())
                if "match" in line.split():
                    assert '"rule": "truce-in-sudan"' in printed[0]
            else:
                assert line in printed, "\n".join(printed)
                printed = printed[printed.index(line) + 1 :]
    assert used >= {"init", "check", "match", "explain", "preview"}
