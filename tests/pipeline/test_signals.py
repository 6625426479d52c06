"""Looking for signals over a real store, and telling each once to each recipient whose digest selects its rule."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from digest_ports import make_digest_ports

from monitor.digests.model import DigestPlan, Immediate, QuietHours
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestName,
    EntityId,
    Evidence,
    Match,
    Message,
    Part,
    PollState,
    Reason,
    Recipient,
    RuleId,
    Severity,
    Source,
    SourceId,
    Subscription,
    Tier,
    Zone,
)
from monitor.model.signal import SignalKind, SignalSettings, SpikeSetting, SubjectKind
from monitor.model.silence import Silence, SilenceKind
from monitor.names.model import Entity
from monitor.pipeline.digest import DigestOutcome, digest, preview
from monitor.pipeline.signals import look
from monitor.ports import PollRecord
from monitor.queries.signals import SignalList, list_signals
from monitor.rules.model import AnyOf, EntityRef, NoneOf, Rule, RuleRef, Watchlist
from monitor.store.open import Store

pytestmark = pytest.mark.no_cover

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DESK = Recipient(email="desk@example.org")
EVERY = SignalSettings(spike=SpikeSetting(), quiet_for=timedelta(days=3), first_mention=timedelta(days=90))
PUTIN = Entity(id=EntityId("putin"), signals=SignalSettings(first_mention=timedelta(days=30)))
KREMLIN = Rule(id=RuleId("kremlin"), title="الكرملين", condition=EntityRef(id=PUTIN.id), signals=EVERY)
OTHERS = (
    Rule(id=RuleId("through"), title="Through", condition=AnyOf(operands=(RuleRef(id=KREMLIN.id),))),
    Rule(id=RuleId("without"), title="Without", condition=NoneOf(operands=(EntityRef(id=PUTIN.id),))),
)
WATCHLIST = Watchlist(
    entities={PUTIN.id: PUTIN}, rules={rule.id: rule for rule in (replace(KREMLIN, severity=Severity.URGENT), *OTHERS)}
)
PLAN = DigestPlan(
    name=DigestName("now"),
    recipients=(DESK,),
    rules=("kremlin",),
    severity=Severity.URGENT,
    schedule=Immediate(),
    channel=ChannelName("box"),
)
SANA = Source(id=SourceId("sana"), path=Path("/articles"))


class Desk:
    """A store, its line, and a clock; `publish` commits articles with a match of the rule, as one poll does."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.begin = clock.now()
        self.count = 0
        self.built: list[Digest] = []
        self.ports = make_digest_ports(store, self._render)

    async def _render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        self.built.append(built)
        message = Message(
            id=built.id,
            message_id=f"<{built.id}@example.org>",
            channel=plan.channel,
            sender="marsad@example.org",
            recipient=built.recipient.email,
            content=b"Subject: x\r\n\r\n",
        )
        return (Part(message=message, stories=len(built.stories), signals=len(built.signals)),)

    def publish(
        self, number: int, text: str = "Путин выступил", entity: str = "putin", severity: Severity = Severity.URGENT
    ) -> None:
        now = self.clock.now()
        names = [f"{text} {self.count + one}" for one in range(number)]
        self.count += number
        found = Evidence(
            entity=EntityId(entity), term="x", field=Zone.HEADLINE, start=0, end=5, text="x", tier=Tier.EXACT, score=100
        )
        record = PollRecord(
            state=PollState(source=SANA.id, next_poll_at=now, last_success_at=now, arrivals_since=self.begin),
            polled_at=now,
            articles=tuple(
                Article(id=ArticleId(name), source=SANA.id, keys=(name,), headline=name, body="", first_seen_at=now)
                for name in names
            ),
            matches=tuple(
                Match(
                    rule=KREMLIN.id,
                    title=KREMLIN.title,
                    severity=severity,
                    article=ArticleId(name),
                    score=100,
                    evidence=(found,),
                )
                for name in names
            ),
        )
        asyncio.run(self.store.polls.commit_poll(record))

    def pass_days(self, days: int, per_day: int = 6) -> int:
        """So many articles on each, all at one hour; a look every six hours; how many signals were found."""
        found = 0
        for _ in range(days):
            self.publish(per_day)
            for _ in range(4):
                self.clock.at += 6 * HOUR
                found += self.look()
        return found

    def look(self, *sources: Source) -> int:
        step = look(WATCHLIST, sources or [SANA], self.store.signals, self.clock.now())
        return asyncio.run(step).found

    def subscribe(self, *plans: DigestPlan) -> None:
        pairs = [(plan.name, recipient.email) for plan in plans for recipient in plan.recipients]
        asyncio.run(self.store.digests.subscribe(pairs, self.clock.now()))

    async def find(self, plan: DigestPlan) -> Subscription:
        known = await self.store.digests.list_subscriptions()
        return next(one for one in known if (one.digest, one.recipient) == (plan.name, plan.recipients[0].email))

    def digest(self, plan: DigestPlan = PLAN) -> DigestOutcome:
        async def step() -> DigestOutcome:
            return await digest(plan, await self.find(plan), self.ports, self.clock.now())

        return asyncio.run(step())

    def preview(self, plan: DigestPlan = PLAN) -> Part:
        async def step() -> Part:
            [part] = await preview(plan, await self.find(plan), self.ports, self.clock.now())
            return part

        return asyncio.run(step())

    def list(self, *sources: Source) -> SignalList:
        listing = list_signals(WATCHLIST, sources or [SANA], [PLAN], self.store.signals, self.clock.now())
        return asyncio.run(listing)


