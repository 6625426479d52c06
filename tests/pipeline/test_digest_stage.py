"""digest on a real store: one slot is told once, whoever asks and however often."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from digest_line import DESK, Line
from digest_ports import AT_ONCE

from monitor.digests.model import Daily, DigestPlan, Empty, Immediate, QuietHours
from monitor.model import ChannelName, Digest, DigestName, Part, Reason, Severity
from monitor.model.story import Standing
from monitor.pipeline.digest import digest
from monitor.pipeline.draft import Request
from monitor.ports import DigestRecord, DigestStore
from monitor.store.open import Store, open_store

NOW_PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=AT_ONCE, channel=ChannelName("box"))
ASKED = replace(NOW_PLAN, name=DigestName("asked"))
DAILY = replace(NOW_PLAN, name=DigestName("daily"), schedule=Daily(at=time(7)))


@pytest.fixture
def line(store: Store, clock: Any) -> Line:
    return Line(store, clock)


def test_an_immediate_digest_tells_what_was_committed_once(line: Line, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    assert line.run(NOW_PLAN).reason is Reason.EMPTY
    tell("a")
    tell("b")
    assert (line.run(NOW_PLAN).reason, line.run(NOW_PLAN).reason) == (Reason.IMMEDIATE, Reason.EMPTY)
    tell("c")
    line.run(NOW_PLAN)
    assert line.queued() == ["a b", "c"]


def test_a_new_digest_is_told_nothing_of_the_past(line: Line, tell: Callable[..., None]) -> None:
    tell("old")
    line.subscribe(NOW_PLAN)
    assert line.run(NOW_PLAN).reason is Reason.EMPTY


def test_a_daily_digest_waits_for_its_hour_and_covers_what_it_missed(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(DAILY)
    tell("a")
    assert line.run(DAILY).reason is Reason.NOT_DUE
    clock.at += timedelta(days=3)
    assert line.run(DAILY).reason is Reason.SCHEDULED
    assert line.run(DAILY).reason is Reason.NOT_DUE
    assert line.queued() == ["a"]


def test_an_empty_slot_is_silent_or_a_heartbeat(line: Line, clock: Any) -> None:
    beating = replace(DAILY, name=DigestName("beat"), empty=Empty.HEARTBEAT)
    line.subscribe(DAILY, beating)
    clock.at += timedelta(days=1)
    assert [line.run(DAILY).reason, line.run(DAILY).reason] == [Reason.EMPTY, Reason.NOT_DUE]
    assert [line.run(beating).reason, line.run(beating).reason] == [Reason.HEARTBEAT, Reason.NOT_DUE]


def test_quiet_hours_hold_then_flush_as_one_and_are_counted(
    line: Line, clock: Any, store: Store, tell: Callable[..., None]
) -> None:
    quiet = replace(NOW_PLAN, quiet_hours=QuietHours(start=time(11), end=time(13)))
    line.subscribe(quiet)
    tell("a")
    assert line.run(quiet).reason is Reason.QUIET_HOURS
    tell("b")
    assert line.run(quiet, Request.OUT_OF_TURN).reason is Reason.QUIET_HOURS
    clock.at += timedelta(hours=1)
    assert line.run(quiet).reason is Reason.IMMEDIATE
    assert line.queued() == ["a b"]
    [held] = asyncio.run(store.archive.summarise(clock.at)).suppressed
    assert (held.reason, held.subject, held.count) == ("quiet hours", "now", 2)


def test_a_person_may_send_through_quiet_hours_and_out_of_turn(line: Line, tell: Callable[..., None]) -> None:
    quiet = replace(DAILY, quiet_hours=QuietHours(start=time(11), end=time(13)))
    line.subscribe(quiet)
    assert line.run(quiet, Request.BY_NAME).reason is Reason.EMPTY
    tell("a")
    assert line.run(quiet, Request.BY_NAME).reason is Reason.REQUESTED
    assert line.queued() == ["a"]


def test_a_reader_is_told_once_by_whichever_digest_comes_first(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(NOW_PLAN, DAILY)
    tell("a")
    line.run(NOW_PLAN)
    clock.at += timedelta(days=1)
    assert line.run(DAILY).reason is Reason.EMPTY
    assert line.queued() == ["a"]


def test_a_digest_with_also_reports_what_others_report_and_takes_nothing_from_them(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    week = replace(DAILY, name=DigestName("week"), also=True)
    line.subscribe(NOW_PLAN, DAILY, week)
    tell("a")
    line.run(NOW_PLAN)
    tell("b")
    clock.at += timedelta(days=1)
    assert line.run(week).stories == 2
    assert {story.standing for story in line.built[-1].stories} == {Standing.NEW}
    assert line.run(DAILY).stories == 1
    assert line.queued() == ["a", "a b", "b"]
    clock.at += timedelta(days=1)
    assert (line.run(week).reason, line.run(DAILY).reason) == (Reason.EMPTY, Reason.EMPTY)
    line.subscribe(replace(week, also=False))
    tell("c")
    clock.at += timedelta(days=1)
    assert (line.run(week).stories, line.run(DAILY).reason) == (1, Reason.EMPTY)


def test_rules_and_severity_select(line: Line, tell: Callable[..., None]) -> None:
    urgent = replace(NOW_PLAN, severity=Severity.URGENT, rules=("kar*", "kremlin"))
    line.subscribe(urgent)
    tell("a", "kremlin", Severity.NORMAL)
    tell("b", "karabakh-diplomacy", Severity.URGENT)
    tell("c", "sudan", Severity.URGENT)
    assert line.run(urgent).stories == 1
    assert line.queued() == ["b"]


def test_a_preview_moves_nothing(line: Line, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    tell("a")
    assert line.preview(NOW_PLAN).content == b"a"
    assert line.queued() == []
    assert line.run(NOW_PLAN).reason is Reason.IMMEDIATE


def test_a_preview_does_not_wait_for_the_hour(line: Line, tell: Callable[..., None]) -> None:
    line.subscribe(DAILY)
    tell("a")
    assert line.preview(DAILY).content == b"a"
    assert line.run(DAILY).reason is Reason.NOT_DUE


def test_matches_of_other_rules_are_passed_over(line: Line, store: Store, tell: Callable[..., None]) -> None:
    sudan = replace(NOW_PLAN, rules=("sud*",))
    line.subscribe(sudan)
    tell("a")
    tell("b", "sudan")
    tell("c")
    assert line.run(sudan).stories == 1
    [subscription] = asyncio.run(store.digests.list_subscriptions())
    assert subscription.cursor == 3
    tell("d")
    assert (line.run(sudan).reason, line.queued()) == (Reason.EMPTY, ["b"])


def test_since_is_the_last_mail_and_not_the_last_empty_slot(
    line: Line, clock: Any, store: Store, tell: Callable[..., None]
) -> None:
    line.subscribe(DAILY)
    tell("a")
    clock.at += timedelta(days=1)
    assert line.run(DAILY).reason is Reason.SCHEDULED
    mailed_at = clock.at
    for _ in range(3):
        clock.at += timedelta(days=1)
        assert line.run(DAILY).reason is Reason.EMPTY
    tell("b")
    clock.at += timedelta(days=1)
    assert line.run(DAILY).reason is Reason.SCHEDULED
    assert [built.since for built in line.built] == [clock.at - timedelta(days=5), mailed_at]


@pytest.fixture
def open_copies(tmp_path: Path, clock: Any) -> Iterator[Callable[[], Line]]:
    """A store with its subscriptions, as often as it is asked for: as a backup that is restored."""
    plans = (NOW_PLAN, DAILY, ASKED)
    (tmp_path / "original").mkdir()
    original = open_store("sqlite", state=tmp_path / "original")
    Line(original, clock).subscribe(*plans)
    original.close()
    opened: list[Store] = []

    def open_copy() -> Line:
        folder = tmp_path / f"copy{len(opened)}"
        folder.mkdir()
        shutil.copy(tmp_path / "original" / "marsad.sqlite", folder)
        opened.append(open_store("sqlite", state=folder))
        return Line(opened[-1], clock)

    yield open_copy
    for store in opened:
        store.close()


@pytest.mark.parametrize(
    ("plan", "request_"), [(NOW_PLAN, None), (DAILY, None), (ASKED, Request.BY_NAME)], ids=lambda one: str(one)[:40]
)
def test_other_news_never_get_the_id_of_a_digest_that_was_sent(
    open_copies: Callable[[], Line],
    store: Store,
    clock: Any,
    tell_into: Callable[..., None],
    plan: DigestPlan,
    request_: Request | None,
) -> None:
    """A store that a backup set back, and an empty one in place of a lost one, count their matches anew."""
    sent, restored, again, empty = open_copies(), open_copies(), open_copies(), Line(store, clock)
    empty.subscribe(plan)
    for line, news in ((sent, "a"), (restored, "b"), (again, "a"), (empty, "a")):
        tell_into(line.store, news)
    clock.at += timedelta(days=1)
    for line in (sent, restored, again, empty):
        assert line.run(plan, request_).reason.builds
    ids = [line.built[0].id for line in (sent, restored, again, empty)]
    assert ids[2] == ids[0]  # the same news of the same store
    assert len({ids[0], ids[1], ids[3]}) == 3


def test_a_last_slot_that_lies_ahead_is_not_believed(
    line: Line, clock: Any, store: Store, tell: Callable[..., None]
) -> None:
    line.subscribe(DAILY)
    started_at = clock.at
    tell("a")
    clock.at += timedelta(days=20)
    assert line.run(DAILY).reason is Reason.SCHEDULED
    clock.at -= timedelta(days=20)
    tell("b")
    assert line.run(DAILY).reason is Reason.NOT_DUE
    for day in range(3):
        clock.at += timedelta(days=1)
        assert line.run(DAILY).reason is (Reason.SCHEDULED if day == 0 else Reason.EMPTY)
    assert line.queued() == ["a", "b"]
    assert line.built[1].since == started_at  # and not the mail that was sent in what is now the future


def test_a_subscription_that_began_ahead_is_told_from_now_on(line: Line, clock: Any, tell: Callable[..., None]) -> None:
    clock.at += timedelta(days=20)
    line.subscribe(DAILY)
    clock.at -= timedelta(days=20)
    tell("a")
    assert line.run(DAILY).reason is Reason.NOT_DUE
    clock.at += timedelta(days=1)
    assert line.run(DAILY).reason is Reason.SCHEDULED


@pytest.mark.parametrize("plan", [NOW_PLAN, DAILY], ids=["immediate", "daily"])
def test_more_than_one_digest_holds_is_told_by_the_next_ones(
    line: Line, clock: Any, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch, plan: DigestPlan
) -> None:
    monkeypatch.setattr("monitor.pipeline.digest.FEW_MATCHES", 1)
    monkeypatch.setattr("monitor.pipeline.digest.MOST_MATCHES", 2)
    line.subscribe(plan)
    for name in "abcde":
        tell(name)
    clock.at += timedelta(days=1)
    outcomes = [line.run(plan) for _ in range(4)]
    assert [outcome.stories for outcome in outcomes] == [2, 2, 1, 0]
    assert [outcome.has_more for outcome in outcomes] == [True, True, False, False]
    assert line.queued() == ["a b", "c d", "e"]
    assert outcomes[3].reason is (Reason.NOT_DUE if plan is DAILY else Reason.EMPTY)


def test_what_waits_for_quiet_hours_has_no_more(
    line: Line, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.digest.FEW_MATCHES", 1)
    monkeypatch.setattr("monitor.pipeline.digest.MOST_MATCHES", 1)
    quiet = replace(NOW_PLAN, quiet_hours=QuietHours(start=time(11), end=time(13)))
    line.subscribe(quiet)
    tell("a")
    tell("b")
    assert (line.run(quiet).reason, line.run(quiet).has_more) == (Reason.QUIET_HOURS, False)


def test_one_large_digest_is_built_at_a_time_and_a_small_one_beside_it(
    line: Line, clock: Any, tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.digest.FEW_MATCHES", 2)
    line.subscribe(NOW_PLAN)
    seen = []

    async def render(built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        seen.append((len(built.stories), line.ports.large.locked()))
        return await line.ports.render(built, plan)

    async def build() -> None:
        await digest(NOW_PLAN, await line._find(NOW_PLAN), replace(line.ports, render=render), clock.now())

    for names in ("a", "bcd"):
        for name in names:
            tell(name)
        asyncio.run(build())
    assert seen == [(1, False), (3, True)]
    assert not line.ports.large.locked()
    assert line.queued() == ["a", "b c d"]


def test_who_decided_on_what_has_changed_since_writes_nothing(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    """Another process moved the subscription between the look and the commit."""
    line.subscribe(NOW_PLAN)
    tell("a")

    async def scenario() -> list[Reason]:
        before = await line._find(NOW_PLAN)
        first = await digest(NOW_PLAN, before, line.ports, clock.now())
        await asyncio.to_thread(tell, "b")
        stale = await digest(NOW_PLAN, before, line.ports, clock.now())
        fresh = await digest(NOW_PLAN, await line._find(NOW_PLAN), line.ports, clock.now())
        return [first.reason, stale.reason, fresh.reason]

    assert asyncio.run(scenario()) == [Reason.IMMEDIATE, Reason.ALREADY_TOLD, Reason.IMMEDIATE]
    assert line.queued() == ["a", "b"]


class Together:
    """ports.DigestStore that commits nothing before `count` digests are built of what is pending."""

    def __init__(self, store: DigestStore, count: int) -> None:
        self.store, self.built = store, asyncio.Barrier(count)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def commit_digest(self, record: DigestRecord) -> bool:
        await self.built.wait()
        return await self.store.commit_digest(record)


def test_two_who_decide_at_once_tell_once(line: Line, clock: Any, tell: Callable[..., None]) -> None:
    line.subscribe(NOW_PLAN)
    tell("a")

    async def both() -> list[Reason]:
        subscription = await line._find(NOW_PLAN)
        now: datetime = clock.now()
        ports = replace(line.ports, store=Together(line.store.digests, 4))
        outcomes = await asyncio.gather(
            *(digest(NOW_PLAN, subscription, ports, now) for _ in range(3)),
            digest(NOW_PLAN, subscription, ports, now, request=Request.BY_NAME),
        )
        return sorted(outcome.reason for outcome in outcomes)

    assert asyncio.run(both()).count(Reason.ALREADY_TOLD) == 3
    assert line.queued() == ["a"]


GROUPED = replace(NOW_PLAN, schedule=Immediate())  # 30 seconds, five minutes


def test_what_comes_together_is_one_mail_and_the_next_keeps_its_distance(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(GROUPED)
    begun = clock.at
    for number in range(9):  # nine feeds, within 14 seconds
        tell(f"a{number}", at=clock.at)
        waiting = line.run(GROUPED)
        assert (waiting.reason, waiting.waits_until) == (Reason.GROUPING, begun + timedelta(seconds=30))
        clock.at += timedelta(seconds=1.5)
    clock.at = begun + timedelta(seconds=30)
    assert line.run(GROUPED).reason is Reason.IMMEDIATE
    tell("b", at=clock.at)
    waiting = line.run(GROUPED)
    assert waiting.waits_until == begun + timedelta(seconds=30, minutes=5)
    clock.at = waiting.waits_until
    assert line.run(GROUPED).reason is Reason.IMMEDIATE
    clock.at += timedelta(hours=1)
    tell("c", at=clock.at)
    assert line.run(GROUPED).waits_until == clock.at + timedelta(seconds=30)
    assert line.queued() == [" ".join(f"a{number}" for number in range(9)), "b"]


def test_an_urgent_match_does_not_wait_and_takes_with_it_what_waits(
    line: Line, clock: Any, tell: Callable[..., None]
) -> None:
    line.subscribe(GROUPED)
    tell("a", at=clock.at)
    assert line.run(GROUPED).reason is Reason.GROUPING
    tell("b", severity=Severity.URGENT, at=clock.at)
    assert line.run(GROUPED).reason is Reason.IMMEDIATE
    tell("c", severity=Severity.URGENT, at=clock.at)  # nor for the interval
    assert line.run(GROUPED).reason is Reason.IMMEDIATE
    assert line.queued() == ["b a", "c"]


def test_quiet_hours_hold_what_would_wait(line: Line, clock: Any, tell: Callable[..., None]) -> None:
    quiet = replace(GROUPED, quiet_hours=QuietHours(start=time(0), end=time(23, 59)))
    line.subscribe(quiet)
    tell("a", at=clock.at)
    assert (line.run(quiet).reason, line.run(quiet).waits_until) == (Reason.QUIET_HOURS, None)


def test_a_clock_that_was_wrong_makes_nothing_wait_for_days(line: Line, clock: Any, tell: Callable[..., None]) -> None:
    line.subscribe(GROUPED)
    tell("a", at=clock.at + timedelta(days=20))
    assert line.run(GROUPED).reason is Reason.IMMEDIATE
    now, clock.at = clock.at, clock.at + timedelta(days=20)
    tell("b", severity=Severity.URGENT, at=clock.at)
    assert line.run(GROUPED).reason is Reason.IMMEDIATE  # the last mail is of a time that is still to come
    clock.at = now
    tell("c", at=clock.at)
    assert line.run(GROUPED).waits_until == clock.at + timedelta(seconds=30)
