"""Rows to nouns and back; the only place that knows both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from monitor.feeds.identity import hash_key
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestId,
    DigestName,
    EntityId,
    Evidence,
    Match,
    MatchSeq,
    Message,
    OutboxEntry,
    OutboxState,
    PollState,
    RecordedMatch,
    Refusal,
    RuleId,
    Severity,
    SourceId,
    Subscription,
    Tier,
    Validator,
    Zone,
)
from monitor.model.story import Kind, Membership, StoryId
from monitor.store.columns import dump_json, replace_unstorable, to_driver

Row = Mapping[Any, Any]


ARTICLE_COLUMNS = (
    *("id", "source", "keys", "headline", "body", "tail", "url", "language", "outlet", "published_at", "first_seen_at"),
    *("content_hash", "size"),
)


def encode_article(article: Article, content_hash: str) -> tuple[Any, ...]:
    """What stands in ARTICLE_COLUMNS, for the driver; `content_hash` costs two passes over the text each time."""
    headline, body, tail = (
        replace_unstorable(article.headline),
        replace_unstorable(article.body),
        replace_unstorable(article.tail),
    )
    return (
        article.id,
        article.source,
        dump_json(list(article.keys)),
        headline,
        body,
        tail,
        *map(to_driver, (article.url, article.language, article.outlet, article.published_at, article.first_seen_at)),
        content_hash,
        len(headline.encode()) + len(body.encode()) + len(tail.encode()),
    )


def decode_article(row: Row) -> Article:
    return Article(
        id=ArticleId(row["id"]),
        source=SourceId(row["source"]),
        keys=tuple(row["keys"]),
        headline=row["headline"],
        body=row["body"],
        tail=row["tail"],
        url=row["url"],
        language=row["language"],
        outlet=row["outlet"],
        published_at=row["published_at"],
        first_seen_at=row["first_seen_at"],
        detected_language=row["detected_language"],
    )


def encode_evidence(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "entity": item.entity,
            "term": item.term,
            "field": item.field,
            "start": item.start,
            "end": item.end,
            "text": replace_unstorable(item.text),
            "tier": item.tier,
            "score": item.score,
        }
        for item in evidence
    ]


def decode_evidence(items: Sequence[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            entity=None if item["entity"] is None else EntityId(item["entity"]),
            term=item["term"],
            field=Zone(item["field"]),
            start=item["start"],
            end=item["end"],
            text=item["text"],
            tier=Tier(item["tier"]),
            score=item["score"],
        )
        for item in items
    )


def encode_match(match: Match) -> dict[str, Any]:
    return {
        "rule": match.rule,
        "article": match.article,
        "title": match.title,
        "severity": match.severity.value,
        "score": match.score,
        "evidence": encode_evidence(match.evidence),
    }


def decode_match(row: Row, article: Article) -> RecordedMatch:
    match = Match(
        rule=RuleId(row["rule"]),
        title=row["title"],
        severity=Severity(row["severity"]),
        article=article.id,
        score=row["score"],
        evidence=decode_evidence(row["evidence"]),
    )
    return RecordedMatch(seq=MatchSeq(row["seq"]), matched_at=row["matched_at"], match=match, article=article)


def decode_listed(row: Row) -> RecordedMatch:
    """A match and its article without evidence and text, which are by far the most of it."""
    article = Article(
        id=ArticleId(row["article"]),
        source=SourceId(row["source"]),
        keys=(),
        headline=row["headline"],
        body="",
        url=row["url"],
        language=row["language"],
        outlet=row["outlet"],
        published_at=row["published_at"],
        first_seen_at=row["first_seen_at"],
        detected_language=row["detected_language"],
    )
    match = Match(
        rule=RuleId(row["rule"]),
        title=row["title"],
        severity=Severity(row["severity"]),
        article=article.id,
        score=row["score"],
        evidence=(),
    )
    return RecordedMatch(seq=MatchSeq(row["seq"]), matched_at=row["matched_at"], match=match, article=article)


def decode_membership(row: Row) -> Membership:
    return Membership(
        article=ArticleId(row["article"]),
        story=StoryId(row["story"]),
        kind=Kind(row["kind"]),
        voice=ArticleId(row["voice"]),
        speaker=row["speaker"],
        owner=row["owner"],
        language=row["language"],
    )


# These have the same name and meaning in the row and in the noun.
ADDRESS = ("url", "moved_to", "moved_at", "moved_polls", "gone_at", "disabled", "not_before", "audited_at")
HONESTY = ("has_broken_validators", "has_answered_304", "has_unstable_guids")
RHYTHM = ("arrivals", "arrivals_since", "last_arrival_at", "halvings", "possible_gap_at", "ttl")


TIMES = ("next_poll_at", "last_polled_at", "last_success_at", "failures", "last_error", "baseline_done")
LISTED = ("oldest_listed_at", "has_former_keys", "has_former_listing", "is_resumed")
POLLED = (*TIMES, *ADDRESS, *HONESTY, *RHYTHM, *LISTED, "seen_items")
_read_polled = attrgetter(*POLLED)


def find_changes(before: PollState, after: PollState) -> dict[str, Any]:
    """By column, what `after` has that `before` had not; validators have a table of their own."""
    pairs = zip(POLLED, _read_polled(before), _read_polled(after), strict=True)
    return {name: new for name, old, new in pairs if old is not new and old != new}


def encode_poll_state(state: PollState) -> dict[str, Any]:
    return {
        "source": state.source,
        **dict(zip(POLLED, _read_polled(state), strict=True)),
        "seen_items": state.seen_items or None,
    }


def decode_poll_state(row: Row, validators: Mapping[str, Validator]) -> PollState:
    return PollState(
        source=SourceId(row["source"]),
        validators=validators,
        seen_items=bytes(row["seen_items"] or b""),
        **{name: row[name] for name in (*TIMES, *ADDRESS, *HONESTY, *RHYTHM, *LISTED)},
    )


def encode_validator(source: str, location: str, validator: Validator) -> dict[str, Any]:
    return {
        "source": source,
        "location_hash": hash_key(location),
        "location": location,
        "etag": validator.etag,
        "last_modified": validator.last_modified,
        "body_hash": validator.body_hash,
    }


def decode_validator(row: Row) -> Validator:
    return Validator(etag=row["etag"], last_modified=row["last_modified"], body_hash=row["body_hash"])


def encode_subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "digest": subscription.digest,
        "recipient": subscription.recipient,
        "cursor": subscription.cursor,
        "started_at": subscription.started_at,
        "last_slot_at": subscription.last_slot_at,
        "last_mail_at": subscription.last_mail_at,
        "events_told": subscription.events_told,
        "signals_told": subscription.signals_told,
        "also": subscription.also,
    }


def decode_subscription(row: Row) -> Subscription:
    return Subscription(
        digest=DigestName(row["digest"]),
        recipient=row["recipient"],
        cursor=MatchSeq(row["cursor"]),
        started_at=row["started_at"],
        last_slot_at=row["last_slot_at"],
        last_mail_at=row["last_mail_at"],
        events_told=row["events_told"],
        signals_told=row["signals_told"],
        also=row["also"],
    )


def encode_message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "message_id": message.message_id,
        "channel": message.channel,
        "sender": message.sender,
        "recipient": message.recipient,
        "content": message.content,
    }


def decode_entry(row: Row) -> OutboxEntry:
    message = Message(
        id=DigestId(row["id"]),
        message_id=row["message_id"],
        channel=ChannelName(row["channel"]),
        sender=row["sender"],
        recipient=row["recipient"],
        content=bytes(row["content"]),
    )
    return OutboxEntry(
        message=message,
        digest=DigestName(row["digest"]),
        state=OutboxState(row["state"]),
        created_at=row["created_at"],
        next_attempt_at=row["next_attempt_at"],
        attempts=row["attempts"],
        hand_overs=row["hand_overs"],
        breaks=row["breaks"],
        urgency=row["urgency"],
        reply=row["reply"],
        refusal=None if row["refusal"] is None else Refusal(row["refusal"]),
        sent_at=row["sent_at"],
        retried_at=row["retried_at"],
    )
