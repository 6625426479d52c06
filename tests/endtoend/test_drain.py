"""SIGTERM while the mail server ponders a message: its answer is awaited and recorded, nothing further is begun."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from servers import PostOffice
from waiting import PATIENCE_SECONDS

READERS = ["chief@example.org", "desk@example.org", "night@example.org"]  # one more than connections
DIGESTS = f"""\
digests:
  now: {{to: [{", ".join(READERS)}], schedule: immediate, group_wait: 0s}}
"""


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Ponderer:
    """An aiosmtpd handler that answers DATA when it is told to."""

    port: int = 0
    pondering: int = 0
    got_data: threading.Event = field(default_factory=threading.Event)  # by both connections
    may_answer: threading.Event = field(default_factory=threading.Event)
    accepted: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.pondering += 1
        if self.pondering == 2:
            self.got_data.set()
        await asyncio.to_thread(self.may_answer.wait)
        self.accepted += envelope.rcpt_tos
        return "250 2.0.0 kept after a while"


@pytest.fixture
def ponderer() -> Iterator[Ponderer]:
    handler = Ponderer()
    office = PostOffice(handler)
    office.start()
    handler.port = office.port
    yield handler
    handler.may_answer.set()
    office.stop()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What the daemon tells systemd comes here."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield channel


def test_the_messages_in_hand_are_finished_and_the_next_waits_for_the_next_start(
    desk: Any, article: str, ponderer: Ponderer, until: Any, systemd: socket.socket
) -> None:
    desk.configure(
        f'{{type: smtp, host: 127.0.0.1, port: {ponderer.port}, tls: none, from: "Marsad <marsad@example.org>"}}',
        DIGESTS,
    )
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    assert ponderer.got_data.wait(PATIENCE_SECONDS)
    daemon.terminate()
    while b"STOPPING=1" not in systemd.recv(4096):
        pass
    assert daemon.poll() is None
    ponderer.may_answer.set()
    assert daemon.wait(PATIENCE_SECONDS) == 0
    assert len(ponderer.accepted) == 2
    waiting = {entry["recipient"]: entry["state"] for entry in list_outbox(desk)}
    assert sorted(waiting.values()) == ["pending", "sent", "sent"]
    assert {waiting[reader] for reader in ponderer.accepted} == {"sent"}

    daemon = desk.start()
    until(lambda: len(ponderer.accepted) == 3, "the last reader's mail")
    assert desk.stop(daemon) == 0
    assert sorted(ponderer.accepted) == READERS


def list_outbox(desk: Any) -> list[dict[str, Any]]:
    return json.loads(desk.run("outbox", "list", "--all", "--json").stdout)
