"""match --plain, which nobody needs but to see that the engine gives the reference's answers, byte for byte."""

from __future__ import annotations

import gzip
import json
import os
from itertools import islice
from pathlib import Path

import pytest


def compare(marsad, *arguments: str | Path) -> list[str]:
    """What both write, by line."""
    fast, plain = marsad("match", *arguments), marsad("match", "--plain", *arguments)
    assert fast.code == plain.code == 0
    assert fast.out == plain.out
    return fast.out.splitlines()


@pytest.mark.untraced
@pytest.mark.parametrize("entities", [[], ["--entities"]])
def test_both_write_the_same_on_the_packaged_seeds(marsad, root: Path, tmp_path: Path, entities: list[str]) -> None:
    """All of them with MARSAD_NIGHTLY set."""
    articles, step = tmp_path / "seeds.jsonl", 1 if os.environ.get("MARSAD_NIGHTLY") else 4
    with articles.open("w", encoding="utf-8") as out:
        for path in sorted((root / "seeds").rglob("*.txt"))[::step]:
            headline, _, body = path.read_text(encoding="utf-8").partition("\n")
            print(json.dumps({"id": path.name, "headline": headline, "body": body}), file=out)
    assert compare(marsad, *entities, "--rules", root / "rules", articles)


@pytest.mark.shared
@pytest.mark.untraced
@pytest.mark.parametrize("name", ["slavic-uk", "arabic"])
def test_both_write_the_same_on_real_news(marsad, shared: Path, tmp_path: Path, name: str) -> None:
    """All of it with MARSAD_NIGHTLY set."""
    count = None if os.environ.get("MARSAD_NIGHTLY") else 8
    articles = tmp_path / "news.jsonl"
    with gzip.open(shared / "accuracy" / f"{name}.articles.jsonl.gz", "rb") as lines:
        articles.write_bytes(b"".join(islice(lines, count)))
    rules = shared / "accuracy" / f"{name}.rules.yaml"
    assert compare(marsad, "--entities", "--rules", rules, articles)


def test_help_does_not_offer_it(marsad) -> None:
    shown = marsad("match", "--help").out
    assert "--jobs" in shown
    assert "--plain" not in shown
