"""What a command imports: a heavy library that comes back at import makes each start slow."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "rapidfuzz",
    "sqlalchemy",
    "pydantic",
    "ruamel",
    "aiohttp",
    "lxml",
    "feedparser",
    "jinja2",
    "babel",
    "rich",
}
ENGINE = {"numpy", "py3langid", "monitor.names.engine"}
OF_CHILDREN = {"feedparser", "lxml", "nh3", "inscriptis", "trafilatura", "jinja2", "css_inline", "monitor.feeds.parse"}


def list_imported(statement: str) -> set[str]:
    asked = f"{statement}\nimport sys; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return set(said.stdout.split())


@pytest.mark.parametrize(
    ("statement", "needless"),
    [
        ("import monitor.cli", HEAVY | {"monitor.app"}),
        ("import monitor.cli.completion", HEAVY | {"monitor.app"}),
        ("import monitor.cli.status", ENGINE | OF_CHILDREN | {"aiohttp"}),
        ("import monitor.cli.running, monitor.service", ENGINE | OF_CHILDREN),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(statement: str, needless: set[str]) -> None:
    imported = list_imported(statement)
    assert "monitor" in imported
    assert imported & needless == set()


def test_what_a_daemon_of_shipped_rules_needs_before_it_is_ready(tmp_path: object) -> None:
    """Everything up to its channels and sources; names are found later."""
    statement = f"""
import asyncio, pathlib, subprocess, sys
folder = pathlib.Path({str(tmp_path)!r})
subprocess.run([sys.executable, "-m", "monitor", "init", str(folder / "desk")], check=True, stdout=subprocess.DEVNULL)
(folder / "desk" / "state").mkdir()
from monitor.app import open_app, read_candidate
import monitor.service
async def open_and_close():
    app = await open_app(read_candidate(folder / "desk").settings, matching=False)
    await app.close()
asyncio.run(open_and_close())
"""
    imported = list_imported(statement)
    assert "sqlalchemy" in imported
    assert imported & (ENGINE | OF_CHILDREN) == set()
