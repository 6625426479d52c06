"""`operator.heartbeat_url`: called while the daemon works, silent while a channel fails, and a failed call is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from servers import find_free_port
from waiting import until

from monitor.errors import Transient
from monitor.model import Fault, FaultKind
from monitor.ops.ping import ping
from monitor.upkeep import stops_heartbeat

MAILDIR = "{type: maildir, path: mail}"
DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"


class Healthchecks:
    """An HTTP server that keeps the paths it was asked for, and answers with `status`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200
        service = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.calls.append(self.path)
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """No line for each request."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = False  # closing the server waits for its connections
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/ping/2f4a9c81-d7e6-4b30-9c1d-77aa12bc34de"


@pytest.fixture
def healthchecks() -> Iterator[Healthchecks]:
    service = Healthchecks()
    thread = threading.Thread(target=service.server.serve_forever)
    thread.start()
    yield service
    service.server.shutdown()
    thread.join()
    service.server.server_close()


def name_operator(desk: Any, url: str) -> None:
    known = (desk.folder / "marsad.yaml").read_text("utf-8")
    desk.write("marsad.yaml", f"{known}operator: {{to: ops@example.org, heartbeat_url: '{url}'}}\n")


def test_a_call_is_one_get(healthchecks: Healthchecks) -> None:
    asyncio.run(ping(healthchecks.url))
    assert healthchecks.calls == ["/ping/2f4a9c81-d7e6-4b30-9c1d-77aa12bc34de"]


def test_an_answer_that_says_no_is_an_error_that_hides_the_token(healthchecks: Healthchecks) -> None:
    healthchecks.status = 404
    with pytest.raises(Transient, match="answered 404 Not Found") as caught:
        asyncio.run(ping(healthchecks.url))
    assert "2f4a9c81" not in str(caught.value)


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(Transient, match=r"heartbeat_url .* cannot be called: .*refused"):
        asyncio.run(ping(f"http://127.0.0.1:{find_free_port()}/"))


def test_a_daemon_that_works_calls_and_a_failed_call_is_in_status(desk: Any, healthchecks: Healthchecks) -> None:
    desk.configure(MAILDIR, DIGEST)
    name_operator(desk, healthchecks.url)
    healthchecks.status = 503
    daemon = desk.start()
    until(lambda: healthchecks.calls, "the first call")
    until(lambda: "heartbeat_url" in desk.run("status").stdout, "the failure in status")
    status = desk.run("status")
    assert status.returncode == 1
    assert "answered 503 Service Unavailable" in status.stdout
    assert "2f4a9c81" not in status.stdout + desk.read_log()
    assert desk.stop(daemon) == 0


@pytest.mark.parametrize(
    ("kind", "subject", "is_silent"),
    [
        (FaultKind.CHANNEL, "mail", True),
        (FaultKind.TASK, "polling", True),
        (FaultKind.TASK, "pinging", False),
        (FaultKind.MESSAGE, "b26bac57f444", False),
        (FaultKind.DIGEST, "now desk@example.org", False),
        (FaultKind.RECIPIENT, "desk@example.org", False),
    ],
)
def test_no_call_while_a_task_or_a_channel_fails(kind: FaultKind, subject: str, *, is_silent: bool) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert stops_heartbeat(Fault(kind=kind, subject=subject, detail="refused", since=now, last_at=now)) is is_silent


def test_the_daemon_does_not_call_while_its_channel_is_down(desk: Any, healthchecks: Healthchecks) -> None:
    desk.configure(f"{{type: smtp, host: 127.0.0.1, port: {find_free_port()}, tls: none, from: m@example.org}}", DIGEST)
    desk.write("articles/call.txt", "Putin visits Baku\n\nThe Russian president will stay for two days.\n")
    daemon = desk.start()
    until(lambda: "channel mail" in desk.run("status").stdout, "the channel on hold")
    assert desk.stop(daemon) == 0
    name_operator(desk, healthchecks.url)
    daemon = desk.start()
    until(lambda: desk.read_log().count("deliver.failed") == 2, "the second start to try the channel")
    assert desk.stop(daemon) == 0
    assert healthchecks.calls == []


def test_the_daemon_does_not_call_while_no_source_can_be_read(desk: Any, healthchecks: Healthchecks) -> None:
    desk.configure(MAILDIR, DIGEST)
    desk.write("sources.yaml", "sources:\n  - {id: saved, path: nowhere, every: 1s}\n")
    name_operator(desk, healthchecks.url)
    daemon = desk.start()
    until(lambda: "heartbeat.withheld" in desk.read_log(), "the call that is not made")
    assert "no source could be read" in desk.read_log()
    assert desk.stop(daemon) == 0
    assert healthchecks.calls == []
