"""docs/explain.md: its commands run one after the other, and print what stands under them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from monitor import app
from monitor.names.guards import Guard
from monitor.queries.steps import Stage

pytestmark = [pytest.mark.docs, pytest.mark.xdist_group("explain page")]

PAGE = (Path(__file__).parent.parent.parent / "docs" / "explain.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_what_its_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., list[str]]
) -> None:
    blocks = BLOCK.findall(PAGE)
    [rules] = [body for language, body in blocks if language == "yaml"]
    monkeypatch.chdir(tmp_path)
    # The commands of the page read the same files: packs and names are made ready once, not each time.
    load = cache(partial(app.load_configuration, keep=False, examples=False))
    monkeypatch.setattr(app, "load_configuration", lambda folder, **_: load(folder))
    run_here("marsad init desk")
    (tmp_path / "desk" / "rules" / "charity.yaml").write_text(rules, encoding="utf-8")
    commands = 0
    for _, block in [pair for pair in blocks if pair[0] == "console"]:
        printed: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                printed = run_here(line[2:])
                commands += 1
            else:
                assert line in printed, "\n".join(printed)
                printed = printed[printed.index(line) + 1 :]
    assert commands > 5


def test_every_stage_and_guard_is_explained() -> None:
    assert [stage for stage in Stage if f"| `{stage}` |" not in PAGE] == []
    rows = PAGE.split("| refused | what you can do |\n")[1].split("\n\n")[0].splitlines()[1:]
    assert len(rows) == len(Guard) - 1  # GAP and APART share one, as do ACRONYM and SPELLING; a misspelling has two
