"""A channel on hold, seen from other commands: status names it, retry and reload lift it at once; a silent server."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from servers import PostOffice

pytestmark = pytest.mark.proof

DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
FAILURES = 9  # so many before: the next hold lasts for an hour


def hold_for_an_hour(desk: Any, smtp: str, article: str) -> None:
    """One pass in vain, and a store that remembers many."""
    desk.configure(smtp, DIGESTS)
    desk.write("articles/call.txt", article)
    assert desk.run("once").returncode == 1
    with sqlite3.connect(desk.folder / "state" / "marsad.sqlite") as connection:
        connection.execute("UPDATE faults SET count = ?", (FAILURES,))
    connection.close()


def test_retry_lifts_a_hold_at_once(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Any, free_port: Any, keeper: Any
) -> None:
    port = free_port()
    hold_for_an_hour(desk, smtp.replace(f"port: {mailbox.port}", f"port: {port}"), article)
    daemon = desk.start()
    until(lambda: "deliver.failed" in desk.read_log(), "the attempt in vain")
    shown = desk.run("status")
    assert shown.returncode == 1
    [line] = [line for line in shown.stdout.splitlines() if line.startswith("! channel mail: on hold until ")]
    assert f"1 message waits: 127.0.0.1:{port}: " in line
    [entry] = json.loads(desk.run("outbox", "list", "--json").stdout)
    assert entry["next_attempt_at"][:16] in line.replace(" ", "T")

    server = PostOffice(keeper(mailbox), port=port)
    server.start()
    try:
        assert desk.run("outbox", "retry", entry["id"][:12]).returncode == 0
        mailbox.wait_for(1)
        until(lambda: desk.run("status").returncode == 0, "status to be well")
        assert desk.stop(daemon) == 0
    finally:
        server.stop()


def test_a_reload_with_a_corrected_channel_lifts_a_hold_at_once(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Any
) -> None:
    hold_for_an_hour(desk, smtp.replace(f"port: {mailbox.port}", "port: 1"), article)
    daemon = desk.start()
    until(lambda: "deliver.failed" in desk.read_log(), "the attempt in vain")
    desk.configure(smtp, DIGESTS)
    daemon.send_signal(signal.SIGHUP)
    mailbox.wait_for(1)
    assert desk.stop(daemon) == 0


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Silent:
    """An aiosmtpd handler that takes a message and never answers."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        await asyncio.Event().wait()
        return "250 never"


@pytest.fixture
def silent() -> Iterator[Silent]:
    handler = Silent()
    office = PostOffice(handler)
    office.start()
    handler.port = office.port
    yield handler
    office.stop()


def test_after_two_silences_a_message_is_uncertain_and_only_a_person_sends_it_again(
    desk: Any, mailbox: Any, smtp: str, article: str, silent: Silent
) -> None:
    channel = smtp.replace(f"port: {mailbox.port}", f"port: {silent.port}").replace("}", ", data_timeout: 8}")
    desk.configure(channel, DIGESTS)
    desk.write("articles/call.txt", article)
    for state in ("data", "uncertain"):
        assert desk.run("once").returncode == 1
        [entry] = json.loads(desk.run("outbox", "list", "--json").stdout)
        assert entry["state"] == state
        with sqlite3.connect(desk.folder / "state" / "marsad.sqlite") as connection:
            connection.execute("UPDATE outbox SET next_attempt_at = created_at")
        connection.close()
    assert desk.run("once").returncode == 0
    assert len(silent.taken) == 2
    assert silent.taken[0] == silent.taken[1]
    shown = desk.run("status")
    assert shown.returncode == 1
    assert "! 1 message is uncertain: handed over twice without an answer" in shown.stdout
    assert f"decide with `marsad outbox retry {entry['id'][:12]}` or `drop {entry['id'][:12]}`" in shown.stdout

    desk.configure(smtp, DIGESTS)
    assert desk.run("outbox", "retry", entry["id"][:12]).returncode == 0
    assert desk.run("once").returncode == 0
    assert len(mailbox.received) == 1
    assert desk.run("status").returncode == 0
