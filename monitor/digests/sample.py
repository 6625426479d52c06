"""Made-up digests on which templates are tried out before they meet a real one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.digests.model import DETAILED, FeedbackLinks, Order, Sending
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestName,
    EntityId,
    EventKind,
    Evidence,
    Match,
    MatchSeq,
    Reason,
    Recipient,
    RecordedMatch,
    RuleId,
    Severity,
    Source,
    SourceEvent,
    SourceId,
    Story,
    Tier,
    Zone,
)
from monitor.model.overview import DAILY, NO_OVERVIEW, Move, Outage, Overview, Quality, SourceCounts, Trend
from monitor.model.report import LineKind, ReportLine
from monitor.model.signal import Signal, SignalArticle, SignalKind, SignalNumbers, Subject, SubjectKind
from monitor.model.story import Kind, Membership, Standing, StoryId, StoryReport, make_story_id

SOURCE = Source(id=SourceId("sample"), owner="Sample & Sons")
GONE = SourceId("gone")  # a source that the configuration names no more
AT = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
HEADLINES = ("<Again> {} ministers meet in Oslo", "اجتماع {} وزراء في أوسلو")  # each with a number of its own
LANGUAGES = ("en", "ar")
# What a story may have or lack, and a template may take for granted.
OPTIONAL: tuple[Mapping[str, Any], ...] = (
    {"url": "https://example.org/"},
    {"published_at": AT},
    {"language": "en"},
    {"outlet": "The Sample"},
    {"body": "They met in Oslo."},
    {"source": SOURCE.id},
)
ALL = 2 ** len(OPTIONAL) - 1


def make_samples(template: str) -> Iterator[Order]:
    """Digests in which everything occurs that may: stories with and without a link, a date, a language and so on;

    a few, one, none, more than are shown in detail; with and without signals, a sentence on what may be missing, and
    links to a feedback mailbox.
    """
    for language in LANGUAGES:
        yield make_sample(template, [ALL] * 5, language=language)
        yield make_sample(template, [0] * 5, language=language)
        yield make_sample(template, range(ALL + 1), language=language)
        yield make_sample(template, [ALL], language=language, coverage=False)
        yield make_sample(template, [], language=language)
        yield make_sample(template, [], language=language, coverage=False)
    yield make_sample(template, [ALL] * (DETAILED + 2))
    yield add_links(make_sample(template, [ALL] * 5))
    yield add_report(make_sample(template, []))


def make_sample(template: str, stories: Iterable[int], *, language: str = "en", coverage: bool = True) -> Order:
    """A digest with a story for each of `stories`, whose bits say what of OPTIONAL it has."""
    digest = Digest(
        name=DigestName("sample"),
        recipient=Recipient(email="reader@example.org", language=language),
        slot="sample",
        reason=Reason.REQUESTED,
        stories=tuple(_make_story(number, bits) for number, bits in enumerate(stories)),
        since=AT - timedelta(days=1),
        built_at=AT,
        template=template,
        coverage=tuple(SourceEvent(source=SOURCE.id, kind=kind, at=AT) for kind in EventKind) if coverage else (),
        signals=tuple(map(_make_signal, SignalKind)) if coverage else (),
        overview=_make_overview() if coverage else NO_OVERVIEW,
        braked=10 if coverage else 0,
    )
    sending = Sending(sender="marsad@example.org", channel=ChannelName("sample"), sources={SOURCE.id: SOURCE})
    if coverage:
        sending = replace(sending, contact="desk@example.org", unsubscribe="mailto:desk@example.org?subject=stop")
    return Order(digest=digest, sending=sending)


def _make_overview() -> Overview:
    """A rule in every state, and a source in each."""
    trends = tuple(
        Trend(
            rule=f"sample-{move}",
            title="A sample rule",
            span=DAILY,
            bars=(None, 0, 3, 1, 9),
            usual=None if move is Move.UNKNOWN else 2.5,
            move=move,
        )
        for move in Move
    )
    return Overview(
        trends=trends,
        sources=SourceCounts(total=6, ok=1, stale=1, failing=1, failing_since=AT, gone=1, new=1, paused=1),
        outages=(Outage(source=GONE, down=timedelta(hours=5)),),
        quality=(Quality(rule="sample", title="A sample rule", relevant=3, labelled=4, share=75, low=30, high=95),),
    )


def _make_signal(kind: SignalKind) -> Signal:
    """With an article that has everything, and one that has nothing."""
    articles = (
        SignalArticle(headline=HEADLINES[0].format(0), source=SOURCE.id, at=AT, url="https://example.org/", outlet="O"),
        SignalArticle(headline=HEADLINES[1].format(1), source=GONE, at=AT),
    )
    return Signal(
        kind=kind,
        subject=Subject(kind=SubjectKind.RULE, id="sample"),
        title="A sample rule",
        onset=AT,
        at=AT,
        numbers=SignalNumbers(window=timedelta(days=1), count=9, usual=2.5, left_out=(GONE,)),
        articles=articles,
    )


def add_links(order: Order) -> Order:
    """The same digest with links to a feedback mailbox."""
    links = FeedbackLinks(**{name: f"mailto:sample@example.org?subject={name}" for name in ("good", "bad", "mute")})
    stories = {story.id: links for story in order.digest.stories}
    return replace(order, sending=replace(order.sending, links=stories, unsubscribe="mailto:sample@example.org"))


def add_report(order: Order) -> Order:
    """The same digest with a report about rules."""
    kinds = enumerate(LineKind)
    lines = tuple(ReportLine(text=f"a {kind} of the sample", kind=kind, level=level) for level, kind in kinds)
    return replace(order, digest=replace(order.digest, report=lines))


def _make_story(number: int, bits: int) -> Story:
    """Every second one has further articles, and each third one is new, developing or repeated."""
    story = make_story_id(ArticleId(f"sample-{number}"))
    records = tuple(
        _make_record(number, one, more) for more, one in enumerate([bits, ALL, 0] if number % 2 else [bits])
    )
    report = StoryReport(
        story=story,
        revision=1,
        at=AT,
        standing=list(Standing)[number % len(Standing)],
        outlets=frozenset({"Sample & Sons", "The Other Sample"}),
        before=1,
    )
    members = tuple(_make_member(story, record.article.id, more) for more, record in enumerate(records))
    return Story(id=story, records=records, members=members, report=report)


def _make_member(story: StoryId, article: ArticleId, more: int) -> Membership:
    kind = (Kind.NEW, Kind.COPY, Kind.JOINED)[more]
    return Membership(article=article, story=story, kind=kind, voice=article, speaker="The Sample", owner="The Sample")


def _make_record(number: int, bits: int, more: int) -> RecordedMatch:
    headline = HEADLINES[(number + more) % len(HEADLINES)].format(3 * number + more)
    place = headline.split()[-1]
    article = Article(
        id=ArticleId(f"sample-{number}-{more}"),
        source=GONE,
        keys=(str(number),),
        headline=headline,
        body="",
        first_seen_at=AT,
    )
    for bit, fields in enumerate(OPTIONAL):
        article = replace(article, **fields) if bits >> bit & 1 else article
    found = Evidence(
        entity=EntityId("oslo"),
        term="Oslo",
        field=Zone.HEADLINE,
        start=len(headline) - len(place),
        end=len(headline),
        text=place,
        tier=list(Tier)[number % len(Tier)],
        score=100,
    )
    match = Match(
        rule=RuleId("sample"),
        title="A sample rule",
        severity=list(Severity)[number % len(Severity)],
        article=article.id,
        score=100,
        evidence=(found,),
    )
    return RecordedMatch(seq=MatchSeq(3 * number + more), matched_at=AT, match=match, article=article)
