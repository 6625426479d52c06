"""Consoles on loopback: a small one for who may do what, and one over a store that the line has filled."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from waiting import PATIENCE_SECONDS, until

from monitor.app import load_configuration, open_app
from monitor.line import run_once
from monitor.model import DigestId, DigestName, FaultKind, Message
from monitor.model.console import Action, ConsoleSettings
from monitor.model.outbox import ChannelName
from monitor.model.silence import Silence, SilenceKind
from monitor.web.desk import Desk
from monitor.web.outline import outline
from monitor.web.places import open_socket
from monitor.web.server import make_application
from monitor.web.service import open_desk
from monitor.web.snapshot import Snapshot

PACKS = "leaders, regions, organisations, diplomacy, ceasefires"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    text: str


@dataclass(slots=True)
class RunningConsole:
    """A console in a thread, and a client without a browser."""

    desk: Desk
    place: tuple[str, int] | str
    loop: asyncio.AbstractEventLoop
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.place)

    def call(self, work: Any) -> Any:
        """A coroutine, on the console's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = self._connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            text = response.read().decode()
            found = dict(response.getheaders())
            return Answer(response.status, found, tuple(response.msg.get_all("Set-Cookie") or ()), text)
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if isinstance(self.place, tuple):
            return http.client.HTTPConnection(*self.place, timeout=PATIENCE_SECONDS)
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.place)
        return connection

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        given = {"Sec_Fetch_Site": "same-origin", **headers}
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, urlencode(fields).encode(), Content_Type=kind, **given)

    def find_token(self, path: str = "/") -> str:
        """That of the forms of a page."""
        return self.get(path).text.partition('name="token" value="')[2].partition('"')[0]


@contextmanager
def run_console(
    directory: Path, snapshot: Snapshot, settings: ConsoleSettings | None = None
) -> Iterator[RunningConsole]:
    if settings is not None:
        snapshot = replace(snapshot, settings=replace(snapshot.settings, console=settings))
    loop, ready, ending = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[RunningConsole] = []

    async def serve() -> None:
        async with open_desk(directory, snapshot) as desk:
            runner = web.AppRunner(make_application(desk), access_log=None)
            await runner.setup()
            console = snapshot.settings.console
            listening = open_socket(console if console.socket else replace(console, listen=("127.0.0.1", 0)))
            name = listening.getsockname()
            await web.SockSite(runner, listening).start()
            made.append(RunningConsole(desk, name if isinstance(name, str) else name[:2], loop))
            ready.set()
            await ending.wait()
            await runner.cleanup()
            for _ in range(5):  # connections that were closed are let go in the next turns
                await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    until(lambda: ready.is_set() or not thread.is_alive(), "the start of the console")
    assert ready.is_set(), "the console did not start"
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(PATIENCE_SECONDS)
        loop.run_until_complete(loop.shutdown_default_executor())  # no thread may be left for tests that fork
        loop.close()


@pytest.fixture(scope="session")
def start_console() -> Any:
    """Runs one; the argument after the folder is what `console:` says."""
    return run_console


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """A configuration of one rule, whose store is empty."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "marsad.yaml").write_text("config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n")
    (folder / "sources.yaml").write_text("sources:\n  - {id: wire, path: articles}\n")
    (folder / "digests.yaml").write_text("digests:\n  morning: {to: [desk@example.org]}\n")
    (folder / "rules").mkdir()
    (folder / "rules" / "kremlin.yaml").write_text(
        "entities:\n  putin: {kind: leader, names: {en: [Putin]}}\nrules:\n  kremlin:\n    title: Kremlin\n    any: [putin]\n"
    )
    (folder / "articles").mkdir()
    (folder / "state").mkdir()
    return folder, outline(load_configuration(folder, keep=False, examples=False))


def make_message(name: str) -> Message:
    return Message(
        id=DigestId(name),
        message_id=f"<{name}@example.org>",
        channel=ChannelName("box"),
        sender="marsad@example.org",
        recipient="sami@example.org",
        content=b"To: sami@example.org\r\nSubject: x\r\n\r\nx\r\n",
    )


@pytest.fixture
def queue_message() -> Callable[..., Any]:
    """A message in the outbox of a console."""

    async def queue(desk: Desk, name: str) -> None:
        await desk.store.outbox.enqueue(make_message(name), DigestName("morning"), datetime.now(UTC))

    return queue


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[RunningConsole]:
    """The demo's articles and some of its packs, polled and mailed; a broken source, a failed message, a silence."""
    folder = tmp_path_factory.mktemp("newsroom")
    (folder / "seeds").symlink_to(root / "seeds")
    (folder / "marsad.yaml").write_text(
        f"config: 1\nstate: state\nchannels: {{box: {{type: maildir, path: mail}}}}\npacks: [{PACKS}]\n"
    )
    (folder / "sources.yaml").write_text(
        "sources:\n  - {id: articles, path: seeds/articles}\n  - {id: feeds, path: seeds/feeds, owner: Levant Wire}\n"
        "  - {id: missing, path: nowhere}\n"
    )
    (folder / "digests.yaml").write_text('digests:\n  demo: {to: [desk@example.org], rules: ["*"]}\n')
    in_force = load_configuration(folder, examples=False)
    asyncio.run(fill(in_force.settings))
    with run_console(folder, outline(in_force)) as console:
        console.call(add_people(console.desk))
        yield console


async def fill(settings: Any) -> None:
    settings.state.mkdir(exist_ok=True)
    app = await open_app(settings)
    try:
        await run_once(app, everything=True)
        await app.store.signals.count_matches(1000)
    finally:
        await app.close()


async def add_people(desk: Desk) -> None:
    store, now = desk.store, datetime.now(UTC)
    await store.outbox.enqueue(make_message("waiting"), DigestName("demo"), now)
    await store.faults.record(FaultKind.CHANNEL, "box", "the disk is full", now, retry_at=now + timedelta(hours=1))
    silence = Silence(
        kind=SilenceKind.RULE, subject="ceasefires", title="Ceasefires", begun_at=now, until=now + timedelta(days=1),
        author="sami", comment="known until Friday",
    )  # fmt: skip
    await store.silences.add(silence)
    await store.actions.note(Action(at=now, user="sami", what="silence", subject="rule ceasefires: known until Friday"))
