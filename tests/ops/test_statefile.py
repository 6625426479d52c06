from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.ops.statefile import NAME, DaemonState, StateTeller, read_daemon_state, write_daemon_state

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


def test_words_are_told_when_their_number_has_changed_by_a_tenth(tmp_path: Path) -> None:
    teller = StateTeller()
    asyncio.run(teller.tell_words(tmp_path, 5))  # nothing is known of the daemon yet
    assert read_daemon_state(tmp_path) is None
    assert teller.is_outdated(1)
    asyncio.run(teller.tell(tmp_path, replace(SAID, words=0)))
    assert not teller.is_outdated(0)
    assert teller.is_outdated(1)
    asyncio.run(teller.tell_words(tmp_path, 1000))
    assert read_daemon_state(tmp_path) == replace(SAID, words=1000)
    assert [teller.is_outdated(words) for words in (880, 900, 1100, 1120)] == [True, False, False, True]


def test_what_an_older_daemon_wrote_is_read(tmp_path: Path) -> None:
    write_daemon_state(tmp_path, SAID)
    said = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    del said["words"]
    (tmp_path / NAME).write_text(json.dumps(said), encoding="utf-8")
    assert read_daemon_state(tmp_path) == replace(SAID, words=0)


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", json.dumps({"pid": 1, "started_at": 5})])
def test_what_cannot_be_read_is_nobody(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / NAME).write_text(content, encoding="utf-8")
    assert read_daemon_state(tmp_path) is None
