"""SIGTERM while the mail server ponders a message: its answer is awaited and recorded, nothing further is begun."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller

READERS = ["chief@example.org", "desk@example.org", "night@example.org"]  # one more than connections
DIGESTS = f"""\
digests:
  now: {{to: [{", ".join(READERS)}], schedule: immediate}}
"""


@dataclass(slots=True)
class Ponderer:
    """An aiosmtpd handler that answers DATA when it is told to."""

    port: int
    got_data: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    accepted: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.got_data.set()
        await asyncio.to_thread(self.may_answer.wait)
        self.accepted += envelope.rcpt_tos
        return "250 2.0.0 kept after a while"


@pytest.fixture
def ponderer(free_port: Any) -> Iterator[Ponderer]:
    handler = Ponderer(free_port())
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    handler.may_answer.set()
    controller.stop()


def test_the_messages_in_hand_are_finished_and_the_next_waits_for_the_next_start(
    desk: Any, article: str, ponderer: Ponderer, until: Any
) -> None:
    desk.configure(
        f'{{type: smtp, host: 127.0.0.1, port: {ponderer.port}, tls: none, from: "Marsad <marsad@example.org>"}}',
        DIGESTS,
    )
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    assert ponderer.got_data.wait(120)
    daemon.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        daemon.wait(1.5)
    ponderer.may_answer.set()
    assert daemon.wait(120) == 0
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
