"""An article that cannot be grouped into stories stops no digest, and `status` says so until grouping works again."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.pipeline.grouping import Grouping
from monitor.stories.grouper import Grouper

DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate}\n"


@pytest.fixture
def three(desk: Path) -> Path:
    """A desk with three articles, one of which a test lets fail."""
    (desk / "digests.yaml").write_text(DIGESTS, encoding="utf-8")
    write(desk, "two", "Putin flies to Baku")
    write(desk, "three", "Putin opens a bridge in Kazan")
    return desk


def write(desk: Path, name: str, headline: str) -> None:
    (desk / "articles" / f"{name}.txt").write_text(f"{headline}\n\nMore about it: {name}.\n", encoding="utf-8")


def read_mails(desk: Path) -> str:
    return "".join(path.read_text("utf-8") for path in (desk / "mail" / "new").iterdir())


@pytest.mark.parametrize("method", ["_find", "_join"])
def test_an_article_that_cannot_be_compared_is_told_by_itself(
    marsad, three: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    works = getattr(Grouper, method)

    def fail(self, case, *more):
        if "flies" in case.item.headline:
            raise IndexError("boom")
        return works(self, case, *more)

    monkeypatch.setattr(Grouper, method, fail)
    done = marsad("once", "--all", "--config", three)
    assert done.code == 0, done.err
    mails = read_mails(three)
    assert all(word in mails for word in ("flies", "bridge"))
    status = marsad("status", "--config", three)
    assert status.code == 1
    assert "! stories grouping: article " in status.out
    assert (
        "not compared: internal error: IndexError: boom; each article that could not be compared is a story of its own"
        in status.out
    )
    assert "next attempt" not in status.out
    write(three, "four", "Putin meets the governor of Omsk")
    assert marsad("once", "--all", "--config", three).code == 0
    assert marsad("status", "--config", three).code == 0


def test_grouping_that_fails_whole_is_named_and_its_matches_wait(
    marsad, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        async def fail(self, *_):
            raise ZeroDivisionError("boom")

        patch.setattr(Grouping, "_step", fail)
        assert marsad("once", "--all", "--config", three).code == 1
    status = marsad("status", "--config", three)
    assert status.code == 1
    assert "! stories grouping: ZeroDivisionError: boom" in status.out
    assert "! digest now desk@example.org: ZeroDivisionError: boom" in status.out
    assert marsad("once", "--all", "--config", three).code == 0
    assert "flies" in read_mails(three)
    assert marsad("status", "--config", three).code == 0
