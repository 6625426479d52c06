"""A made-up digest on which templates are tried out before they meet a real one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitor.model import (
    Article,
    ArticleId,
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

SOURCE = Source(id=SourceId("sample"), owner="Sample & Sons")
AT = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
HEADLINES = ("<Again> ministers meet in Oslo", "اجتماع الوزراء في أوسلو")


def make_sample(template: str, stories: int) -> tuple[Digest, Mapping[SourceId, Source]]:
    """A digest of `stories` stories in which everything occurs that may: dated or not, linked or not, urgent or not."""
    digest = Digest(
        name=DigestName("sample"),
        recipient=Recipient(email="reader@example.org"),
        slot="sample",
        reason=Reason.REQUESTED,
        stories=tuple(_make_story(number) for number in range(stories)),
        since=AT - timedelta(days=1),
        built_at=AT,
        template=template,
        coverage=tuple(SourceEvent(source=SOURCE.id, kind=kind, at=AT) for kind in EventKind) if stories else (),
    )
    return digest, {SOURCE.id: SOURCE}


def _make_story(number: int) -> Story:
    headline = HEADLINES[number % len(HEADLINES)]
    place = headline.split()[-1]
    article = Article(
        id=ArticleId(f"sample-{number}"),
        source=SOURCE.id,
        keys=(str(number),),
        headline=headline,
        body=f"{headline}. {place}.",
        url=f"https://example.org/{number}" if number % 3 else None,
        published_at=AT if number % 2 else None,
        first_seen_at=AT,
    )
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
    return Story(
        id=article.id, records=(RecordedMatch(seq=MatchSeq(number), matched_at=AT, match=match, article=article),)
    )
