"""explain: which digests told a match to whom, and why one has not: the end of an article's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from monitor.digests.build import is_selected
from monitor.digests.clean import clean_line
from monitor.digests.decide import find_last_slot
from monitor.digests.model import DigestPlan
from monitor.digests.numbering import name_part
from monitor.digests.silences import Silenceable, holds_for
from monitor.model import MatchSeq, OutboxState, Reason, Recipient, RuleId, Severity, Subscription, name_ledger
from monitor.model.silence import Silence
from monitor.model.story import Standing
from monitor.ports.traces import SetAside, Telling, TracedMatch
from monitor.queries.delivery import describe_away
from monitor.queries.digests import name_subscription
from monitor.queries.outbox import WAITING_STATES
from monitor.queries.steps import ArticlePast, Desk, Outcome, Ruling, Stage, Step
from monitor.text.counting import count


def tell_digests(past: ArticlePast, match: TracedMatch, desk: Desk) -> Iterator[Step]:
    """Of silences that set it aside; of every digest that takes the rule, for each recipient; and of those that told it

    and do not take it now.
    """
    yield from (_tell_set_aside(one, desk) for one in match.set_aside)
    kept = {one.ledger for one in match.set_aside}
    told = {telling.ledger: telling for telling in match.tellings}
    takers = list(_list_takers(match.rule, match.severity, desk))
    for telling in match.tellings:
        yield from _tell_telling(telling, desk.now)
    for plan, recipient in takers:
        ledger = name_ledger(plan.name, recipient.email, also=plan.also)
        earlier = told.get(ledger)
        if earlier is None and ledger not in kept:
            yield _tell_waiting(past, match, plan, recipient, desk)
        elif earlier is not None and earlier.name != plan.name:
            text = f"in digest {earlier.name} already; a match is in one digest of a recipient (but see `also: true`)"
            yield _step(Outcome.DONE, text, plan, recipient)
    if not takers and not told and not kept:
        yield _tell_unselected(match.rule, match.severity)


def _step(outcome: Outcome, text: str, plan: DigestPlan, recipient: Recipient, at: datetime | None = None) -> Step:
    return Step(stage=Stage.DIGEST, outcome=outcome, text=text, at=at, digest=plan.name, recipient=recipient.email)


def _tell_telling(telling: Telling, now: datetime) -> Iterator[Step]:
    """The digest with its slot, and its message."""
    is_repeated = telling.standing is Standing.REPEATED
    how = f"as a {telling.standing} story" if telling.standing else "as a story"
    text = "counted in one line, as the story was reported before" if is_repeated else f"reported {how}"
    yield Step(
        stage=Stage.DIGEST,
        outcome=Outcome.REPEATED if is_repeated else Outcome.DONE,
        text=f"{text} ({telling.reason}{_read_slot(telling)})",
        at=telling.built_at,
        digest=telling.name,
        recipient=telling.recipient,
    )
    outcome, text, at = _tell_message(telling, now)
    yield Step(stage=Stage.MESSAGE, outcome=outcome, text=text, at=at, digest=telling.name, recipient=telling.recipient)


def _read_slot(telling: Telling) -> str:
    """The time that a scheduled digest was due at, what a summary came after; others have none."""
    if telling.reason is Reason.SUMMARY:
        return ", after the storm brake"
    if telling.reason is not Reason.SCHEDULED:
        return ""
    due = telling.slot.partition(" ")[0]
    try:
        return f", slot {datetime.fromisoformat(due):%Y-%m-%d %H:%M}Z"
    except ValueError:  # of an earlier version
        return f", slot {due}"


def _tell_message(telling: Telling, now: datetime) -> tuple[Outcome, str, datetime | None]:
    part = name_part(telling.message)
    name = f"message {telling.message}{f' (part {part})' if part else ''}"
    reply = f": {telling.reply}" if telling.reply else ""
    if telling.state is None:
        return Outcome.DONE, f"{name} is not in the outbox any more", None
    if telling.state is OutboxState.SENT:
        return Outcome.DONE, f"{name} was sent by channel {telling.channel}{reply}", telling.sent_at
    if telling.state in WAITING_STATES:
        tried = f", tried {count(telling.attempts, 'time')}{reply}" if telling.attempts else ""
        next_at = max(telling.next_attempt_at or now, now)
        return Outcome.WAITS, f"{name} waits in the outbox for channel {telling.channel}{tried}", next_at
    return Outcome.FAILED, f"{name} is {telling.state}{reply}; see `marsad outbox list`", None


def _tell_waiting(past: ArticlePast, match: TracedMatch, plan: DigestPlan, recipient: Recipient, desk: Desk) -> Step:
    """Why the match is not in this digest, or not yet."""
    subscription = past.subscriptions.get((plan.name, recipient.email))
    if subscription is None:
        text = "the store does not know this digest and recipient yet: the next `marsad once` or `run` registers them"
        return _step(Outcome.WAITS, text, plan, recipient)
    if match.seq <= subscription.cursor:
        return _step(Outcome.PASSED_OVER, _tell_passed(match.seq, subscription), plan, recipient)
    fault = past.faults.get(name_subscription(subscription))
    if fault is not None:
        return _step(Outcome.FAILED, f"the digest fails: {fault.detail}", plan, recipient, fault.retry_at)
    state = past.recipients.get(recipient.email)
    if state is not None and not state.gets_mail(desk.now):
        return _step(Outcome.PAUSED, f"the recipient gets no mail: {describe_away(state, desk.now)}", plan, recipient)
    due = _find_due(plan, recipient, subscription, desk)
    silence = _find_silence(_describe_match(past, match), recipient, desk, due or desk.now)
    if silence is not None:
        return _tell_silence(silence, "is to be set aside by", plan, recipient)
    return _tell_hours(plan, recipient, due, desk)


def _tell_hours(plan: DigestPlan, recipient: Recipient, due: datetime | None, desk: Desk) -> Step:
    """Nothing but the time keeps the digest from being built."""
    end = desk.hours.quiet_end(plan.quiet_hours, recipient.timezone, desk.now) if plan.quiet_hours else None
    if end is not None:
        return _step(Outcome.QUIET_HOURS, "quiet hours: held until they end", plan, recipient, max(end, due or end))
    held = desk.brakes.get((plan.name, recipient.email))
    if held is not None:
        text = "storm brake: the reader has had the most immediate mails that an hour may bring (`max_per_hour`)"
        return _step(Outcome.STORM_BRAKE, text, plan, recipient, held)
    text = "waits for the slot" if due else "waits to be built: it is due as soon as the daemon looks"
    return _step(Outcome.WAITS, text, plan, recipient, due)


def _describe_match(past: ArticlePast, match: TracedMatch) -> Silenceable:
    return Silenceable(
        rule=match.rule,
        source=past.trace.article.source,
        story=past.membership.story if past.membership else None,
        entities=match.entities,
        matched_at=match.matched_at,
    )


def _find_silence(about: Silenceable, recipient: Recipient, desk: Desk, moment: datetime) -> Silence | None:
    """The first one for this recipient that holds for a match which is decided on at a moment."""
    made = (one for one in desk.silences if one.recipient in {None, recipient.email})
    return next((one for one in made if holds_for(one, about, moment)), None)


def _tell_silence(silence: Silence, verb: str, plan: DigestPlan, recipient: Recipient) -> Step:
    text = f"{verb} {_write_silence(silence)}"
    return replace(_step(Outcome.SILENCED, text, plan, recipient, silence.begun_at), stage=Stage.SILENCE)


def _tell_set_aside(one: SetAside, desk: Desk) -> Step:
    """What the store says of a match that a digest was decided on without."""
    silence = next((each for each in desk.silences if each.id == one.silence), None)
    what = _write_silence(silence) if silence else f"silence {one.silence}, which is not kept any more"
    if one.counted_in is None:
        later = "the next digest after its end counts it"
    else:
        when = f" of {one.counted_at:%Y-%m-%d %H:%M}Z" if one.counted_at else ""
        later = f"digest {one.counted_in}{when} counts it"
    return Step(
        stage=Stage.SILENCE,
        outcome=Outcome.SILENCED,
        text=f"set aside by {what}; {later}",
        at=silence.begun_at if silence else None,
        recipient=one.recipient,
    )


def _write_silence(silence: Silence) -> str:
    """Its number and subject, until when, by whom and why."""
    why = f": {clean_line(silence.comment)}" if silence.comment else ""
    ended = f", ended {silence.ended_at:%Y-%m-%d %H:%M}Z by {silence.ended_by}" if silence.ended_at else ""
    until = f"until {silence.until:%Y-%m-%d %H:%M}Z"
    return f"silence {silence.id} ({silence.name} {until} by {silence.author}{why}{ended})"


def _tell_passed(seq: MatchSeq, subscription: Subscription) -> str:
    return (
        f"not in it: it was decided on up to match {subscription.cursor}, and this is match {seq}. Either the recipient"
        " was added after the match, or the digest did not take the rule then"
    )


def _find_due(plan: DigestPlan, recipient: Recipient, subscription: Subscription, desk: Desk) -> datetime | None:
    """The slot in which it will be; None for at once."""
    after = find_last_slot(subscription, desk.now)
    if desk.hours.latest_due(plan.schedule, recipient.timezone, after=after, now=desk.now) is not None:
        return None
    times = desk.hours.next_times(plan.schedule, recipient.timezone, after=desk.now, count=1)
    return times[0] if times else None


def foresee_digests(ruling: Ruling, desk: Desk) -> Iterator[Step]:
    """The digests and recipients that would be told of a match of the rule."""
    takers = list(_list_takers(ruling.rule, ruling.severity, desk))
    about = Silenceable(rule=ruling.rule, source=ruling.source, entities=ruling.entities, matched_at=desk.now)
    for plan, recipient in takers:
        silence = _find_silence(about, recipient, desk, desk.now)
        if silence is not None:
            yield _tell_silence(silence, "would be set aside by", plan, recipient)
        else:
            yield _step(Outcome.FORESEEN, "would report it", plan, recipient)
    if not takers:
        yield _tell_unselected(ruling.rule, ruling.severity)


def _list_takers(rule: RuleId, severity: Severity, desk: Desk) -> Iterator[tuple[DigestPlan, Recipient]]:
    for plan in desk.plans:
        if is_selected(plan, rule, severity):
            yield from ((plan, recipient) for recipient in plan.recipients)


def _tell_unselected(rule: RuleId, severity: Severity) -> Step:
    text = f"no digest takes rule {rule} with severity {severity}"
    return Step(stage=Stage.DIGEST, outcome=Outcome.UNSELECTED, text=text)
