"""A feed's URL with a token in it: no command prints the token, unless it is told to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.app import open_settings_store
from monitor.cli.sources import load_sources
from monitor.model import PollState, SourceId
from monitor.ports import PollRecord

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN, KEY = "0a1b2c3d4e5f60718293a4b5", "hunter2hunter2"
URL = f"https://example.org/private/{TOKEN}/rss?key={KEY}&page=2"
SHOWN = "https://example.org/private/…/rss?key=…&page=2"
CLOSED = "http://127.0.0.1:1"


@pytest.fixture
def tokened(watching: Path) -> Path:
    """One source with tokens in its URL, which failed at its last poll."""
    (watching / "sources.yaml").write_text(f"sources:\n  - {{id: wire, url: '{URL}'}}\n", encoding="utf-8")

    (watching / "state").mkdir()

    async def fail() -> None:
        store = open_settings_store(load_sources(watching))
        state = PollState(
            source=SourceId("wire"), next_poll_at=NOW, last_polled_at=NOW, failures=1, last_error=f"{URL}: not a feed"
        )
        await store.polls.commit_poll(PollRecord(state=state, polled_at=NOW))
        store.close()

    asyncio.run(fail())
    return watching


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["table", "json"])
@pytest.mark.parametrize(
    "command",
    [("sources", "list"), ("show", "source", "wire"), ("status",), ("sources", "export")],
    ids="-".join,
)
def test_tokens_are_shown_only_when_asked_for(
    tokened: Path, marsad: Any, command: tuple[str, ...], json: tuple[str, ...]
) -> None:
    hidden = marsad("--config", tokened, *command, *json)
    assert TOKEN not in hidden.out + hidden.err
    assert KEY not in hidden.out + hidden.err
    assert "private/…/rss?key=…" in hidden.out
    assert "wire" in hidden.out
    shown = marsad("--config", tokened, *command, *json, "--show-secrets")
    assert TOKEN[:10] in shown.out  # a table folds long URLs
    assert shown.code == hidden.code


def test_an_export_says_what_it_hides_and_it_cannot_be_imported_as_it_is(tokened: Path, marsad: Any) -> None:
    hidden = marsad("--config", tokened, "sources", "export")
    assert "the tokens of 1 URL are hidden" in hidden.err
    opml = tokened / "feeds.opml"
    opml.write_text(hidden.out, encoding="utf-8")
    (tokened / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    refused = marsad("--config", tokened, "sources", "import", opml)
    assert refused.code == 2
    assert f"the token of '{SHOWN}' is hidden (`…`)" in refused.err
    opml.write_text(marsad("--config", tokened, "sources", "export", "--show-secrets").out, encoding="utf-8")
    assert "hidden" not in marsad("--config", tokened, "sources", "import", opml).err


def test_a_list_without_tokens_hides_nothing_and_says_nothing(watching: Path, marsad: Any) -> None:
    done = marsad("--config", watching, "sources", "export")
    assert "https://example.org/rss" in done.out
    assert "hidden" not in done.err


def test_once_and_check_name_no_token(watching: Path, marsad: Any) -> None:
    url = URL.replace("https://example.org", CLOSED)
    (watching / "sources.yaml").write_text(f"sources:\n  - {{id: wire, url: '{url}'}}\n", encoding="utf-8")
    main = watching / "marsad.yaml"
    main.write_text(main.read_text("utf-8") + 'polling: {allow_private: ["127.0.0.1:1"]}\n', encoding="utf-8")
    for command in (
        ("once", "--all"),
        ("once", "--all", "--json"),
        ("check", "--online"),
        ("check", "--online", "--json"),
    ):
        done = marsad("--config", watching, *command)
        assert done.code != 0
        assert "127.0.0.1:1 cannot be reached" in done.out + done.err
        assert TOKEN not in done.out + done.err
        assert KEY not in done.out + done.err


def test_a_mistyped_url_is_quoted_without_its_token(watching: Path, marsad: Any) -> None:
    (watching / "sources.yaml").write_text(f"sources:\n  - {{id: a, url: 'https:/{URL[7:]} x'}}\n", encoding="utf-8")
    done = marsad("--config", watching, "check")
    assert done.code == 2
    assert "is not a URL that can be fetched" in done.err
    assert KEY not in done.out + done.err


def test_an_error_that_quotes_an_address_hides_its_token(tokened: Path, marsad: Any) -> None:
    for url in (URL, f"{CLOSED}/rss?token={KEY}"):
        done = marsad("--config", tokened, "sources", "add", url)
        assert done.code == 2
        assert KEY not in done.out + done.err


def test_what_is_added_is_named_without_its_token(watching: Path, marsad: Any) -> None:
    opml = watching / "feeds.opml"
    opml.write_text(f'<opml><body><outline text="w" xmlUrl="https://example.net/?token={KEY}"/></body></opml>', "utf-8")
    done = marsad("--config", watching, "sources", "import", opml)
    assert done.out == "w  https://example.net/?token=…\n"
    assert load_sources(watching).sources[-1].url == f"https://example.net/?token={KEY}"
