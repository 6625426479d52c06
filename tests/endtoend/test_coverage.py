"""A source that cannot be read any more: the operator and every reader hear of it once, and once when it is back."""

from __future__ import annotations

import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

FEED = b"<rss><channel><title>x</title><item><title>Nothing of interest</title><guid>1</guid></item></channel></rss>"


def test_a_source_that_breaks_is_told_once_to_everybody_and_once_when_it_is_back(
    desk: Any, mailbox: Any, smtp: str
) -> None:
    status = [503]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0])
            self.send_header("Content-Length", str(len(FEED)))
            self.end_headers()
            self.wfile.write(FEED)

        def log_message(self, *_: object) -> None:
            pass

    def tell(name: str) -> str:
        """A new article of the folder makes a digest; what the reader was sent."""
        (desk.articles / f"{name}.txt").write_text(f"Putin speaks of {name}\n\nAt length.\n", encoding="utf-8")
        desk.run("once", "--all")
        mail = mailbox.read("desk@example.org")[-1]
        assert f"Putin speaks of {name}" in mail["Subject"]
        return mail.get_body(("plain",)).get_content()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        port = server.server_address[1]
        desk.configure(smtp, "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n")
        desk.write(
            "marsad.yaml",
            f"config: 1\nstate: state\nchannels:\n  mail: {smtp}\noperator: {{to: ops@example.org}}\n"
            f'polling: {{allow_private: ["127.0.0.1:{port}"], host_delay: 1ms}}\n',
        )
        desk.write(
            "sources.yaml",
            f"sources:\n  - {{id: saved, path: articles}}\n  - {{id: agency, url: 'http://127.0.0.1:{port}/rss'}}\n",
        )
        assert "agency" not in tell("one")
        with sqlite3.connect(desk.folder / "state" / "marsad.sqlite") as connection:  # two days and nine tries later
            connection.execute(
                "UPDATE poll_states SET failures = 9, last_success_at = last_polled_at - 172800000000"
                " WHERE source = 'agency'"
            )
        connection.close()
        assert "Cannot be read: agency." in tell("two")
        [to_operator] = mailbox.read("ops@example.org")
        assert "agency: broken (answered 503 Service Unavailable" in to_operator.get_content()
        assert "agency" not in tell("three")
        status[0] = 200
        assert "Back: agency." in tell("four")
        assert "agency" not in tell("five")
        assert "agency: back (it was broken)" in mailbox.read("ops@example.org")[-1].get_content()
        assert len(mailbox.read("ops@example.org")) == 2
        server.shutdown()
        thread.join()
