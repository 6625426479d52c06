"""sources import, export and list, as a person sees them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app import open_settings_store
from monitor.cli.sources import load_sources, tell_span
from monitor.model import PollState, SourceId
from monitor.ports import PollRecord

OPML = """<?xml version="1.0"?><opml version="2.0"><body>
<outline text="Wires"><outline text="وكالة" xmlUrl="https://example.org/ar?a=1&amp;b=2" language="ar"/></outline>
<outline text="Known" xmlUrl="https://example.org/rss"/>
<outline text="Odd" xmlUrl="ftp://example.org/"/>
<outline text="Wire" xmlUrl="https://example.net/feed" language="klingon!"/></body></opml>"""


def test_import_adds_what_is_new_and_says_what_it_left_out(watching: Path, marsad: Any) -> None:
    (watching / "feeds.opml").write_text(OPML, encoding="utf-8")
    before = (watching / "sources.yaml").read_text("utf-8")
    done = marsad("--config", watching, "sources", "import", watching / "feeds.opml", "--tag", "new")
    assert done.code == 2
    assert "ftp://example.org/" in done.err
    assert "2 added, 1 already known, 1 left out" in done.err
    assert done.out.splitlines() == [
        "وكالة  https://example.org/ar?a=1&b=2  [Wires, new]",
        "wire-2  https://example.net/feed  [new]",
    ]
    assert (watching / "sources.yaml").read_text("utf-8").startswith(before)
    added = {source.id: source for source in load_sources(watching).sources}
    assert added[SourceId("وكالة")].language == "ar"
    assert added[SourceId("wire-2")].tags == {"new"}


def test_a_second_import_adds_nothing(watching: Path, marsad: Any) -> None:
    (watching / "feeds.opml").write_text(OPML.replace("ftp:", "http:"), encoding="utf-8")
    assert marsad("--config", watching, "sources", "import", watching / "feeds.opml").code == 0
    before = (watching / "sources.yaml").read_bytes()
    again = marsad("--config", watching, "--json", "sources", "import", watching / "feeds.opml")
    assert (again.code, again.data) == (0, [])
    assert (watching / "sources.yaml").read_bytes() == before


def test_import_makes_the_file_where_there_is_none(watching: Path, marsad: Any) -> None:
    (watching / "sources.yaml").unlink()
    (watching / "feeds.opml").write_text(OPML.replace("ftp:", "http:"), encoding="utf-8")
    assert marsad("--config", watching, "sources", "import", watching / "feeds.opml").code == 0
    assert len(load_sources(watching).sources) == 4


def test_nothing_is_added_to_a_broken_configuration(watching: Path, marsad: Any) -> None:
    (watching / "feeds.opml").write_text(OPML, encoding="utf-8")
    (watching / "sources.yaml").write_text("sources:\n  - id: a\n    ulr: x\n", encoding="utf-8")
    for command in (("import", watching / "feeds.opml"), ("export",)):
        done = marsad("--config", watching, "sources", *command)
        assert done.code == 2
        assert "sources.yaml:3:" in done.err


def test_a_file_that_is_not_there_is_named(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "import", "nowhere.opml")
    assert done.code == 2
    assert "nowhere.opml cannot be read" in done.err


def test_export_lists_urls_in_the_folders_of_their_tags(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "export")
    assert done.code == 0
    assert done.out.count("https://example.org/rss") == 2
    assert '<outline text="القوقاز">' in done.out
    assert "saved is a folder" in done.err


def test_list_before_the_first_run_shows_everything_as_new(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "list")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == ["saved", "wire"]
    assert all("new" in line for line in done.out.splitlines()[1:])
    assert [one["health"] for one in marsad("--config", watching, "sources", "list", "--json").data] == ["new", "new"]


def test_list_shows_how_a_source_is_doing(watching: Path, marsad: Any) -> None:
    now = datetime.now(UTC)
    asyncio.run(remember(watching, now))
    [saved, wire] = marsad("--config", watching, "sources", "list", "--json").data
    assert (saved["health"], saved["lag_seconds"]) == ("new", 0)
    assert (wire["health"], wire["failures"], wire["last_error"]) == ("broken", 7, "answered 503")
    assert wire["articles_per_day"] == pytest.approx(10, rel=0.01)
    assert wire["lag_seconds"] >= 3600
    assert wire["where"] == "https://example.org/moved"
    table = marsad("--config", watching, "sources", "list").out
    assert "broken" in table
    assert "answered 503" in table
    assert "10.0" in table


async def remember(watching: Path, now: datetime) -> None:
    settings = load_sources(watching)
    settings.state.mkdir()
    store = open_settings_store(settings)
    await store.polls.register_sources(settings.sources, now)
    state = PollState(
        source=SourceId("wire"),
        url="https://example.org/moved",
        next_poll_at=now - timedelta(hours=1),
        last_polled_at=now - timedelta(hours=3),
        last_success_at=now - timedelta(days=3),
        failures=7,
        last_error="answered 503",
        arrivals=280.0,
        arrivals_since=now - timedelta(days=28),
    )
    await store.polls.commit_poll(PollRecord(state=state, polled_at=now))
    store.close()


@pytest.mark.parametrize(
    ("span", "told"),
    [(0, "0s"), (90, "90s"), (900, "15m"), (3600, "1h"), (5400, "1.5h"), (86_400, "1d"), (216_000, "2.5d")],
)
def test_spans_are_told_as_the_files_write_them(span: float, told: str) -> None:
    assert tell_span(timedelta(seconds=span)) == told


@pytest.mark.untraced
def test_import_of_five_thousand_sloppy_outlines_adds_what_is_good_and_names_the_rest(
    watching: Path, marsad: Any
) -> None:
    kinds = (
        '<outline text="وكالة {n}" xmlUrl="https://s{n}.example/?a=1&b=2"/>',
        '<outline text="Q & A {n}" type="rss" xmlUrl="http://\ns{n}.example/rss"/>',
        '<outline text="Caf&eacute; {n}" xmlUrl="feed://s{n}.example/rss"/>',
        '<outline text="Page {n}" type="HTML+XPath" xmlUrl="https://s{n}.example/"/>',
        '<outline text="Same" xmlUrl="https://s{n}.example/a"/>',
    )
    body = "\n".join(kinds[n % len(kinds)].format(n=n) for n in range(5000))
    (watching / "feeds.opml").write_text(f"<opml><body>{body}</body></opml>", encoding="utf-8")
    done = marsad("--config", watching, "sources", "import", watching / "feeds.opml")
    assert done.code == 2
    assert done.err.count("left out: Page") == 1000
    assert done.err.splitlines()[-1] == "4000 added, 0 already known, 1000 left out"
    assert "repaired: an & that does not begin a known entity was read as text (lines " in done.err
    added = load_sources(watching).sources
    assert len({source.id for source in added}) == 4002
    assert {source.url for source in added} >= {"https://s0.example/?a=1&b=2", "http://s1.example/rss"}
