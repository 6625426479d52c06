"""The one line of `systemctl status`."""

from __future__ import annotations

import socket

from monitor.ops.standing import FaultKeeper


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
