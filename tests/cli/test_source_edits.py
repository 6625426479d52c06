"""sources remove, pause, resume and set-url, as a person sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitor.cli.sources import load_sources


def read_ids(desk: Path) -> list[str]:
    return [source.id for source in load_sources(desk).sources]


def test_a_source_is_removed(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "remove", "wire")
    assert done.code == 0, done.err
    assert "source wire was removed" in done.err
    assert "systemctl reload marsad" in done.err
    assert read_ids(watching) == ["saved"]


def test_a_paused_source_is_not_polled_and_no_trouble(desk: Path, marsad: Any) -> None:
    before = (desk / "sources.yaml").read_text("utf-8")
    assert marsad("sources", "pause", "saved", "--config", desk).code == 0
    assert "saved" not in marsad("once", "--all", "--config", desk).out
    shown = marsad("status", "--config", desk)
    assert shown.code == 0, shown.out
    assert "paused: saved\n" in shown.out
    [listed] = marsad("sources", "list", "--json", "--config", desk).data
    assert listed["health"] == "paused"
    assert marsad("sources", "resume", "saved", "--config", desk).code == 0
    assert (desk / "sources.yaml").read_text("utf-8") == before
    assert "saved" in marsad("once", "--all", "--config", desk).out


def test_a_source_moves(watching: Path, marsad: Any) -> None:
    done = marsad("sources", "set-url", "wire", "https://example.org/new?a=1&b=2", "--config", watching)
    assert done.code == 0, done.err
    assert load_sources(watching).sources[1].url == "https://example.org/new?a=1&b=2"


def test_what_cannot_be_done_is_said(watching: Path, marsad: Any) -> None:
    for command, said in (
        (("remove", "nobody"), "no source has the id 'nobody'; run `marsad sources list` to see all ids"),
        (("set-url", "saved", "https://example.org/"), "source saved is a folder; change its `path`"),
        (("set-url", "wire", "ftp://example.org/"), "ftp://example.org/"),
        (("set-url", "wire", "https://example.org/rss"), "is already watched as source wire"),
    ):
        done = marsad("sources", *command, "--config", watching)
        assert done.code == 2
        assert said in done.err
