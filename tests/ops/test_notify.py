"""What systemd is told, read from a real datagram socket."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS

from monitor.ops import notify


def hear(systemd: socket.socket) -> list[str]:
    return systemd.recv(4096).decode().split("\n")


def test_each_state_is_one_datagram(systemd: socket.socket) -> None:
    notify.ready("watching 3 sources")
    assert hear(systemd) == ["READY=1", "STATUS=watching 3 sources"]
    notify.say_status("سطر واحد")
    assert hear(systemd) == ["STATUS=سطر واحد"]
    notify.extend_timeout(1.5)
    assert hear(systemd) == ["EXTEND_TIMEOUT_USEC=1500000"]
    notify.stopping()
    assert hear(systemd)[0] == "STOPPING=1"


def test_a_reload_says_when_it_began(systemd: socket.socket) -> None:
    before = time.monotonic_ns() // 1000
    notify.reloading()
    state, moment = hear(systemd)
    assert state == "RELOADING=1"
    name, _, microseconds = moment.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(microseconds) <= time.monotonic_ns() // 1000


def test_a_status_cannot_forge_a_second_assignment(systemd: socket.socket) -> None:
    notify.say_status("fine\nSTOPPING=1\r\nMAINPID=1")
    assert hear(systemd) == ["STATUS=fine STOPPING=1 MAINPID=1"]


def test_an_abstract_socket_is_reached_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"marsad-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify.say_status("here")
        assert hear(listener) == ["STATUS=here"]


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch, systemd: socket.socket) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify.ready("nobody listens")
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(4096)


def test_a_socket_that_is_gone_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with caplog.at_level(logging.WARNING):
        notify.ready("still running")
    [record] = caplog.records
    assert record.getMessage() == f"notify.failed: {tmp_path / 'gone'}: No such file or directory"


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": ""}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_asked(
    monkeypatch: pytest.MonkeyPatch, systemd: socket.socket, variables: dict[str, str], seconds: float | None
) -> None:
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert notify.find_watchdog_seconds() == seconds
    notify.feed_watchdog()
    notify.say_status("after")
    assert hear(systemd) == (["WATCHDOG=1"] if seconds else ["STATUS=after"])


def test_long_work_keeps_asking_for_time(systemd: socket.socket) -> None:
    with notify.extending_timeout("migrating the store", seconds=0.02):
        assert hear(systemd) == ["STATUS=migrating the store", "EXTEND_TIMEOUT_USEC=20000"]
        assert [hear(systemd) for _ in range(3)] == [["EXTEND_TIMEOUT_USEC=20000"]] * 3
    assert "extend-timeout" not in {thread.name for thread in threading.enumerate()}


def test_a_systemd_that_does_not_read_stops_nothing(systemd: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        while not caplog.records:
            notify.say_status("more than the kernel keeps for who does not read")
        notify.say_status("still running")
    [record] = caplog.records
    assert record.getMessage().endswith(": timed out")
    hear(systemd)
    notify.say_status("heard again")
    while hear(systemd) != ["STATUS=heard again"]:
        pass
