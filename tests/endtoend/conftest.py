"""A desk: a configuration on disk, the real command, and a real mail server on loopback."""

from __future__ import annotations

import email
import email.policy
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
import starter
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers import PostOffice, find_free_port
from waiting import PATIENCE_SECONDS
from waiting import until as wait_until

COMMAND = Path(sys.executable).parent / "marsad"
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}
  aliyev: {kind: leader, names: {en: [Aliyev], ar: [علييف], az: [Əliyev]}}
  karabakh: {kind: region, names: {en: [Karabakh], ar: [قره باغ], az: [Qarabağ]}}
rules:
  karabakh-diplomacy:
    title: Karabakh diplomacy
    all: [{any: [putin, aliyev]}, karabakh]
    examples:
      match: [بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ]
      skip: [Karabakh horses win the derby]
  kremlin:
    title: Kremlin
    any: [putin]
    severity: urgent
"""
SOURCES = """\
sources:
  - {id: saved, path: articles, every: 1s}
"""
ARTICLE = """\
بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ

بحث الرئيسان في اتصال هاتفي اليوم الوضع حول الإقليم وسير العمل بالاتفاقات التي وقعها الجانبان في الأشهر الماضية.
"""


@dataclass(slots=True)
class Mailbox:
    """What the mail server accepted: (recipient, raw bytes), oldest first."""

    port: int
    received: list[tuple[str, bytes]] = field(default_factory=list)

    def read(self, recipient: str | None = None) -> list[EmailMessage]:
        return [
            email.message_from_bytes(content, policy=email.policy.default)
            for to, content in self.received
            if recipient in {None, to}
        ]

    def wait_for(self, count: int) -> list[EmailMessage]:
        wait_until(lambda: len(self.received) >= count, f"{count} mails")
        return self.read()


class Keeper:
    """An aiosmtpd handler that keeps what it is given."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        assert isinstance(content, bytes)
        self.mailbox.received += [(to, content) for to in envelope.rcpt_tos]
        return "250 2.0.0 kept"


@pytest.fixture
def free_port() -> Callable[[], int]:
    return find_free_port


@pytest.fixture
def keeper() -> type[Keeper]:
    return Keeper


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A plain SMTP server on a free loopback port."""
    box = Mailbox(port=0)
    office = PostOffice(Keeper(box))
    office.start()
    box.port = office.port
    yield box
    office.stop()


@dataclass(slots=True)
class Desk:
    """A configuration folder and the command run on it, as a person would."""

    folder: Path
    daemons: list[starter.Started] = field(default_factory=list)

    @property
    def articles(self) -> Path:
        return self.folder / "articles"

    def write(self, name: str, text: str) -> Path:
        """Whole at once: the daemon never sees half a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.folder.with_name("draft")
        draft.write_text(text, encoding="utf-8")
        return draft.replace(path)

    def configure(self, channel: str, digests: str) -> None:
        self.write("marsad.yaml", f"config: 1\nstate: state\nchannels:\n  mail: {channel}\n")
        self.write("sources.yaml", SOURCES)
        self.write("rules/desk.yaml", RULES)
        self.write("digests.yaml", digests)
        self.articles.mkdir(exist_ok=True)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_marsad("--config", str(self.folder), *arguments)

    def start(self) -> starter.Started:
        """The daemon, once it watches."""
        log = self.folder / "daemon.log"
        before = log.stat().st_size if log.exists() else 0
        daemon = self.launch()
        wait_until(
            lambda: daemon.poll() is not None or "daemon.prepared" in self.read_log(before), "the daemon to start"
        )
        assert daemon.poll() is None, self.read_log(before)
        return daemon

    def launch(self) -> starter.Started:
        """The daemon as it begins to start; its log goes to daemon.log."""
        with (self.folder / "daemon.log").open("ab") as log:
            daemon = starter.start(["--config", self.folder, "run"], out=log, err=log)
        self.daemons.append(daemon)
        return daemon

    def read_log(self, after: int = 0) -> str:
        return (self.folder / "daemon.log").read_bytes()[after:].decode("utf-8", "replace")

    def stop(self, daemon: starter.Started, number: int = signal.SIGTERM) -> int:
        daemon.send_signal(number)
        return daemon.wait(PATIENCE_SECONDS)


def run_marsad(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    unwanted = ("MARSAD_CONFIG", "COVERAGE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return starter.run(arguments, env=environment, timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session", autouse=True)
def _starter_ends() -> Iterator[None]:
    yield
    starter.stop_server()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "desk")
    made.folder.mkdir()
    yield made
    for daemon in made.daemons:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait(PATIENCE_SECONDS)


@pytest.fixture
def marsad() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_marsad


@pytest.fixture
def article() -> str:
    return ARTICLE


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    return wait_until


def smtp_channel(mailbox: Mailbox) -> str:
    return f'{{type: smtp, host: 127.0.0.1, port: {mailbox.port}, tls: none, from: "Marsad <marsad@example.org>"}}'


@pytest.fixture
def smtp(mailbox: Mailbox) -> str:
    """The YAML of a channel to the mail server."""
    return smtp_channel(mailbox)


__all__: Sequence[str] = ()
