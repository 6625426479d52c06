"""When digests are due, what waits and fails, who gets them, and what was sent."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.model import Daily, DigestPlan, Immediate
from monitor.errors import UsageError
from monitor.model import ChannelName, DigestName, FaultKind, Recipient, RecipientState
from monitor.pipeline import schedule
from monitor.queries.digests import KnownDigests, Prospect, find_plan, list_prospects, list_sent, read_known
from monitor.queries.recipients import Addressees, list_recipients
from monitor.store.open import Store

DAY = timedelta(days=1)
BAKU = ZoneInfo("Asia/Baku")
SAMI = Recipient(email="sami@example.org", timezone=BAKU)


def make_plan(name: str, schedule_: Any) -> DigestPlan:
    return DigestPlan(
        name=DigestName(name), recipients=(SAMI,), schedule=schedule_, channel=ChannelName("mail"), rules=("*",)
    )


MORNING = make_plan("morning", Daily(at=time(7), days=frozenset(range(7))))
URGENT = make_plan("now", Immediate())


def ask(store: Store, now: datetime) -> list[Prospect]:
    known = asyncio.run(read_known(store.digests, store.faults))
    return list_prospects([MORNING, URGENT], known, schedule, now)


def test_the_next_times_are_told_before_there_is_a_store(now: datetime) -> None:
    morning, urgent = list_prospects([MORNING, URGENT], KnownDigests(), schedule, now)
    assert [at.isoformat() for at in morning.next] == [
        "2026-11-25T07:00:00+04:00", "2026-11-26T07:00:00+04:00", "2026-11-27T07:00:00+04:00",
    ]  # fmt: skip
    assert (urgent.next, urgent.waiting_since, urgent.failing) == ((), None, None)


def test_a_slot_that_has_passed_waits_and_what_fails_says_why(store: Store, now: datetime) -> None:
    async def prepare() -> None:
        await store.digests.subscribe([(MORNING.name, SAMI.email), (URGENT.name, SAMI.email)], now - DAY)
        await store.faults.record(FaultKind.DIGEST, "now sami@example.org", "the template fails", now)
        await store.faults.record(FaultKind.TASK, "morning sami@example.org", "of another kind", now)

    asyncio.run(prepare())
    morning, urgent = ask(store, now)
    assert morning.waiting_since == datetime(2026, 11, 24, 7, tzinfo=BAKU)
    assert (morning.failing, urgent.failing) == (None, "the template fails")


def test_a_digest_is_found_by_its_name() -> None:
    assert find_plan([MORNING, URGENT], "now") is URGENT
    with pytest.raises(UsageError, match="no digest is named 'evening'; there are: morning, now"):
        find_plan([MORNING, URGENT], "evening")


def test_without_an_age_the_last_mail_of_each_reader_is_listed(store: Store, make_message: Any, now: datetime) -> None:
    async def queue() -> None:
        for number, name in enumerate(("aa", "bb")):
            await store.outbox.enqueue(make_message(name), MORNING.name, now + number * DAY)

    asyncio.run(queue())
    last = asyncio.run(list_sent(store.sent, MORNING.name, None))
    since = asyncio.run(list_sent(store.sent, MORNING.name, now - DAY))
    assert [entry.message.id for entry in last] == ["bb"]
    assert [entry.message.id for entry in since] == ["bb", "aa"]


def test_everybody_is_listed_whom_the_configuration_or_the_store_names(now: datetime) -> None:
    addressees = Addressees(
        digests=[MORNING, URGENT], people={"sami": SAMI.email, "nobody": "b@example.org"}, operator="ops@example.org"
    )
    paused = RecipientState(address="gone@example.org", paused_at=now)
    found = {view.address: view for view in list_recipients(addressees, [paused])}
    assert list(found) == ["b@example.org", "gone@example.org", "ops@example.org", "sami@example.org"]
    sami = found["sami@example.org"]
    assert (sami.ids, sami.digests, sami.timezone) == (("sami",), ("morning", "now"), BAKU)
    assert sami.state.gets_mail(now)
    assert not found["gone@example.org"].state.gets_mail(now)
    assert found["b@example.org"].digests == ()
