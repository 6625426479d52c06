"""docs/tuning.md: its commands run one after the other, and print what stands under them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

from monitor import app
from monitor.rules.nearly import Obstacle

pytestmark = [pytest.mark.docs, pytest.mark.xdist_group("tuning page")]

PAGE = (Path(__file__).parent.parent.parent / "docs" / "tuning.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_what_its_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_here: Callable[..., list[str]]
) -> None:
    blocks = dict.fromkeys(("yaml", "json"), "")
    blocks |= {language: body for language, body in reversed(BLOCK.findall(PAGE)) if language in blocks}
    monkeypatch.chdir(tmp_path)
    # The commands of the page read the same files: packs and names are made ready once, not each time.
    load = cache(partial(app.load_configuration, keep=True, examples=True))
    run_here("marsad init desk")
    (tmp_path / "desk" / "rules" / "presidents.yaml").write_text(blocks["yaml"], encoding="utf-8")
    (tmp_path / "desk" / "articles" / "wire.json").write_text(blocks["json"], encoding="utf-8")
    monkeypatch.setattr(app, "load_configuration", lambda folder, **_: load(folder))
    commands = 0
    for block in [body for language, body in BLOCK.findall(PAGE) if language == "console"]:
        printed: list[str] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                printed = run_here(line[2:])
                commands += 1
            else:
                found = next((at for at, one in enumerate(printed) if one.startswith(line)), None)
                assert found is not None, f"{line}\nis not in\n" + "\n".join(printed)
                printed = printed[found + 1 :]
    assert commands == 6


def test_every_obstacle_is_explained() -> None:
    table = PAGE.split("**Nearly reported.**")[1].split("## ")[0]
    assert [one for one in Obstacle if f"`{one}`" not in table] == []
