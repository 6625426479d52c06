"""Channels that are not mail, on real commands, files and servers: feed, exec and apprise."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import feedparser
import pytest
from waiting import PATIENCE_SECONDS, until

from monitor.channels.apprise import AppriseChannel
from monitor.channels.apprise import Options as AppriseOptions
from monitor.channels.exec import ExecChannel
from monitor.channels.exec import Options as ExecOptions
from monitor.channels.feed import FeedChannel
from monitor.channels.feed import Options as FeedOptions
from monitor.digests.envelope import Envelope
from monitor.digests.rendered import Rendered, compose_document
from monitor.errors import ConnectionBroken, UserMustFix
from monitor.model import ChannelName, Delivery, DigestId, Message, OutboxState, Secret
from monitor.ports import Channel

LIMIT_SECONDS = 5.0  # long enough for a busy machine to start a shell
HEADLINES = ["بوتين وعلييف في قره باغ", "Çözüm için İstanbul'da görüşme <b>", "苏丹停火协议签署\x00\x1b[2J"]


def make_message(headline: str = HEADLINES[0], *, to: str = "out:desk", hour: int = 7) -> Message:
    at = datetime(2026, 11, 30, hour, tzinfo=UTC)
    key = f"{abs(hash((headline, hour))):024x}"[:24]
    envelope = Envelope(
        key=key, sender="", recipient=to, subject=f"1 story: {headline}", at=at, language="ar", list_name="now"
    )
    rendered = Rendered(envelope=envelope, digest="now", text=f"{headline}\n", html=f"<p>{len(headline)}</p>")
    return Message(
        id=DigestId(key),
        message_id=envelope.message_id,
        channel=ChannelName("out"),
        sender="",
        recipient=to,
        content=compose_document(rendered),
    )


def send(channel: Channel, *messages: Message) -> list[Delivery]:
    marks: list[str] = []

    async def deliver() -> list[Delivery]:
        async def mark() -> None:
            marks.append("handed over")

        try:
            return [await channel.send(message, before_data=mark) for message in messages]
        finally:
            await channel.close()

    found = asyncio.run(deliver())
    assert len(marks) == len(messages)
    return found


def never(secret: Secret) -> str:
    raise AssertionError(secret)


# feed


@pytest.fixture
def feed(tmp_path: Path) -> FeedChannel:
    return FeedChannel(FeedOptions(path=tmp_path / "feeds", most=3), reveal=never)


def test_each_digest_is_an_entry_of_an_atom_and_of_a_json_feed(feed: FeedChannel, tmp_path: Path) -> None:
    sent = send(feed, *(make_message(headline, hour=7 + number) for number, headline in enumerate(HEADLINES)))
    assert [one.state for one in sent] == [OutboxState.SENT] * 3
    assert sent[0].reply == "written to desk.json"
    found = json.loads((tmp_path / "feeds/desk.json").read_text("utf-8"))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["date_published"][11:13] for item in found["items"]] == ["09", "08", "07"]
    assert found["items"][2]["title"] == f"1 story: {HEADLINES[0]}"
    atom = feedparser.parse((tmp_path / "feeds/desk.atom").read_bytes())
    assert not atom.bozo
    assert [entry.id for entry in atom.entries] == [item["id"] for item in found["items"]]
    assert atom.entries[1].title == f"1 story: {HEADLINES[1]}"
    assert atom.entries[0].content[0].type == "text/html"
    assert sorted(path.name for path in (tmp_path / "feeds").iterdir()) == [".desk.lock", "desk.atom", "desk.json"]


def test_a_second_delivery_of_a_message_changes_nothing(feed: FeedChannel, tmp_path: Path) -> None:
    message = make_message()
    send(feed, message)
    before = (tmp_path / "feeds/desk.json").read_bytes()
    send(feed, message)
    assert (tmp_path / "feeds/desk.json").read_bytes() == before


def test_a_feed_is_bounded(feed: FeedChannel, tmp_path: Path) -> None:
    send(feed, *(make_message(f"headline {number}", hour=number) for number in range(9)))
    items = json.loads((tmp_path / "feeds/desk.json").read_text("utf-8"))["items"]
    assert [item["title"][-1] for item in items] == ["8", "7", "6"]


def test_a_file_of_somebody_else_is_left_alone(feed: FeedChannel, tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/desk.json").write_text("[1]")
    with pytest.raises(UserMustFix, match="is not a feed that Marsad has written"):
        send(feed, make_message())
    assert (tmp_path / "feeds/desk.json").read_text() == "[1]"


def test_a_name_never_leaves_the_folder(feed: FeedChannel, tmp_path: Path) -> None:
    with pytest.raises(UserMustFix, match="is not a name for a file"):
        send(feed, make_message(to="out:../desk"))
    assert list(tmp_path.glob("*.json")) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    channel = FeedChannel(FeedOptions(path=tmp_path / "file" / "feeds"), reveal=never)
    with pytest.raises(UserMustFix, match="cannot make the folder"):
        asyncio.run(channel.probe())


# exec


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., ExecChannel]:
    def make(text: str, *, timeout: float = PATIENCE_SECONDS) -> ExecChannel:
        path = tmp_path / "page"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return ExecChannel(ExecOptions(command=(str(path), "--desk"), timeout=timeout), reveal=never)

    return make


def test_a_command_gets_the_message_as_json(script: Callable[..., ExecChannel], tmp_path: Path) -> None:
    os.environ["MARSAD_TEST_SECRET"] = "hunter2"
    channel = script(f'cat > {tmp_path}/got; echo "$1" > {tmp_path}/said; env >> {tmp_path}/said; echo thanks')
    [delivery] = send(channel, make_message(HEADLINES[1]))
    assert (delivery.state, delivery.reply) == (OutboxState.SENT, "exit 0: thanks")
    got = json.loads((tmp_path / "got").read_text("utf-8"))
    assert got["subject"] == f"1 story: {HEADLINES[1]}"
    assert got["text"] == f"{HEADLINES[1]}\n"
    assert set(got) == {"id", "message_id", "digest", "recipient", "subject", "language", "at", "text", "html"}
    said = (tmp_path / "said").read_text()
    assert said.startswith("--desk\n")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("text", "state", "reply"),
    [
        ("exit 75", OutboxState.PENDING, "exit 75"),
        ("echo no such pager >&2; exit 3", OutboxState.FAILED, "exit 3: no such pager"),
        ("exec 0<&-; exit 0", OutboxState.SENT, "exit 0"),  # it does not read
    ],
)
def test_the_exit_code_says_what_happened(
    script: Callable[..., ExecChannel], text: str, state: OutboxState, reply: str
) -> None:
    [delivery] = send(script(text), make_message("x" * 300_000))
    assert (delivery.state, delivery.reply) == (state, reply)


def test_much_output_does_no_harm(script: Callable[..., ExecChannel]) -> None:
    [delivery] = send(script("yes | head -c 3000000; exit 0"), make_message())
    assert delivery.state is OutboxState.SENT
    assert len(delivery.reply) < 400


def test_a_command_that_takes_too_long_is_stopped_with_its_children(
    script: Callable[..., ExecChannel], tmp_path: Path
) -> None:
    channel = script(f"sleep 600 & echo $! > {tmp_path}/child; wait", timeout=LIMIT_SECONDS)
    with pytest.raises(ConnectionBroken, match="did not end within 5 s") as caught:
        send(channel, make_message())
    assert caught.value.may_have_arrived
    child = int((tmp_path / "child").read_text())
    until(lambda: not _is_running(child), "the end of the child")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_command_that_was_killed_may_have_done_its_work(script: Callable[..., ExecChannel]) -> None:
    with pytest.raises(ConnectionBroken, match="was ended by SIGKILL") as caught:
        send(script("kill -9 $$"), make_message())
    assert caught.value.may_have_arrived


def test_a_command_that_is_not_there() -> None:
    channel = ExecChannel(ExecOptions(command=("/nowhere/page",)), reveal=never)
    with pytest.raises(UserMustFix, match="/nowhere/page does not exist"):
        asyncio.run(channel.open())


# apprise


class Webhook:
    """An HTTP server that keeps what it was sent, and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200


