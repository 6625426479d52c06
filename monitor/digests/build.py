"""Which matches a plan tells, and the digest they make: pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from monitor.digests.model import DigestPlan, Immediate, Threads
from monitor.model import (
    Decision,
    Digest,
    Reason,
    Recipient,
    RecordedMatch,
    RuleId,
    Severity,
    Story,
    Subscription,
    derive_id,
)
from monitor.model.signal import Signal
from monitor.ports.silences import HeldMatch

_GLOB = frozenset("*?[")


def select(plan: DigestPlan, records: Sequence[RecordedMatch]) -> tuple[RecordedMatch, ...]:
    """Those of `records` whose rule the plan names, by id or glob, at its severity or above."""
    return tuple(record for record in records if is_selected(plan, record.match.rule, record.match.severity))


def is_selected(plan: DigestPlan, rule: RuleId, severity: Severity) -> bool:
    """Whether the plan takes the matches of a rule that have this severity; a report about rules takes none."""
    return severity.rank >= plan.severity.rank and takes_rule(plan, rule)


def takes_rule(plan: DigestPlan, rule: RuleId) -> bool:
    """Whether it takes matches of a rule that are severe enough."""
    return bool(choose_rules(plan, frozenset({rule})))


def choose_rules(plan: DigestPlan, rules: frozenset[RuleId]) -> frozenset[RuleId]:
    """Those of which it takes matches that are severe enough. Fast: 1,000 digests ask it of 1,000 rules each."""
    if plan.is_report:
        return frozenset()
    ids, globs = _compile(plan.rules)
    named = ids & rules
    return named if globs is None else named.union(rule for rule in rules if globs.match(rule))


@lru_cache(maxsize=4096)
def _compile(patterns: tuple[str, ...]) -> tuple[frozenset[RuleId], re.Pattern[str] | None]:
    """The ids among them, and one expression for all globs."""
    globs = [one for one in patterns if not _GLOB.isdisjoint(one)]
    ids = frozenset(RuleId(one) for one in patterns if one not in globs)
    return ids, re.compile("|".join(map(fnmatch.translate, globs))) if globs else None


def is_signal_selected(plan: DigestPlan, rules: Mapping[str, str]) -> bool:
    """Whether the plan takes a signal of any of these rules, given with their severities."""
    return any(is_selected(plan, RuleId(rule), Severity(severity)) for rule, severity in rules.items())


def select_signals(plan: DigestPlan, signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """Those of `signals` that the plan takes: none for a report about rules."""
    if plan.is_report:
        return ()
    return tuple(signal for signal in signals if is_signal_selected(plan, signal.rules))


def build_digest(
    plan: DigestPlan, subscription: Subscription, decision: Decision, stories: Sequence[Story], now: datetime
) -> Digest:
    """The digest of one slot; `subscription` is as it stood before, so that `since` is its last mail."""
    return Digest(
        name=plan.name,
        recipient=find_recipient(plan, subscription),
        slot=decision.slot,
        reason=decision.reason,
        stories=tuple(stories),
        since=_find_since(subscription, now),
        built_at=now,
        template=plan.template,
        thread=find_thread(plan, subscription, stories),
        braked=_find_brake(plan, decision),
    )


def _find_brake(plan: DigestPlan, decision: Decision) -> int:
    if decision.reason is Reason.SUMMARY and isinstance(plan.schedule, Immediate):
        return plan.schedule.max_per_hour
    return 0


def find_thread(plan: DigestPlan, subscription: Subscription, stories: Sequence[Story]) -> str:
    """The key of the message to which the mail replies, "" for none; of a digest's thread it is one of its own."""
    if plan.threads is Threads.DIGEST:
        return derive_id("thread", plan.name, subscription.recipient)
    first = stories[0].past if stories and plan.threads is Threads.STORY else None
    return first.thread if first else ""


def _find_since(subscription: Subscription, now: datetime) -> datetime:
    """The last mail, or the beginning; one of them that lies ahead was written by a clock that was wrong."""
    moments = (subscription.last_mail_at, subscription.started_at)
    return next((moment for moment in moments if moment is not None and moment <= now), now)


def make_digest_id(
    store_id: str,
    records: Sequence[RecordedMatch],
    *,
    counted: Sequence[HeldMatch] = (),
    signals: Sequence[Signal] = (),
) -> str:
    """An id of what a digest tells, which no other news have: of this store's, or of one that was here before."""
    told = (f"{one.match.rule}\n{one.article.id}\n{one.article.headline}" for one in records)
    silenced = (f"silence {one.silence}\n{one.seq}" for one in counted)
    signalled = (f"signal {one.kind}\n{one.subject}\n{one.onset.isoformat()}" for one in signals)
    return derive_id(store_id, *told, *silenced, *signalled)


def find_recipient(plan: DigestPlan, subscription: Subscription) -> Recipient:
    """The plan's recipient whom the subscription is of."""
    return next(recipient for recipient in plan.recipients if recipient.email == subscription.recipient)
