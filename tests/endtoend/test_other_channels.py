"""Digests over channels that are not mail: each recipient is told once, whatever is killed, and everything shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

pytestmark = pytest.mark.proof

MAIN = """\
config: 1
state: state
channels:
  box: {type: maildir, path: mail}
  web: {type: feed, path: feeds}
  pager: {type: exec, command: [PAGE]}
"""
DIGESTS = """\
digests:
  now: {to: [desk@example.org, "web:caucasus", "pager:night"], schedule: immediate, group_wait: 0s, language: ar}
  again: {to: ["web:caucasus"], schedule: immediate, group_wait: 0s}
"""


@pytest.fixture
def page(desk: Any) -> Path:
    """A command that keeps what it is told, one line for each message."""
    path: Path = desk.folder / "page"
    path.write_text(f"#!/bin/sh\ncat >> {desk.folder}/pages; echo >> {desk.folder}/pages\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def newsroom(desk: Any, page: Path, article: str) -> Any:
    desk.configure("{type: maildir, path: mail}", DIGESTS)
    desk.write("marsad.yaml", MAIN.replace("PAGE", str(page)))
    desk.write("articles/call.txt", article)
    return desk


def read_pages(newsroom: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (newsroom.folder / "pages").read_text("utf-8").splitlines()]


def test_mail_feed_and_command_are_told_once_each(newsroom: Any) -> None:
    assert newsroom.run("check").returncode == 0
    assert newsroom.run("once").returncode == 0
    assert newsroom.run("once").returncode == 0
    assert len(list((newsroom.folder / "mail/new").iterdir())) == 1
    [entry] = json.loads((newsroom.folder / "feeds/caucasus.json").read_text("utf-8"))["items"]
    [paged] = read_pages(newsroom)
    assert (paged["recipient"], paged["digest"], paged["language"]) == ("pager:night", "now", "ar")
    assert entry["content_html"].startswith("<!DOCTYPE html>") or "<html" in entry["content_html"]
    states = json.loads(newsroom.run("outbox", "list", "--all", "--json").stdout)
    assert {(one["recipient"], one["state"]) for one in states} == {
        ("desk@example.org", "sent"),
        ("web:caucasus", "sent"),
        ("pager:night", "sent"),
    }
    shown = newsroom.run("digest", "preview", "now", "--last").stdout
    assert "To: pager:night" in shown


def test_a_kill_between_hand_over_and_commit_repeats_the_same_message(newsroom: Any, page: Path) -> None:
    """The command ends `marsad once` with SIGKILL, once it has done its work."""
    whole = page.read_text()
    page.write_text(f"{whole}kill -9 $PPID\n")
    assert newsroom.run("once").returncode != 0
    page.write_text(whole)
    assert newsroom.run("once").returncode == 0
    first, second = read_pages(newsroom)
    assert first == second
    states = json.loads(newsroom.run("outbox", "list", "--all", "--json").stdout)
    assert {one["state"] for one in states} == {"sent"}
    [_] = json.loads((newsroom.folder / "feeds/caucasus.json").read_text("utf-8"))["items"]


def test_a_command_that_is_gone_puts_its_channel_on_hold_and_no_other(newsroom: Any, page: Path) -> None:
    page.unlink()
    assert newsroom.run("once").returncode == 1
    assert (newsroom.folder / "feeds/caucasus.json").exists()
    status = newsroom.run("status")
    assert status.returncode == 1
    assert "! channel pager: on hold" in status.stdout
    assert "does not exist or may not be run" in status.stdout


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("wep:caucasus", "unknown channel 'wep'"),
        ("web:../x", "'../x' is not an address of channel web"),
        ("box:desk@example.org", "'box' is a channel of mail"),
    ],
)
def test_addresses_that_mean_nothing(newsroom: Any, to: str, said: str) -> None:
    newsroom.write("digests.yaml", f"digests:\n  now: {{to: ['{to}'], schedule: immediate, group_wait: 0s}}\n")
    checked = newsroom.run("check")
    assert checked.returncode == 2
    assert said in checked.stdout + checked.stderr


def test_the_operator_gets_mail(newsroom: Any) -> None:
    main = (newsroom.folder / "marsad.yaml").read_text("utf-8")
    newsroom.write("marsad.yaml", f"{main}operator: {{to: 'pager:night'}}\n")
    checked = newsroom.run("check")
    assert checked.returncode == 2
    assert "'pager:night' is not an e-mail address" in checked.stdout + checked.stderr


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    got: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """No line for each request."""


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}/t0k3n"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_chat_gets_short_messages_with_every_headline(newsroom: Any, webhook: str) -> None:
    newsroom.write("desk.url", webhook)
    newsroom.write(
        "marsad.yaml",
        "config: 1\nstate: state\nchannels:\n  chat: {type: apprise, targets: {desk: {file: desk.url}}, max_size: 2500}\n",
    )
    newsroom.write(
        "digests.yaml", "digests:\n  now: {to: ['chat:desk'], schedule: immediate, group_wait: 0s, language: ar}\n"
    )
    for number in range(40):
        newsroom.write(
            f"articles/{number}.txt", f"Putin opens factory number {number} of region {number * 7}\n\nIt is new.\n"
        )
    once = newsroom.run("once")
    assert once.returncode == 0, once.stdout + once.stderr
    text = "\n".join(one["message"] for one in Webhook.got)
    assert len(Webhook.got) > 1
    for number in range(40):
        assert text.count(f"Putin opens factory number {number} of") == 1
    assert all(len(one["message"].encode()) < 2500 for one in Webhook.got)
    assert "<" not in text
    assert "t0k3n" not in once.stdout + once.stderr
    assert b"t0k3n" not in (newsroom.folder / "state/marsad.sqlite").read_bytes()
