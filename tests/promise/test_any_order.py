"""Whatever happens in whatever order, every match is in exactly one digest of each recipient who was to get it.

The real line runs on virtual time, over a SQLite store and a folder, with a real mail server. A crash takes what was
committed at that moment, and nothing of what the process did or said afterwards.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import re
import sqlite3
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from monitor.app import App, load_configuration, open_app
from monitor.digesting import build_digests
from monitor.line import poll_sources, run_once
from monitor.model import OutboxState
from monitor.model.silence import Silence, SilenceKind
from monitor.store.sqlite import FILE_NAME

pytestmark = [pytest.mark.untraced, pytest.mark.xdist_group("any order")]

EVENING = datetime(2026, 3, 28, 18, tzinfo=UTC)  # of the night in which Berlin has no 02:30
AUTUMN = datetime(2026, 10, 24, 18, tzinfo=UTC)  # of the night in which it has two
FILES = {
    "marsad.yaml": "config: 1\nstate: state\ndefaults: {{timezone: Europe/Berlin}}\nchannels:\n"
    "  mail: {{type: smtp, host: 127.0.0.1, port: {port}, tls: none, from: marsad@example.org}}\n",
    "sources.yaml": "sources:\n  - {{id: saved, path: saved}}\n",
    "digests.yaml": "digests:\n"
    "  now: {{to: [a@example.org, b@example.org], rules: [first], schedule: immediate}}\n"
    "  night: {{to: [a@example.org, c@example.org], rules: ['*'], at: '02:30'}}\n",
}
RULES = """\
entities:
  one: {{kind: topic, names: {{ar: [القدس]}}}}
  two: {{kind: topic, names: {{ru: [Цхинвал]}}}}
  three: {{kind: topic, names: {{en: [Nowhere{edit}]}}}}
rules:
  first: {{title: Первое {edit}, any: [one, three], severity: urgent}}
  second: {{title: القاعدة {edit}, any: [two, three]}}
