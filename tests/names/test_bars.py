"""The bars on labelled news, judged by its own scorer on what `marsad match --entities` prints. Takes minutes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.shared, pytest.mark.untraced, pytest.mark.xdist_group("bars")]

SLAVIC = ("bg", "cs", "pl", "ru", "sl", "uk")
BARS = [
    # sets, micro F1, F1 of each set
    pytest.param([f"slavic-{language}" for language in SLAVIC], 0.985, 0.98, id="slavic"),
    pytest.param(["arabic"], 0.962, 0.962, id="arabic"),
    pytest.param([f"orgs-{language}" for language in SLAVIC], 0.965, 0.95, id="organisations"),
]


@pytest.mark.parametrize(("sets", "micro", "least"), BARS)
def test_labelled_news(shared: Path, sets: list[str], micro: float, least: float) -> None:
    marsad = Path(sys.executable).parent / "marsad"
    scorer = shared / "accuracy" / "score.py"
    command = f"{marsad} match --entities --rules {{rules}} {{articles}}"
    # Thousands of articles: traced, which shows no line that other tests do not, they take three times as long.
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run(
        [sys.executable, scorer, "--json", "--sets", ",".join(sets), "--command", command],
        env=untraced,
        capture_output=True,
        text=True,
        check=True,
    )
    scores = {name: score["f"] for name, score in json.loads(run.stdout).items()}
    assert scores.pop("micro") >= micro
    assert {name for name, f1 in scores.items() if f1 < least} == set()
    assert set(scores) == set(sets)
