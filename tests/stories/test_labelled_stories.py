"""The bars on labelled stories, judged by their own scorer on what `marsad cluster` prints. Takes minutes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.shared,
    pytest.mark.xdist_group("bars"),
    pytest.mark.skipif(not os.environ.get("MARSAD_NIGHTLY"), reason="takes minutes: set MARSAD_NIGHTLY=1"),
]

ENGLISH = ("allsides", "basil", "wikinews", "ecbplus", "uci")


@pytest.fixture
def stories(shared: Path) -> Path:
    folder = shared / "accuracy" / "stories"
    if not folder.is_dir():
        pytest.skip(f"the labelled stories are not at {folder}")
    return folder


def score(folder: Path, name: str, tmp_path: Path, *options: str) -> dict[str, dict[str, float]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if all(row["published"] for row in rows):
        rows.sort(key=lambda row: (row["published"], row["id"]))
    kept = ("id", "headline", "body", "published", "source")
    given = [{key: row[key] for key in kept if row.get(key)} | {"language": row["lang"]} for row in rows]
    untraced = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    run = subprocess.run(
        [Path(sys.executable).parent / "marsad", "cluster", *options],
        input="".join(f"{json.dumps(row)}\n" for row in given),
        env=untraced,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = tmp_path / f"{name}.out"
    printed.write_text(run.stdout, encoding="utf-8")
    judged = subprocess.run(
        [sys.executable, folder / "score.py", folder / f"{name}.jsonl.gz", printed, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    scores: dict[str, dict[str, float]] = json.loads(judged.stdout)
    return scores


def average(scores: list[dict[str, dict[str, float]]], figure: str) -> float:
    return sum(one["all"][figure] for one in scores) / len(scores)


def test_english_sets(stories: Path, tmp_path: Path) -> None:
    scores = [score(stories, name, tmp_path) for name in ENGLISH]
    assert average(scores, "b3_f1") >= 0.88
    assert average(scores, "b3_p") >= 0.92
    assert average(scores[:4], "b3_f1") >= 0.90
    assert average(scores[:4], "b3_p") >= 0.92


def test_strict_is_precise(stories: Path, tmp_path: Path) -> None:
    scores = [score(stories, name, tmp_path, "--strict") for name in ENGLISH]
    assert average(scores, "b3_p") >= 0.95
    assert average(scores, "b3_f1") >= 0.81


def test_documents_in_seven_languages(stories: Path, tmp_path: Path) -> None:
    found = score(stories, "wmt", tmp_path)
    assert found["all"]["pair_f1"] >= 0.83
    assert found["cross"]["pair_p"] >= 0.93
