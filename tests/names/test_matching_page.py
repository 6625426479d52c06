"""What docs/matching.md promises, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.model import Tier
from monitor.names.reading import TIER_SCORES
from monitor.rules.model import MatchMode

pytestmark = pytest.mark.docs

PAGE = (Path(__file__).parent.parent.parent / "docs" / "matching.md").read_text("utf-8")


def read_rows(before: str) -> list[list[str]]:
    """The cells of each table after such a line, without their heads."""
    tables = [part.split("\n\n")[0].strip().split("\n") for part in PAGE.split(f"{before}\n")[1:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for lines in tables for line in lines[2:]]


@pytest.mark.parametrize("row", read_rows("<!-- found -->"), ids=" ".join)
def test_what_the_page_says_is_found(seek, row: list[str]) -> None:
    name, text, found, tier = row
    assert [hit[1:3] for hit in seek({"it": [name]}, text)] == [(found, tier)]


@pytest.mark.parametrize("row", read_rows("<!-- not found -->"), ids=" ".join)
def test_what_the_page_says_is_not_found(seek, row: list[str]) -> None:
    assert seek({"it": [row[0]]}, row[1]) == []


def test_the_page_gives_the_scores() -> None:
    rows = {row[0]: row[1] for row in read_rows("published.\n")}
    assert {tier: int(rows[tier]) for tier in Tier if tier is not Tier.FUZZY} == TIER_SCORES
    assert list(rows) == list(Tier)


def test_the_page_gives_the_modes() -> None:
    assert [row[0].split("`")[1] for row in read_rows("its `match:`\n")] == list(MatchMode)
