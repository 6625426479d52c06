"""What is said to have happened to an article: baseline, match, story, digest, message, and why one waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.model import Daily, DigestPlan, Immediate, QuietHours
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    DigestName,
    EntityId,
    Fault,
    FaultKind,
    Match,
    MatchSeq,
    OutboxState,
    PollState,
    Reason,
    Recipient,
    RecipientState,
    RuleId,
    Severity,
    SourceId,
    Subscription,
)
from monitor.model.silence import Silence, SilenceId, SilenceKind
from monitor.model.story import Kind, Membership, Standing, StoryId
from monitor.pipeline import schedule
from monitor.ports import PollRecord
from monitor.ports.traces import PageWait, SetAside, Telling, Trace, TracedMatch
from monitor.queries.history import HistoryPorts, foresee, read_past, trace_rule
from monitor.queries.steps import ArticlePast, Desk, Outcome, Ruling, Stage, Step
from monitor.store.open import Store

HOUR = timedelta(hours=1)
SAMI = Recipient(email="sami@example.org", timezone=ZoneInfo("Asia/Baku"))
MORNING = DigestPlan(
    name=DigestName("morning"),
    recipients=(SAMI,),
    rules=("kara*",),
    schedule=Daily(at=time(7)),
    channel=ChannelName("m"),
)
NOW_PLAN = replace(MORNING, name=DigestName("now"), schedule=Immediate())
RULING = Ruling(rule=RuleId("karabakh"), severity=Severity.NORMAL, fires=True)


@pytest.fixture
def article(now: datetime) -> Article:
    return Article(
        id=ArticleId("a1"),
        source=SourceId("wire"),
        keys=("file:a1",),
        headline="بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ",
        body="Президент России Владимир Путин провёл разговор.",
        first_seen_at=now - HOUR,
    )


@pytest.fixture
def match(now: datetime) -> TracedMatch:
    return TracedMatch(
        seq=MatchSeq(17),
        rule=RULING.rule,
        title="قره باغ",
        severity=Severity.NORMAL,
        score=94,
        matched_at=now - HOUR,
    )


@pytest.fixture
def telling(now: datetime) -> Telling:
    return Telling(
        recipient=SAMI.email,
        ledger=SAMI.email,
        digest=DigestId("d1"),
        name=MORNING.name,
        slot="2026-11-24T03:00:00+00:00 0f0f",
        reason=Reason.SCHEDULED,
        built_at=now,
        story=StoryId("s1"),
        standing=Standing.DEVELOPING,
        message=DigestId("d1-2of3"),
        state=OutboxState.SENT,
        channel=ChannelName("m"),
        attempts=1,
        sent_at=now + HOUR,
        reply="250 ok",
    )


@pytest.fixture
def past(article: Article, match: TracedMatch, now: datetime) -> ArticlePast:
    """The match waits for the digest of sami."""
    known = {
        (name, SAMI.email): Subscription(digest=name, recipient=SAMI.email, cursor=MatchSeq(16), started_at=now - HOUR)
        for name in (MORNING.name, NOW_PLAN.name)
    }
    return ArticlePast(trace=Trace(article=article, matches=(match,)), subscriptions=known)


@pytest.fixture
def ask(now: datetime) -> Callable[..., list[Step]]:
    def trace(past: ArticlePast, *plans: DigestPlan, ruling: Ruling = RULING, at: datetime | None = None) -> list[Step]:
        return list(trace_rule(past, ruling, Desk(plans=plans or (MORNING,), hours=schedule, now=at or now)))

    return trace


def told(past: ArticlePast, telling: Telling) -> ArticlePast:
    match = replace(past.trace.matches[0], tellings=(telling,))
    return replace(past, trace=replace(past.trace, matches=(match,)))


def test_an_article_that_a_digest_reported_is_followed_to_the_server(ask, past, telling, now) -> None:
    steps = ask(told(past, telling))
    assert [(step.stage, step.outcome, step.at) for step in steps] == [
        (Stage.ARTICLE, Outcome.DONE, now - HOUR),
        (Stage.MATCH, Outcome.DONE, now - HOUR),
        (Stage.DIGEST, Outcome.DONE, now),
        (Stage.MESSAGE, Outcome.DONE, now + HOUR),
    ]
    assert [step.text for step in steps[1:]] == [
        "rule karabakh fired with score 94",
        "reported as a developing story (scheduled, slot 2026-11-24 03:00Z)",
        "message d1-2of3 (part 2/3) was sent by channel m: 250 ok",
    ]
    assert (steps[2].digest, steps[2].recipient) == ("morning", SAMI.email)


def test_a_story_that_was_reported_before_is_counted_in_one_line(ask, past, telling) -> None:
    repeated = replace(telling, standing=Standing.REPEATED, reason=Reason.IMMEDIATE, slot="matches 0f0f")
    step = ask(told(past, repeated))[2]
    assert (step.outcome, step.text) == (
        Outcome.REPEATED,
        "counted in one line, as the story was reported before (immediate)",
    )


@pytest.mark.parametrize(
    ("state", "outcome", "text"),
    [
        (OutboxState.PENDING, Outcome.WAITS, "waits in the outbox for channel m, tried 1 time: 451 later"),
        (OutboxState.FAILED, Outcome.FAILED, "is failed: 451 later; see `marsad outbox list`"),
        (OutboxState.DROPPED, Outcome.FAILED, "is dropped: 451 later; see `marsad outbox list`"),
        (None, Outcome.DONE, "is not in the outbox any more"),
    ],
)
def test_a_message_that_was_not_sent(ask, past, telling, now, state, outcome, text) -> None:
    unsent = replace(telling, state=state, sent_at=None, next_attempt_at=now - HOUR, reply="451 later")
    step = ask(told(past, unsent))[3]
    assert (step.stage, step.outcome) == (Stage.MESSAGE, outcome)
    assert step.text == f"message d1-2of3 (part 2/3) {text}"
    assert step.at == (now if state is OutboxState.PENDING else None)


def test_a_match_that_the_storm_brake_held_and_a_summary_reported(ask, past, telling) -> None:
    summary = replace(telling, reason=Reason.SUMMARY, slot="matches 0f0f")
    assert ask(told(past, summary))[2].text == "reported as a developing story (summary, after the storm brake)"


def test_a_match_that_the_storm_brake_holds(past, now) -> None:
    desk = Desk(plans=(NOW_PLAN,), hours=schedule, now=now, brakes={(NOW_PLAN.name, SAMI.email): now + HOUR})
    step = trace_rule(past, RULING, desk)[-1]
    assert (step.outcome, step.at, step.digest) == (Outcome.STORM_BRAKE, now + HOUR, "now")
    assert step.text.startswith("storm brake: the reader has had the most immediate mails")


def test_a_match_is_in_one_digest_of_a_recipient(ask, past, telling) -> None:
    step = ask(told(past, telling), MORNING, NOW_PLAN)[-1]
    text = "in digest morning already; a match is in one digest of a recipient (but see `also: true`)"
    assert (step.digest, step.text) == ("now", text)


def test_a_digest_with_also_waits_although_another_one_reported_the_match(ask, past, telling) -> None:
    step = ask(told(past, telling), MORNING, replace(NOW_PLAN, also=True))[-1]
    assert (step.digest, step.outcome) == ("now", Outcome.WAITS)


@pytest.mark.parametrize("fires", [True, False])
def test_an_article_of_the_baseline_was_not_tried(ask, past, fires: bool) -> None:  # noqa: FBT001
    held = replace(past, trace=replace(past.trace, is_held=True, matches=()))
    steps = ask(held, ruling=replace(RULING, fires=fires))
    assert [(step.stage, step.outcome) for step in steps[1:]] == [
        (Stage.BASELINE, Outcome.HELD),
        (Stage.MATCH, Outcome.NO_MATCH),
    ]
    assert "`backfill`" in steps[1].text
    why = "was not tried, because the article was kept only" if fires else "did not fire"
    assert steps[2].text == f"rule karabakh {why}"


def test_a_rule_that_is_newer_than_the_article(ask, past) -> None:
    unmatched = replace(past, trace=replace(past.trace, matches=()))
    assert ask(unmatched)[-1].text.startswith("rule karabakh would fire now, and did not: the rule, its names")
    assert ask(past, ruling=replace(RULING, fires=False))[1].text == (
        "rule karabakh fired with score 94; the rule, its names or the article changed since, and it would not fire now"
    )


def test_a_page_that_is_still_to_be_read(ask, past, now) -> None:
    page = PageWait(next_try_at=now + HOUR, tries=2, last_error="503")
    steps = ask(replace(past, trace=replace(past.trace, page=page)))
    assert (steps[1].stage, steps[1].at) == (Stage.PAGE, now + HOUR)
    assert steps[1].text == "its full text is still to be read, tried 2 times: 503"


@pytest.mark.parametrize(
    ("kind", "outcome", "text"),
    [
        (Kind.COPY, Outcome.COPY, "story s1 of 3 articles; a copy of article a0 by وكالة"),
        (Kind.FOLLOW_UP, Outcome.DONE, "story s1 of 3 articles; follow-up in it"),
    ],
)
def test_the_story_that_it_is_in(ask, past, kind, outcome, text) -> None:
    membership = Membership(
        article=ArticleId("a1"),
        story=StoryId("s1"),
        kind=kind,
        voice=ArticleId("a0"),
        speaker="وكالة",
        owner="TASS",
    )
    step = ask(replace(past, membership=membership, told_articles=3))[2]
    assert (step.stage, step.outcome, step.text) == (Stage.STORY, outcome, text)


def test_a_match_that_waits_for_its_slot(ask, past, now) -> None:
    step = ask(past)[-1]
    assert (step.outcome, step.text) == (Outcome.WAITS, "waits for the slot")
    assert step.at == datetime(2026, 11, 25, 3, tzinfo=now.tzinfo)  # 07:00 in Baku
    assert ask(past, NOW_PLAN)[-1].text == "waits to be built: it is due as soon as the daemon looks"
    due = ask(past, at=now + timedelta(days=1))[-1]
    assert (due.text, due.at) == ("waits to be built: it is due as soon as the daemon looks", None)


def test_a_match_that_waits_for_the_end_of_quiet_hours(ask, past, now) -> None:
    quiet = replace(NOW_PLAN, quiet_hours=QuietHours(start=time(15), end=time(18)))  # it is 16:00 in Baku
    step = ask(past, quiet)[-1]
    assert (step.outcome, step.at) == (Outcome.QUIET_HOURS, now + 2 * HOUR)
    assert ask(past, quiet, at=now + 3 * HOUR)[-1].outcome is Outcome.WAITS


def test_a_recipient_who_gets_no_mail_and_a_digest_that_fails(ask, past, now) -> None:
    away = {SAMI.email: RecipientState(address=SAMI.email, paused_at=now)}
    step = ask(replace(past, recipients=away))[-1]
    assert (step.outcome, step.text) == (Outcome.PAUSED, "the recipient gets no mail: paused since 2026-11-24")
    fault = Fault(
        kind=FaultKind.DIGEST, subject="morning sami@example.org", detail="قالب", since=now, last_at=now, count=1
    )
    failing = ask(replace(past, faults={fault.subject: fault}))[-1]
    assert (failing.outcome, failing.text) == (Outcome.FAILED, "the digest fails: قالب")


def test_a_digest_that_passed_the_match_over_and_one_that_is_not_registered(ask, past) -> None:
    key = (MORNING.name, SAMI.email)
    later = {key: replace(past.subscriptions[key], cursor=MatchSeq(20))}
    step = ask(replace(past, subscriptions=later))[-1]
    assert step.outcome is Outcome.PASSED_OVER
    assert step.text.startswith("not in it: it was decided on up to match 20, and this is match 17.")
    assert "does not know this digest" in ask(replace(past, subscriptions={}))[-1].text


def test_a_rule_that_no_digest_takes(ask, past) -> None:
    urgent = replace(MORNING, severity=Severity.URGENT)
    step = ask(past, urgent)[-1]
    assert (step.outcome, step.text) == (Outcome.UNSELECTED, "no digest takes rule karabakh with severity normal")


def test_what_would_happen_to_a_text_from_outside(now) -> None:
    desk = Desk(plans=(MORNING,), hours=schedule, now=now)
    first, second = foresee(RULING, desk)
    assert first.text == "not in the archive, so nothing happened to it"
    assert (second.outcome, second.digest, second.text) == (Outcome.FORESEEN, "morning", "would report it")
    assert foresee(replace(RULING, fires=False), desk) == (first,)
    assert foresee(replace(RULING, rule=RuleId("football")), desk)[1].outcome is Outcome.UNSELECTED


@pytest.fixture
def silence(now: datetime) -> Silence:
    return Silence(
        id=SilenceId(3),
        kind=SilenceKind.RULE,
        subject="kara*",
        title="قره باغ",
        begun_at=now - HOUR,
        until=now + HOUR,
        author="Ольга",
        comment="太多",
    )


TOLD = "silence 3 (rule kara* until 2026-11-24 13:00Z by Ольга: 太多)"


def test_a_match_that_a_silence_set_aside(now, past, silence) -> None:
    def ask(aside: SetAside, *silences: Silence) -> list[Step]:
        match = replace(past.trace.matches[0], set_aside=(aside,))
        quiet = replace(past, trace=replace(past.trace, matches=(match,)))
        desk = Desk(plans=(MORNING, NOW_PLAN), hours=schedule, now=now, silences=silences)
        return [step for step in trace_rule(quiet, RULING, desk) if step.stage not in {Stage.ARTICLE, Stage.MATCH}]

    aside = SetAside(recipient=SAMI.email, ledger=SAMI.email, silence=silence.id)
    (step,) = ask(aside, silence)
    assert (step.stage, step.outcome, step.recipient) == (Stage.SILENCE, Outcome.SILENCED, SAMI.email)
    assert step.text == f"set aside by {TOLD}; the next digest after its end counts it"
    counted = replace(aside, counted_in=MORNING.name, counted_at=now)
    ended = replace(silence, ended_at=now, ended_by="李")
    (step,) = ask(counted, ended)
    assert (
        step.text
        == f"set aside by {TOLD[:-1]}, ended 2026-11-24 12:00Z by 李); digest morning of 2026-11-24 12:00Z counts it"
    )
    (step,) = ask(aside)
    assert step.text.startswith("set aside by silence 3, which is not kept any more;")


def test_a_match_that_waits_and_is_to_be_set_aside(now, past, silence) -> None:
    def ask(plan: DigestPlan, silence: Silence) -> Step:
        desk = Desk(plans=(plan,), hours=schedule, now=now, silences=(silence,))
        return list(trace_rule(past, RULING, desk))[-1]

    step = ask(NOW_PLAN, silence)
    assert (step.stage, step.digest, step.text) == (Stage.SILENCE, "now", f"is to be set aside by {TOLD}")
    late = replace(silence, begun_at=now)  # and is over before the slot
    assert ask(MORNING, late).outcome is Outcome.WAITS
    assert ask(NOW_PLAN, late).outcome is Outcome.SILENCED
    assert ask(NOW_PLAN, replace(silence, recipient="leyla@example.org")).outcome is Outcome.WAITS
    of_source = replace(silence, kind=SilenceKind.SOURCE, subject="wire")
    assert ask(NOW_PLAN, of_source).outcome is Outcome.SILENCED
    assert ask(NOW_PLAN, replace(of_source, subject="paper")).outcome is Outcome.WAITS


def test_a_text_from_outside_that_a_silence_would_set_aside(now, silence) -> None:
    ruling = replace(RULING, entities=frozenset({EntityId("الكرملين")}))
    of_entity = replace(silence, kind=SilenceKind.ENTITY, subject="الكرملين")
    for ended, outcome in ((None, Outcome.SILENCED), (now, Outcome.FORESEEN)):
        one = replace(of_entity, ended_at=ended, ended_by="李")
        step = foresee(ruling, Desk(plans=(MORNING,), hours=schedule, now=now, silences=(one,)))[1]
        assert step.outcome is outcome
        assert step.text.startswith(
            "would be set aside by silence 3 (entity الكرملين until" if ended is None else "would report it"
        )


def test_the_store_is_read_and_not_written(store: Store, article: Article, now: datetime) -> None:
    ports = HistoryPorts(
        traces=store.traces,
        stories=store.stories,
        digests=store.digests,
        recipients=store.recipients,
        faults=store.faults,
    )

    async def scenario() -> tuple[ArticlePast | None, ArticlePast | None]:
        await store.digests.subscribe([(MORNING.name, SAMI.email)], now)
        record = PollRecord(
            state=PollState(source=SourceId("wire"), next_poll_at=now),
            polled_at=now,
            articles=(article,),
            matches=(
                Match(rule=RULING.rule, title="ق", severity=Severity.LOW, article=article.id, score=94, evidence=()),
            ),
        )
        await store.polls.commit_poll(record)
        await store.recipients.pause(SAMI.email, now, None)
        await store.faults.record(FaultKind.DIGEST, "morning sami@example.org", "قالب", now)
        return await read_past(article.id, ports), await read_past(ArticleId("none"), ports)

    found, nothing = asyncio.run(scenario())
    assert nothing is None
    assert found is not None
    assert (found.trace.article.headline, found.membership) == (article.headline, None)
    assert list(found.subscriptions) == [(MORNING.name, SAMI.email)]
    assert (list(found.recipients), list(found.faults)) == ([SAMI.email], ["morning sami@example.org"])
