from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.ops.statefile import NAME, DaemonState, read_daemon_state, write_daemon_state

SAID = DaemonState(
    pid=4711,
    started_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    configured_at=datetime(2026, 11, 24, 4, 30, tzinfo=UTC),
    fallback=True,
    held_rules=("قره باغ", "kremlin"),
    problems=("rules/x.yaml:1:2  r  what",),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_daemon_state(tmp_path, SAID)
    assert read_daemon_state(tmp_path) == SAID
    write_daemon_state(tmp_path, replace(SAID, pid=1, held_rules=()))
    assert read_daemon_state(tmp_path) == replace(SAID, pid=1, held_rules=())
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", json.dumps({"pid": 1, "started_at": 5})])
def test_what_cannot_be_read_is_nobody(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / NAME).write_text(content, encoding="utf-8")
    assert read_daemon_state(tmp_path) is None
