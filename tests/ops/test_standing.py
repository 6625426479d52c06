"""The one line of `systemctl status`."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from monitor.ops.standing import FaultKeeper, describe_work


def hear(systemd: socket.socket) -> str:
    return systemd.recv(4096).decode()


def test_what_fails_comes_before_what_is_done_and_is_told_when_it_changes(systemd: socket.socket) -> None:
    standing = FaultKeeper()
    assert standing.describe("watching 2 sources") == "watching 2 sources"
    assert not standing.tell("watching 2 sources", [])
    assert standing.tell("watching 2 sources", ["digest morning: no such template"])
    assert hear(systemd) == "STATUS=1 problem: digest morning: no such template; watching 2 sources"
    assert not standing.tell("watching 2 sources", ["digest morning: no such template"])
    assert standing.describe("watching 3 sources").startswith("1 problem: digest morning")
    assert standing.tell("watching 3 sources", [])
    assert hear(systemd) == "STATUS=watching 3 sources"


def test_the_line_stays_a_line(systemd: socket.socket) -> None:
    standing = FaultKeeper()
    standing.tell("watching 2 sources", ["a" * 1000, "two\nlines", "c", "d", "e"])
    assert hear(systemd) == (
        f"STATUS=5 problems: {'a' * 200}…; two lines; c; 2 more (`marsad status` lists them); watching 2 sources"
    )


@pytest.mark.parametrize(
    ("failing", "ago", "line"),
    [
        (2, timedelta(minutes=4), "312 sources, 2 failing; last match 4 min ago; outbox 7"),
        (0, None, "312 sources; no match yet; outbox 7"),
        (0, timedelta(seconds=-5), "312 sources; last match within a minute; outbox 7"),
        (0, timedelta(hours=5, minutes=50), "312 sources; last match 5 h ago; outbox 7"),
        (1, timedelta(days=3), "312 sources, 1 failing; last match 3 days ago; outbox 7"),
    ],
)
def test_a_healthy_daemon_says_what_it_does(failing: int, ago: timedelta | None, line: str) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    said = describe_work(sources=312, failing=failing, last_match_at=ago and now - ago, waiting=7, now=now)
    assert said == line


def test_a_line_that_changed_is_sent_without_new_troubles(systemd: socket.socket) -> None:
    standing = FaultKeeper()
    standing.describe("1 source; outbox 0")
    assert not standing.tell("1 source; outbox 0", [])
    assert standing.tell("1 source; outbox 1", [])
    assert hear(systemd) == "STATUS=1 source; outbox 1"