"""
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
WANTED = {"a": ("القدس", "Цхинвал"), "b": ("القدس",), "c": ("القدس", "Цхинвал")}
TOPICS = st.lists(st.sampled_from(["القدس", "Цхинвал", "nothing"]), min_size=1, max_size=3)
FEWEST_PASSES, MOST_PASSES = 10, 40  # three hours apart: a night is among them
RUNS, STEPS = (200, 30) if os.environ.get("MARSAD_NIGHTLY") else (8, 12)


def invent(number: int) -> str:
    """Words that no other number has, so that each article is a story of its own."""
    size = len(SYLLABLES)
    return " ".join(
        SYLLABLES[(number * 7 + place) % size] + SYLLABLES[(number + place * 13) % size] + SYLLABLES[number % size]
        for place in range(6)
    )


class AnyOrder(RuleBasedStateMachine):
    """Each rule is something that happens to one installation."""

    begins = EVENING

    def __init__(self) -> None:
        super().__init__()
        import virtual_line
        from virtual_time import VirtualLoop

        self.folder = TemporaryDirectory()
        self.place = Path(self.folder.name)
        self.runner = asyncio.Runner(loop_factory=VirtualLoop)
        loop: Any = self.runner.get_loop()
        self.moods = virtual_line.Mood
        self.clock = virtual_line.MovableClock(loop, self.begins)
        self.mail = virtual_line.MailServer()
        self.numbers, self.states, self.edits = count(), count(), count()
        self.headlines: list[str] = []
        self.silenced: set[str] = set()  # headlines that came while their topic was silenced
        self.silent_until = self.begins
        self.commits_left = 0
        self.undo = ExitStack()
        self.undo.enter_context(virtual_line.count_work(self.clock, committed=self.count_commit))
        self.run(self.mail.start())
        self.write()
        self.state = self.place / f"state{next(self.states)}"
        self.state.mkdir()
        self.app: App = self.run(self.open("first"))
        self.run(run_once(self.app))

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def write(self) -> None:
        edit = next(self.edits)
        for name, text in {**FILES, "rules/all.yaml": RULES}.items():
            path = self.place / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(
                text.format(port=self.mail.port, edit="abcdefghijklmnopqrstuvwxyz"[edit % 26]), encoding="utf-8"
            )
        (self.place / "saved").mkdir(exist_ok=True)

    async def open(self, holder: str) -> App:
        configured = load_configuration(self.place, keep=False, examples=False).settings
        return await open_app(replace(configured, state=self.state), holder=holder, clock=self.clock)

    @initialize()
    def begin(self) -> None:
        self.publish(["القدس", "Цхинвал"])

    @rule(topics=TOPICS)
    def publish(self, topics: list[str]) -> None:
        for topic in topics:
            number = next(self.numbers)
            headline = f"{topic} {invent(number)}"
            path = self.place / "saved" / f"{number:03}.txt"
            path.with_suffix(".new").write_text(f"{headline}\n\n{invent(number)}.\n", encoding="utf-8")
            path.with_suffix(".new").rename(path)
            self.headlines.append(headline)
            if topic == "Цхинвал" and self.clock.now() < self.silent_until + timedelta(hours=2):
                self.silenced.add(headline)

    @rule(minutes=st.sampled_from([0, 1, 15, 90, 400, 1500]), topics=TOPICS)
    def wait_and_pass(self, minutes: int, topics: list[str]) -> None:
        self.publish(topics)

        async def go() -> None:
            await self.clock.pass_time(timedelta(minutes=minutes))
            await run_once(self.app)

        self.run(go())

    @rule(commits=st.integers(1, 25), topics=TOPICS)
    def crash(self, commits: int, topics: list[str]) -> None:
        """In the next pass, after so many of its commits, or at its end."""
        self.publish(topics)
        self.commits_left = commits
        self.run(run_once(self.app))
        if self.commits_left:
            self.take_what_is_committed()
        self.run(self.app.close())
        self.state = self.place / f"state{next(self.states)}"
        self.mail.is_cut_off = False
        self.app = self.run(self.open("again"))

    def count_commit(self) -> None:
        if self.commits_left and not (left := self.commits_left - 1):
            self.take_what_is_committed()
        elif self.commits_left:
            self.commits_left = left

    def take_what_is_committed(self) -> None:
        self.commits_left = 0
        self.mail.is_cut_off = True
        number = int(self.state.name.removeprefix("state")) + 1
        target = self.place / f"state{number}"
        target.mkdir()
        with (
            closing(sqlite3.connect(self.state / FILE_NAME)) as now,
            closing(sqlite3.connect(target / FILE_NAME)) as then,
        ):
            now.backup(then)

    @rule()
    def restart_with_edited_rules(self) -> None:
        self.write()
        self.run(self.app.close())
        self.app = self.run(self.open("edited"))

    @rule(mood=st.sampled_from(["up", "down", "slow", "busy", "drops", "silent"]), keeps=st.booleans())
    def turn_mail_server(self, mood: str, keeps: bool) -> None:  # noqa: FBT001
        self.mail.keeps_unanswered = keeps
        self.run(self.mail.be(self.moods(mood)))

    @rule(hours=st.sampled_from([-1, 1]))
    def set_clock(self, hours: int) -> None:
        self.clock.jump += timedelta(hours=hours)

    @rule(hours=st.sampled_from([1, 12]))
    def silence(self, hours: int) -> None:
        now = self.clock.now()
        self.silent_until = max(self.silent_until, now + timedelta(hours=hours))
        silence = Silence(
            kind=SilenceKind.ENTITY,
            subject="two",
            title="Цхинвал",
            begun_at=now,
            until=self.silent_until,
            author="desk",
        )
        self.run(self.app.store.silences.add(silence))
        self.silenced.update(headline for headline in self.headlines if headline.startswith("Цхинвал"))

    @rule(topics=TOPICS)
    def work_in_two_processes(self, topics: list[str]) -> None:
        """Both poll and build at once; one of them delivers."""
        self.publish(topics)

        async def go() -> None:
            other = await self.open("other")
            try:
                await asyncio.gather(self.build(other), run_once(self.app))
            finally:
                await other.close()

        self.run(go())

    async def build(self, app: App) -> None:
        await poll_sources(app)
        await build_digests(app)

    async def settle(self) -> None:
        """The mail server is well and stays so, and a person decides on what is uncertain."""
        await self.mail.be(self.moods.UP)
        for number in range(MOST_PASSES):
            outbox = self.app.store.outbox
            for entry in await outbox.list_entries([OutboxState.UNCERTAIN]):
                await outbox.move(entry.message.id, OutboxState.PENDING, self.clock.now())
            done = await run_once(self.app, everything=number % 10 == 0)
            waiting = await outbox.list_entries([OutboxState.PENDING, OutboxState.DATA, OutboxState.UNCERTAIN])
            if not (waiting or done.deliveries) and number > FEWEST_PASSES:
                return
            await self.clock.pass_time(timedelta(hours=3))
        pytest.fail(f"still waiting: {waiting}")

    def teardown(self) -> None:
        try:
            self.run(self.settle())
            self.compare()
        finally:
            self.run(self.app.close())
            self.run(self.mail.stop())
            self.runner.close()
            self.undo.close()
            self.folder.cleanup()

    def compare(self) -> None:
        copies: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        for recipient, content in self.mail.kept:
            copies[recipient, re.search(rb"(?mi)^message-id:\s*(\S+)", content)[1].decode()].add(content)  # type: ignore[index]
        assert {key for key, contents in copies.items() if len(contents) > 1} == set()
        told: dict[tuple[str, str], int] = defaultdict(int)
        for (recipient, _), contents in copies.items():
            text = (
                email.message_from_bytes(min(contents), policy=email.policy.default).get_body(("plain",)).get_content()
            )  # type: ignore[attr-defined]
            for headline in self.headlines:
                told[recipient[0], headline] += headline in text
        for reader, topics in WANTED.items():
            for headline in self.headlines:
                is_wanted = headline.startswith(topics)
                allowed = {0, 1} if is_wanted and headline in self.silenced else {int(is_wanted)}
                assert told[reader, headline] in allowed, (
                    f"{reader} was told {told[reader, headline]} times: {headline}"
                )


class AnyOrderInAutumn(AnyOrder):
    begins = AUTUMN


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.syspath_prepend(str(root / "benchmarks"))


@pytest.mark.parametrize("machine", [AnyOrder, AnyOrderInAutumn], ids=["spring", "autumn"])
def test_every_match_is_in_exactly_one_digest_of_each_recipient(machine: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
