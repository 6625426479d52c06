"""Twenty articles, two digests for three readers each, over a folder and over a feed; and a mail server that keeps all."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers import PostOffice

from monitor.app import load_configuration, open_app
from monitor.line import OnceOutcome, run_once
from monitor.ops.clock import SystemClock
from monitor.ops.statelock import hold_state

HEADLINES = [f"{'القدس' if number % 2 else 'Цхинвал'} council decides matter {number:02}" for number in range(20)]
READERS = ("a", "b", "c")
RULES = """\
entities:
  one: {kind: topic, names: {ar: [القدس]}}
  two: {kind: topic, names: {ru: [Цхинвал]}}
rules:
  first: {title: Первое правило, any: [one], severity: urgent}
  second: {title: القاعدة الثانية, any: [two]}
"""
DIGESTS = """\
digests:
  urgent: {to: [a@example.org, b@example.org, c@example.org], rules: [first], schedule: immediate}
  rest: {to: [a@example.org, b@example.org, c@example.org], rules: [second], schedule: immediate}
"""
MOST_PASSES = 5  # after a kill, until nothing is left to do


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Letters:
    """What a mail server accepted: recipient and bytes."""

    port: int = 0
    kept: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        assert isinstance(content, bytes)
        self.kept += [(to, content) for to in envelope.rcpt_tos]
        return "250 2.0.0 kept"


@pytest.fixture(scope="session")
def letters() -> Iterator[Letters]:
    made = Letters()
    office = PostOffice(made)
    office.start()
    made.port = office.port
    yield made
    office.stop()


@pytest.fixture(scope="session")
def feed_port() -> Iterator[int]:
    """A web server with the twenty articles in one feed."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>{headline}</title>"
        f"<link>http://example.org/{number}</link><description>{'The council has met. ' * 30}</description></item>"
        for number, headline in enumerate(HEADLINES)
    )
    body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>مجلس</title>{items}</channel></rss>".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True)
class AheadClock(SystemClock):
    """The system's clock, so much later."""

    ahead: timedelta

    def now(self) -> datetime:
        return super(AheadClock, self).now() + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What readers got of the twenty articles."""

    lost: list[str]  # reader and headline
    twice: list[str]
    repeated: set[str]  # identities of messages that the mail server has more than once
    altered: set[str]  # those of them whose copies differ
    resent: set[str]  # recipients of which Marsad itself says that a message may arrive twice
    is_stuck: bool


@dataclass(frozen=True, slots=True)
class Town:
    """A configuration, and the mail that it has sent. Its names are read once in each process."""

    folder: Path
    letters: Letters

    def forget(self) -> None:
        """As it was before its first pass."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        self.letters.kept.clear()

    def recover(self) -> list[OnceOutcome]:
        """Passes, ten minutes apart, until one of them has nothing to do."""
        settings = load_configuration(self.folder, keep=False, examples=False).settings
        outcomes: list[OnceOutcome] = []

        async def go(holder: str) -> OnceOutcome:
            clock = AheadClock(timedelta(minutes=10 * len(outcomes) + 10))
            app = await open_app(settings, holder=holder, clock=clock)
            try:
                return await run_once(app, everything=True)
            finally:
                await app.close()

        while len(outcomes) < MOST_PASSES:
            with hold_state(settings.state, command="once") as holder:
                outcomes.append(asyncio.run(go(holder)))
            if outcomes[-1].ok and not outcomes[-1].deliveries:
                break
        return outcomes

    def judge(self, outcomes: Sequence[OnceOutcome]) -> Told:
        copies: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for recipient, content in self.letters.kept:
            copies[(recipient, re.search(rb"(?mi)^message-id:\s*(\S+)", content)[1].decode())].append(content)  # type: ignore[index]
        times = {(reader, headline): 0 for reader in READERS for headline in HEADLINES}
        for (recipient, _), contents in copies.items():
            text = read_text(contents[0])
            for headline in HEADLINES:
                times[(recipient[0], headline)] += headline in text
        repeated = {key for key, contents in copies.items() if len(contents) > 1}
        return Told(
            lost=[" ".join(key) for key, count in times.items() if count == 0],
            twice=[" ".join(key) for key, count in times.items() if count > 1],
            repeated={recipient for recipient, _ in repeated},
            altered={identity for recipient, identity in repeated if len(set(copies[(recipient, identity)])) > 1},
            resent={one.recipient for outcome in outcomes for one in outcome.deliveries if one.resent},
            is_stuck=not outcomes[-1].ok or bool(outcomes[-1].deliveries),
        )


def read_text(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    part: Any = message.get_body(("plain",))
    return str(part.get_content())


def found(folder: Path, letters: Letters, sources: str, polling: str = "") -> Town:
    channel = f"type: smtp, host: 127.0.0.1, port: {letters.port}, tls: none, from: marsad@example.org"
    files = {
        "marsad.yaml": f"config: 1\nstate: state\nchannels:\n  mail: {{{channel}}}\n{polling}",
        "sources.yaml": sources,
        "digests.yaml": DIGESTS,
        "rules/all.yaml": RULES,
    }
    (folder / "rules").mkdir()
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return Town(folder, letters)


@pytest.fixture(scope="module")
def over_folder(tmp_path_factory: pytest.TempPathFactory, letters: Letters) -> Town:
    folder = tmp_path_factory.mktemp("folder")
    saved = folder / "saved"
    saved.mkdir()
    for number, headline in enumerate(HEADLINES):
        (saved / f"{number:02}.txt").write_text(f"{headline}\n\nThe council has met.\n", encoding="utf-8")
    return found(folder, letters, "sources:\n  - {id: saved, path: saved}\n")


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory, letters: Letters, feed_port: int) -> Town:
    url = f"http://127.0.0.1:{feed_port}/council.xml"
    sources = f"sources:\n  - {{id: council, url: '{url}', backfill: all, fulltext: never, every: 5m}}\n"
    polling = f"polling: {{allow_private: ['127.0.0.1:{feed_port}'], host_delay: 0s}}\n"
    return found(tmp_path_factory.mktemp("http"), letters, sources, polling)
