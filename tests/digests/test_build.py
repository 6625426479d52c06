"""Which matches a plan tells, and the digest they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.build import build_digest, find_recipient, make_digest_id, select
from monitor.digests.model import DigestPlan
from monitor.model import (
    ChannelName,
    Decision,
    DigestName,
    MatchSeq,
    Reason,
    Recipient,
    RecordedMatch,
    Severity,
    Subscription,
)
from monitor.stories.cluster import cluster

SAMI = Recipient(email="sami@example.org", language="ar-SY", timezone=ZoneInfo("Asia/Damascus"))
DESK = Recipient(email="desk@example.org")
PLAN = DigestPlan(name=DigestName("morning"), recipients=(DESK, SAMI), channel=ChannelName("mail"), template="short")


@pytest.fixture
def records(desk: Any) -> list[RecordedMatch]:
    for rule, severity in [
        ("karabakh-diplomacy", Severity.NORMAL),
        ("karabakh-war", Severity.URGENT),
        ("Karabakh-sport", Severity.LOW),
        ("قره باغ", Severity.NORMAL),
    ]:
        desk.match(desk.article(rule), rule=rule, severity=severity)
    return list(desk.records)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("*",), ["karabakh-diplomacy", "karabakh-war", "Karabakh-sport", "قره باغ"]),
        (("karabakh-*",), ["karabakh-diplomacy", "karabakh-war"]),
        (("karabakh-war",), ["karabakh-war"]),
        (("*-war", "قره*"), ["karabakh-war", "قره باغ"]),
        (("karabakh",), []),
        (("karabakh-???",), ["karabakh-war"]),
        ((), []),
    ],
)
def test_rules_are_named_by_id_or_glob(
    records: list[RecordedMatch], patterns: tuple[str, ...], expected: list[str]
) -> None:
    assert [record.match.rule for record in select(replace(PLAN, rules=patterns), records)] == expected


@pytest.mark.parametrize(("floor", "count"), [(Severity.LOW, 4), (Severity.NORMAL, 3), (Severity.URGENT, 1)])
def test_severity_is_a_floor(records: list[RecordedMatch], floor: Severity, count: int) -> None:
    assert len(select(replace(PLAN, severity=floor), records)) == count


def test_a_digest_says_what_happened_since_the_last_mail(records: list[RecordedMatch], now: datetime) -> None:
    subscribed = Subscription(
        digest=PLAN.name, recipient=SAMI.email, cursor=MatchSeq(0), started_at=now - timedelta(days=3)
    )
    decision = Decision(reason=Reason.SCHEDULED, slot=now.isoformat(), slot_at=now)
    first = build_digest(PLAN, subscribed, decision, cluster(records), now)
    assert (first.since, first.built_at) == (subscribed.started_at, now)
    assert (first.recipient, first.template, first.slot) == (SAMI, "short", now.isoformat())
    assert len(first.stories) == 4
    told = replace(subscribed, last_mail_at=now - timedelta(days=2), last_slot_at=now - timedelta(days=1))
    assert build_digest(PLAN, told, decision, (), now).since == told.last_mail_at


@pytest.mark.parametrize(
    ("started", "mailed", "since"), [(-3, 2, -3), (2, 2, 0), (2, None, 0), (-3, -1, -1), (2, -1, -1)]
)
def test_since_never_lies_ahead(now: datetime, started: int, mailed: int | None, since: int) -> None:
    """In hours from now. A moment ahead was written by a clock that was wrong."""
    subscribed = Subscription(
        digest=PLAN.name,
        recipient=SAMI.email,
        cursor=MatchSeq(0),
        started_at=now + timedelta(hours=started),
        last_mail_at=None if mailed is None else now + timedelta(hours=mailed),
    )
    decision = Decision(reason=Reason.SCHEDULED, slot=now.isoformat(), slot_at=now)
    assert build_digest(PLAN, subscribed, decision, (), now).since == now + timedelta(hours=since)


def test_other_news_or_another_store_make_another_identity(records: list[RecordedMatch]) -> None:
    edited = replace(records[0], article=replace(records[0].article, headline="Correction"))
    identities = [
        make_digest_id("store", records),
        make_digest_id("other", records),
        make_digest_id("store", records[:2]),
        make_digest_id("store", [edited, *records[1:]]),
        make_digest_id("store", ()),
    ]
    assert len(set(identities)) == 5
    renumbered = [replace(record, seq=MatchSeq(record.seq + 100)) for record in records]
    assert make_digest_id("store", renumbered) == identities[0]


def test_the_id_is_that_of_digest_reader_and_slot(records: list[RecordedMatch], now: datetime) -> None:
    def build(recipient: Recipient = SAMI, slot: str = "s", at: datetime = now, stories: int = 4) -> str:
        subscribed = Subscription(digest=PLAN.name, recipient=recipient.email, cursor=MatchSeq(0), started_at=at)
        decision = Decision(reason=Reason.SCHEDULED, slot=slot)
        return build_digest(PLAN, subscribed, decision, cluster(records)[:stories], at).id

    assert build() == build(at=now + timedelta(hours=1), stories=1)
    assert len({build(), build(recipient=DESK), build(slot="t")}) == 3


def test_the_recipient_is_found_by_address() -> None:
    subscribed = Subscription(
        digest=PLAN.name,
        recipient=SAMI.email,
        cursor=MatchSeq(0),
        started_at=datetime.min.replace(tzinfo=ZoneInfo("UTC")),
    )
    assert find_recipient(PLAN, subscribed) is SAMI