@pytest.fixture
def desk(store: Store, clock: Any) -> Desk:
    asyncio.run(store.polls.register_sources([SANA], clock.now()))
    return Desk(store, clock)


def test_a_spike_is_recorded_once_and_told_once_to_each_recipient(desk: Desk) -> None:
    assert desk.pass_days(9) == 0
    also = replace(PLAN, name=DigestName("also"))
    lena = replace(PLAN, name=DigestName("lena"), recipients=(Recipient(email="lena@example.org"),))
    rest = replace(PLAN, name=DigestName("rest"), rules=("through",), severity=Severity.LOW)
    desk.subscribe(PLAN, also, lena, rest)
    desk.publish(40)
    assert (desk.look(), desk.look()) == (1, 0)
    desk.clock.at += HOUR
    assert desk.look() == 0  # it goes on
    told = [desk.digest(PLAN), desk.digest(PLAN), desk.digest(also), desk.digest(rest), desk.digest(lena)]
    assert [one.signals for one in told] == [1, 0, 0, 0, 1]
    assert [one.stories > 0 for one in told] == [True, False, False, False, True]
    [signal] = desk.built[0].signals
    assert (signal.kind, signal.title, signal.rules) == (SignalKind.SPIKE, "الكرملين", {"kremlin": "urgent"})
    assert (signal.numbers.count, signal.numbers.days, signal.numbers.wanted) == (40, 8, 14)
    assert signal.articles[0].headline.startswith("Путин выступил")


def test_silence_alone_makes_a_digest_and_is_told_once(desk: Desk) -> None:
    assert desk.pass_days(18) == 0
    desk.subscribe(PLAN)
    assert desk.pass_days(5, per_day=0) == 1
    assert desk.preview().signals == 1
    outcome = desk.digest()
    assert (outcome.reason, outcome.stories, outcome.signals, outcome.messages) == (Reason.IMMEDIATE, 0, 1, 1)
    [signal] = desk.built[-1].signals
    assert (signal.kind, signal.numbers.count, signal.numbers.usual) == (SignalKind.QUIET, 0, 18)
    assert len(signal.articles) == 5  # one for each hour
    assert desk.digest().reason is Reason.EMPTY
    assert desk.pass_days(1, per_day=0) == 0


def test_a_first_mention_of_an_entity_is_told_by_the_rules_that_name_it(desk: Desk) -> None:
    desk.publish(1)
    desk.look()
    days = [desk.look() for _ in range(31) if _pass(desk, DAY / 4)]
    assert sum(days) == 0
    desk.clock.at += 25 * DAY
    desk.look()
    rest = replace(PLAN, rules=("through",), severity=Severity.LOW)
    desk.subscribe(rest)
    desk.publish(1, text="普京讲话")
    assert desk.look() == 1
    assert desk.digest(rest).signals == 1
    [signal] = desk.built[-1].signals
    assert signal.subject.kind is SubjectKind.ENTITY
    assert set(signal.rules) == {"kremlin", "through"}  # and not the one that excludes it
    assert signal.numbers.since == desk.begin
    assert signal.articles[0].headline.startswith("普京讲话")


def _pass(desk: Desk, span: timedelta) -> bool:
    desk.clock.at += span
    return True


def test_quiet_hours_hold_a_signal(desk: Desk) -> None:
    desk.pass_days(8)
    now = desk.clock.now()
    quiet = replace(PLAN, quiet_hours=QuietHours(start=now.time(), end=(now + HOUR).time()))
    desk.subscribe(quiet)
    desk.publish(40)
    assert desk.look() == 1
    assert desk.digest(quiet).reason is Reason.QUIET_HOURS
    desk.clock.at += 2 * HOUR
    assert desk.digest(quiet).signals == 1


