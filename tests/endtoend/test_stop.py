"""A stop in the middle of slow work takes seconds, and loses nothing: silent mail server, silent feed, endless template."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

DIGESTS = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}
  loop: {to: [chief@example.org], schedule: immediate, group_wait: 0s, template: loop}
"""
ENDLESS = "{% for one in range(99999) %}{% for other in range(99999) %}{% endfor %}{% endfor %}"
SILENT = '{type: smtp, host: 127.0.0.1, port: %d, tls: none, from: "Marsad <marsad@example.org>"}'


class Silent:
    """A server that takes connections and never says a word."""

    def __init__(self, stack: ExitStack) -> None:
        self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._stack = stack
        self.port = int(self._listener.getsockname()[1])

    def wait_for_caller(self, until: Callable[..., Any]) -> None:
        self._listener.setblocking(False)
        until(self._accept, f"somebody who calls port {self.port}")

    def _accept(self) -> bool:
        try:
            self._stack.enter_context(self._listener.accept()[0])
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def silent() -> Iterator[Callable[[], Silent]]:
    with ExitStack() as stack:
        yield lambda: Silent(stack)


def test_a_stop_waits_neither_for_silent_servers_nor_for_an_endless_template(
    desk: Any, mailbox: Any, smtp: str, article: str, silent: Callable[[], Silent], until: Callable[..., Any]
) -> None:
    mail, feed = silent(), silent()
    desk.configure(SILENT % mail.port, DIGESTS)
    desk.write(
        "marsad.yaml",
        f'{(desk.folder / "marsad.yaml").read_text()}polling: {{allow_private: ["127.0.0.1:{feed.port}"]}}\n',
    )
    desk.write(
        "sources.yaml",
        f"sources:\n  - {{id: saved, path: articles/}}\n  - {{id: slow, url: 'http://127.0.0.1:{feed.port}/'}}\n",
    )
    desk.write("templates/loop.txt.j2", ENDLESS)
    desk.write("articles/call.txt", article)
    daemon = desk.start()
    feed.wait_for_caller(until)
    mail.wait_for_caller(until)
    until(lambda: desk.run("outbox", "list").stdout.count("desk@example.org"), "the mail to be queued")

    assert desk.stop(daemon) == 0
    log = desk.read_log()
    assert "daemon.cut_short" in log
    assert "daemon.drain_timeout" not in log

    main = (desk.folder / "marsad.yaml").read_text()
    desk.write("marsad.yaml", main.replace(SILENT % mail.port, smtp))
    desk.write("sources.yaml", "sources:\n  - {id: saved, path: articles/}\n")
    desk.write("digests.yaml", DIGESTS.replace(", template: loop", ""))
    daemon = desk.start()
    daemon.send_signal(signal.SIGHUP)  # a digest that failed before the stop need not wait for its next attempt
    mailbox.wait_for(2)
    until(lambda: json.loads(desk.run("status", "--json").stdout)["summary"]["outbox"]["sent"] == 2, "both to be sent")
    assert desk.stop(daemon) == 0
    assert sorted(to for to, _ in mailbox.received) == ["chief@example.org", "desk@example.org"]
