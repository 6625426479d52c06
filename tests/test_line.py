"""The whole line over an App with a clock that stands: who is told what fails, by which channel, and who is away."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import find_free_port

from monitor.app import App, load_configuration, open_app
from monitor.digesting import build_digests
from monitor.digests.bounces import sign_sender
from monitor.line import forget, index_older, poll_sources, register, report_all_faults, run_once
from monitor.model import FaultKind, OutboxState
from monitor.pipeline.deliver import deliver

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin]}}
rules:
  kremlin: {title: Kremlin, any: [putin]}
"""
DIGESTS = "digests:\n  now: {to: [READERS], schedule: immediate, channel: CHANNEL}\n"


class StandingClock:
    """ports.Clock that moves only when told to."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Desk:
    """A configuration with a dead mail server and a Maildir, and an App over it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.clock = folder, StandingClock()
        dead = f"{{type: smtp, host: 127.0.0.1, port: {port}, tls: none, from: marsad@example.org}}"
        self.channels = f"  mail: {dead}\n  box: {{type: maildir, path: box}}\n"
        self.write("sources.yaml", "sources:\n  - {id: saved, path: articles, every: 1s}\n")
        self.write("rules/desk.yaml", RULES)
        self.configure("mail", "mail")
        (folder / "state").mkdir()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def configure(
        self, digest: str, operator: str, channels: str | None = None, readers: str = "desk@example.org"
    ) -> None:
        main = f"config: 1\nstate: state\ndefaults: {{channel: mail}}\nchannels:\n{channels or self.channels}"
        self.write("marsad.yaml", f"{main}operator: {{to: ops@example.org, channel: {operator}}}\n")
        self.write("digests.yaml", DIGESTS.replace("CHANNEL", digest).replace("READERS", readers))

    def find(self, name: str) -> None:
        """Another article that matches."""
        self.write(f"articles/{name}.txt", f"Putin and {name}\n\nThe office said so on Monday, about {name}.\n")

    def run(self, work: Callable[[App], Coroutine[Any, Any, Any]]) -> Any:
        """What `work` does in a process of its own."""

        async def scenario() -> Any:
            app = await open_app(load_configuration(self.folder, keep=False).settings, clock=self.clock)
            try:
                return await work(app)
            finally:
                await app.close()

        return asyncio.run(scenario())

    def read_box(self) -> list[Any]:
        """Mails in the Maildir, oldest first."""
        paths = sorted((self.folder / "box" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, find_free_port())


def read_text(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def test_a_dead_channel_is_reported_after_ten_minutes_by_another_one_and_once_when_it_is_well(desk: Desk) -> None:
    desk.find("harvest")

    async def fail(app: App) -> None:
        await run_once(app)
        assert desk.read_box() == []
        desk.clock.at += 10 * MINUTE
        assert len((await run_once(app)).deliveries) == 2  # the trial, and in the same pass the mail to the operator
        [mail] = desk.read_box()
        assert mail["To"] == "ops@example.org"
        assert "channel mail: 127.0.0.1:" in read_text(mail)
        desk.clock.at += 60 * MINUTE
        await run_once(app)
        assert len(desk.read_box()) == 1
        [fault] = await app.store.faults.list_faults()
        assert (fault.kind, fault.subject) == (FaultKind.CHANNEL, "mail")

    desk.run(fail)
    desk.configure("mail", "mail", "  mail: {type: maildir, path: box}\n")
    desk.clock.at += MINUTE
    outcome = desk.run(run_once)
    assert outcome.ok
    subjects = [mail["Subject"] for mail in desk.read_box()]
    assert subjects[0] == "Marsad: something has failed"
    assert sorted(subjects[1:]) == ["1 story: Kremlin — Putin and harvest", "Marsad: something works again"]


def test_while_every_channel_is_on_hold_the_operators_mail_waits_for_his_own(desk: Desk) -> None:
    desk.find("harvest")
    desk.configure("mail", "mail", desk.channels.splitlines(keepends=True)[0])

    async def fail(app: App) -> None:
        await run_once(app)
        desk.clock.at += 10 * MINUTE
        await run_once(app)
        waiting = await app.store.outbox.list_entries([OutboxState.PENDING])
        assert {(entry.message.recipient, entry.message.channel) for entry in waiting} == {
            ("desk@example.org", "mail"),
            ("ops@example.org", "mail"),
        }

    desk.run(fail)


def test_a_process_that_runs_once_tries_the_channel_now_although_an_earlier_one_put_it_on_hold(desk: Desk) -> None:
    desk.find("harvest")
    for count in (1, 2, 3):
        outcome = desk.run(run_once)
        assert [delivery.state for delivery in outcome.deliveries] == [OutboxState.PENDING]
        assert not outcome.ok
        [fault] = desk.run(lambda app: app.store.faults.list_faults())
        assert fault.count == count


def test_a_missing_password_is_a_fault_of_the_channel(desk: Desk) -> None:
    desk.find("harvest")
    login = "user: marsad, password: {env: MARSAD_TEST_NO_SUCH_VARIABLE}"
    dead = desk.channels.splitlines(keepends=True)[0].replace("tls: none", f"tls: none, {login}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                writer.write({b"EHLO": b"250-mail\r\n250 AUTH PLAIN\r\n"}.get(verb, b"221 bye\r\n"))
            writer.close()

        async def fail(app: App) -> None:
            async with await asyncio.start_server(greet, sock=server):
                await run_once(app)
            [fault] = await app.store.faults.list_faults()
            assert "MARSAD_TEST_NO_SUCH_VARIABLE" in fault.detail
            assert fault.retry_at is not None

        desk.configure("mail", "mail", dead.replace(dead.partition("port: ")[2].partition(",")[0], str(port)))
        desk.run(fail)


def test_who_is_away_is_told_everything_in_one_digest_afterwards_also_after_years(desk: Desk) -> None:
    """Retention spares what a paused reader has not been told, while others are told and the daemon never restarts."""
    desk.configure("box", "box", readers="desk@example.org, chief@example.org")
    words = ["harvest", "ships", "tunnels", "bread", "salt"]

    async def stay_away(app: App) -> None:
        await register(app)
        await app.store.recipients.pause("desk@example.org", desk.clock.now(), desk.clock.now() + 450 * DAY)
        for word in words:
            desk.find(word)
            desk.clock.at += 100 * DAY
            await poll_sources(app)
            await build_digests(app)
            await deliver(app.deliver_ports)
            await forget(app)

    desk.run(stay_away)
    told = [read_text(mail) for mail in desk.read_box() if mail["To"] == "desk@example.org"]
    assert len(told) == 1
    assert all(f"Putin and {word}" in told[0] for word in words)


def test_the_end_of_a_fault_is_reported_once(desk: Desk) -> None:
    desk.configure("box", "box")

    async def scenario(app: App) -> None:
        faults = app.store.faults
        await faults.record(FaultKind.RECIPIENT, "sami@example.org", "suspended", desk.clock.now())
        assert len(await report_all_faults(app)) == 1
        await app.store.recipients.resume("sami@example.org", desk.clock.now())
        assert [fault.ended_at for fault in await report_all_faults(app)] == [desk.clock.now()]
        assert await report_all_faults(app) == []

    desk.run(scenario)


def test_matches_are_grouped_before_their_digest_is_due(desk: Desk) -> None:
    desk.find("harvest")
    desk.write("digests.yaml", 'digests:\n  later: {to: [desk@example.org], schedule: "0 7 1 1 *", channel: box}\n')

    async def look(app: App) -> None:
        assert (await run_once(app)).deliveries == ()
        [story] = await app.store.stories.list_stories(desk.clock.at - DAY, 10)
        assert story.headline == "Putin and harvest"

    desk.run(look)


def test_a_pass_indexes_what_an_earlier_version_left_for_search_bit_by_bit(desk: Desk) -> None:
    for name in ("harvest", "talks", "snow"):
        desk.find(name)
    desk.run(run_once)

    async def forget_index(app: App) -> None:
        await app.store.database.write(
            lambda connection: connection.exec_driver_sql("UPDATE search_state SET edition = 'that of another program'")
        )

    async def count_lacking(app: App) -> int:
        return (await app.store.search.measure()).lacking

    desk.run(forget_index)
    assert desk.run(count_lacking) == 3
    assert desk.run(lambda app: index_older(app, most=9, going_on=lambda: False)) == 0
    assert desk.run(lambda app: index_older(app, most=9)) == 3
    desk.run(forget_index)
    desk.run(run_once)
    assert desk.run(count_lacking) == 0


def test_after_six_hours_of_a_dead_channel_one_mail_waits_for_each_reader(desk: Desk) -> None:
    async def fail(app: App) -> None:
        for name in ("harvest", "budget", "weather"):
            desk.find(name)
            await run_once(app)
            desk.clock.at += 2 * HOUR
        assert len(await app.store.outbox.list_entries([OutboxState.PENDING])) == 3
        desk.find("election")
        await run_once(app)
        waiting = await app.store.outbox.list_entries([OutboxState.PENDING])
        [mail] = [entry.message.content for entry in waiting if entry.digest == "now"]
        text = read_text(email.message_from_bytes(mail, policy=email.policy.default))
        for name in ("harvest", "budget", "weather", "election"):
            assert f"Putin and {name}" in text
        assert len(await app.store.outbox.list_entries([OutboxState.SUPERSEDED])) == 3

    desk.run(fail)


def test_each_message_has_a_signed_envelope_sender_where_bounces_are_read(desk: Desk) -> None:
    desk.channels = desk.channels.replace("tls: none", "tls: none, bounces: bounces@example.org")
    desk.configure("mail", "box")
    with (desk.folder / "marsad.yaml").open("a") as file:
        file.write("feedback: {maildir: answers, address: feedback@example.org}\n")
    desk.find("harvest")

    async def send(app: App) -> None:
        await run_once(app)
        [entry] = await app.store.outbox.list_entries([OutboxState.PENDING])
        assert entry.message.sender == sign_sender(app.store.secret, "bounces@example.org", entry.message.id)
        assert entry.message.content.startswith(b"From: marsad@example.org\r\n")

    desk.run(send)