def test_after_a_stop_of_marsad_the_backlog_is_no_spike(desk: Desk) -> None:
    desk.pass_days(16)
    desk.clock.at += 2 * DAY
    assert desk.list().signals[0].why == "Marsad did not run for a part of the window"
    desk.publish(60)
    assert (desk.look(), desk.look()) == (0, 0)


@pytest.mark.parametrize("others", [replace(SANA, paused=True), replace(SANA, id=SourceId("other"))])
def test_a_source_that_was_away_is_no_silence_and_its_backlog_is_no_spike(desk: Desk, others: Source) -> None:
    """Paused, or taken out of the configuration and put back."""
    desk.pass_days(18)
    found = [desk.look(others) for _ in range(16) if _pass(desk, 6 * HOUR)]
    desk.publish(90)
    assert sum(found) + desk.look() == 0
    assert [one.why for one in desk.list().signals if one.kind != "first mention"] == [
        "the sources that report most of it were down"
    ] * 2


def test_a_list_says_what_is_asked_for_and_why_nothing_fires(desk: Desk) -> None:
    listed = desk.list()
    assert (listed.looked_at, listed.is_counted) == (None, True)
    desk.pass_days(1)
    listed = desk.list()
    assert [(one.subject, one.kind, one.why, one.digests) for one in listed.signals] == [
        ("rule kremlin", "spike", "no baseline yet", ("now",)),
        ("rule kremlin", "quiet", "no baseline yet", ("now",)),
        ("rule kremlin", "first mention", "not mentioned", ("now",)),
        ("entity putin", "first mention", "not mentioned", ("now",)),
    ]
    assert listed.looked_at == desk.clock.now()
    desk.publish(1)
    assert not desk.list().is_counted


def test_without_signals_in_the_configuration_nothing_is_looked_for(desk: Desk) -> None:
    desk.publish(1)
    assert asyncio.run(look(Watchlist(), [SANA], desk.store.signals, desk.clock.now())).asked == 0


def test_a_signal_keeps_the_distance_between_mails_and_an_urgent_match_takes_it_along(desk: Desk) -> None:
    desk.pass_days(8)
    plan = replace(PLAN, severity=Severity.LOW)
    desk.subscribe(plan)
    desk.publish(1)
    assert desk.digest(plan).reason is Reason.IMMEDIATE
    desk.publish(40, severity=Severity.NORMAL)
    assert desk.look() == 1
    before = asyncio.run(desk.find(plan))
    waiting = desk.digest(plan)
    assert (waiting.reason, waiting.waits_until) == (Reason.GROUPING, desk.clock.now() + timedelta(minutes=5))
    assert asyncio.run(desk.find(plan)) == before
    desk.publish(1)
    outcome = desk.digest(plan)
    assert (outcome.reason, outcome.signals) == (Reason.IMMEDIATE, 1)


def test_a_signal_alone_waits_for_the_distance_only(desk: Desk) -> None:
    desk.pass_days(18)
    desk.subscribe(PLAN)
    assert desk.pass_days(5, per_day=0) == 1
    subscription = asyncio.run(desk.find(PLAN))
    mailed = desk.clock.now() - timedelta(minutes=2)

    async def step() -> DigestOutcome:
        moved = replace(subscription, last_mail_at=mailed)
        return await digest(PLAN, moved, desk.ports, desk.clock.now())

    assert asyncio.run(step()).waits_until == mailed + timedelta(minutes=5)
    assert desk.digest().signals == 1


@pytest.mark.parametrize("subject", ["krem*", "other"])
def test_a_silence_holds_the_signals_of_its_rule_until_it_is_over(desk: Desk, subject: str) -> None:
    desk.pass_days(18)
    desk.subscribe(PLAN)
    now = desk.clock.now()
    silence = Silence(
        kind=SilenceKind.RULE, subject=subject, title=subject, begun_at=now, until=now + 5 * DAY + HOUR, author="лена"
    )
    asyncio.run(desk.store.silences.add(silence))
    desk.publish(40)
    assert desk.look() == 1
    told = desk.digest().signals
    assert desk.pass_days(5, per_day=0) == 1
    assert told + desk.digest().signals + desk.digest().signals == (0 if subject == "krem*" else 2)
    desk.clock.at += HOUR
    outcome = desk.digest()
    assert told + outcome.signals == 2 if subject == "krem*" else outcome.signals == 0
    assert desk.digest().reason is Reason.EMPTY
