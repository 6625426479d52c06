from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.model.daemon import DaemonState
from monitor.ops.statefile import NAME, StateTeller, read_daemon_state, write_daemon_state

SAID = DaemonState(
    pid=4711,
    started_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    configured_at=datetime(2026, 11, 24, 4, 30, tzinfo=UTC),
    fallback=True,
    held_rules=("قره باغ", "kremlin"),
    problems=("rules/x.yaml:1:2  r  what",),
    words=12_345,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_daemon_state(tmp_path, SAID)
    assert read_daemon_state(tmp_path) == SAID
    write_daemon_state(tmp_path, replace(SAID, pid=1, held_rules=()))
    assert read_daemon_state(tmp_path) == replace(SAID, pid=1, held_rules=())
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def tell(teller: StateTeller, folder: Path, words: int, *failing: str) -> int:
    """How many words are in the file then."""
    asyncio.run(teller.tell_changes(folder, words=words, failing=failing))
    said = read_daemon_state(folder)
    return said.words if said else -1


def test_words_are_told_when_their_number_has_changed_by_a_tenth(tmp_path: Path) -> None:
    teller = StateTeller()
    assert tell(teller, tmp_path, 5) == -1  # nothing is known of the daemon yet
    asyncio.run(teller.tell(tmp_path, replace(SAID, words=0)))
    assert [tell(teller, tmp_path, words) for words in (0, 1000, 900, 1100, 1120, 880)] == [
        0,
        1000,
        1000,
        1000,
        1120,
        880,
    ]
    assert read_daemon_state(tmp_path) == replace(SAID, words=880)


def test_what_fails_is_told_and_then_that_it_does_not_any_more(tmp_path: Path) -> None:
    teller = StateTeller()
    asyncio.run(teller.tell(tmp_path, SAID))
    tell(teller, tmp_path, SAID.words, "the disk is full")
    assert read_daemon_state(tmp_path) == replace(SAID, failing=("the disk is full",))
    tell(teller, tmp_path, SAID.words)
    asyncio.run(teller.tell_end(tmp_path, "the store is damaged"))
    assert read_daemon_state(tmp_path) == replace(SAID, ended="the store is damaged")


def test_a_disk_without_room_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "daemon.tmp").symlink_to("/dev/full")
    asyncio.run(StateTeller().tell(tmp_path, SAID))
    assert "state.not_told" in caplog.text
    assert "No space left on device" in caplog.text
    assert read_daemon_state(tmp_path) is None


def test_what_an_older_daemon_wrote_is_read(tmp_path: Path) -> None:
    write_daemon_state(tmp_path, SAID)
    said = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    for name in ("words", "failing", "ended"):
        del said[name]
    (tmp_path / NAME).write_text(json.dumps(said), encoding="utf-8")
    assert read_daemon_state(tmp_path) == replace(SAID, words=0)


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", json.dumps({"pid": 1, "started_at": 5})])
def test_what_cannot_be_read_is_nobody(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / NAME).write_text(content, encoding="utf-8")
    assert read_daemon_state(tmp_path) is None