@contextmanager
def run_webhook() -> Iterator[tuple[Webhook, str]]:
    webhook = Webhook()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            webhook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(webhook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """No line for each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield webhook, f"json://127.0.0.1:{server.server_address[1]}/s3cr3t-t0k3n"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_chat(url: str) -> AppriseChannel:
    options = AppriseOptions(targets={"desk": Secret(kind="env", name="DESK")})
    return AppriseChannel(options, reveal=lambda _: url)


def test_a_webhook_gets_title_and_text() -> None:
    with run_webhook() as (webhook, url):
        [delivery] = send(make_chat(url), make_message(HEADLINES[0]))
    assert (delivery.state, delivery.reply) == (OutboxState.SENT, "accepted")
    [got] = webhook.got
    assert got["title"] == f"1 story: {HEADLINES[0]}"
    assert got["message"].strip() == HEADLINES[0]


def test_a_service_that_refuses_is_asked_again_and_the_reason_hides_the_token() -> None:
    with run_webhook() as (webhook, url):
        webhook.status = 500
        [delivery] = send(make_chat(url), make_message())
    assert delivery.state is OutboxState.PENDING
    assert "500" in delivery.reply
    assert "s3cr3t" not in delivery.reply
    [delivery] = send(make_chat(url), make_message())  # nobody there
    assert delivery.state is OutboxState.PENDING
    assert "s3cr3t" not in delivery.reply


def test_targets_that_cannot_be_used() -> None:
    with pytest.raises(UserMustFix, match="target desk: its URL is none that Apprise knows") as caught:
        asyncio.run(make_chat("nonsense:s3cr3t").probe())
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(UserMustFix, match="no target 'news'"):
        asyncio.run(make_chat("json://127.0.0.1/").send(make_message(to="out:news"), before_data=asyncio.Event().wait))


def test_without_the_extra_the_error_has_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.channels.apprise.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'marsad\[chat\]'"):
        make_chat("json://127.0.0.1/")


@pytest.mark.parametrize(
    "make",
    [
        lambda: ExecOptions(command=()),
        lambda: ExecOptions(command=("x",), timeout=0),
        lambda: FeedOptions(path=Path("x"), most=0),
        lambda: AppriseOptions(targets={}),
        lambda: AppriseOptions(targets={"desk": Secret(kind="env", name="X")}, max_size=10),
        lambda: AppriseOptions(targets={"desk": Secret(kind="env", name="X")}, timeout=0),
    ],
)
def test_options_that_make_no_sense(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own sentence
        make()
