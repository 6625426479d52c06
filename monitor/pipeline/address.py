"""Where a source is to be asked, and how: moves that are believed, addresses gone, validators that lie. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import Article, Document, NotModified, PollState, Validator

POLLS_TO_MOVE = 3
TIME_TO_MOVE = timedelta(hours=24)
TIME_TO_BE_GONE = timedelta(hours=24)
AUDIT_EVERY = timedelta(days=7)
LATE_ITEM = timedelta(days=1)  # how long after its date an item may honestly turn up


def note_move(state: PollState, moved_to: str | None, now: datetime) -> PollState:
    """Believe a permanent redirect (301, 308) once three polls in a row, over a day, led to the same readable feed.

    A hotel's login page and a mistake of an afternoon redirect permanently too.
    """
    if moved_to is None or moved_to == state.url:
        if state.moved_to is None and not state.moved_polls:
            return state
        return replace(state, moved_to=None, moved_at=None, moved_polls=0)
    if moved_to != state.moved_to or state.moved_at is None or now < state.moved_at:
        return replace(state, moved_to=moved_to, moved_at=now, moved_polls=1)
    polls = state.moved_polls + 1
    if polls < POLLS_TO_MOVE or now - state.moved_at < TIME_TO_MOVE:
        return replace(state, moved_polls=polls)
    return replace(state, url=moved_to, moved_to=None, moved_at=None, moved_polls=0)


def note_gone(state: PollState, reason: str, now: datetime) -> PollState:
    """The second 410 at least a day after the first disables the source; one alone may be a slip."""
    if state.gone_at is None or now < state.gone_at:
        return replace(state, gone_at=now)
    if now - state.gone_at < TIME_TO_BE_GONE:
        return state
    return replace(
        state,
        disabled=f"{reason} since {state.gone_at:%Y-%m-%d}: it is not polled any more; remove the source, correct its "
        "`url`, or run `marsad once --all` to request it once more",
    )


def is_audit_due(state: PollState, now: datetime) -> bool:
    """Once a week the body is fetched whatever the validators say: some servers answer 304 for ever."""
    return state.audited_at is None or not timedelta(0) <= now - state.audited_at < AUDIT_EVERY


def prepare_request(state: PollState, now: datetime) -> PollState:
    """The state as the fetcher is to see it: without validators when an audit is due or they are known to lie.

    An audit also judges the feed's guids anew.
    """
    if is_audit_due(state, now):
        return replace(state, validators={}, has_unstable_guids=False)
    if state.has_broken_validators:
        bare = {place: Validator(body_hash=validator.body_hash) for place, validator in state.validators.items()}
        return replace(state, validators=bare)
    return state


def is_conditional(asked: PollState) -> bool:
    """Whether the fetcher had a validator to send."""
    return any(validator.etag or validator.last_modified for validator in asked.validators.values())


def is_same_body(answer: Document, known: Mapping[str, Validator]) -> bool:
    """The second rung: a server without validators sent the very bytes it sent before."""
    before = known.get(answer.location)
    return before is not None and before.body_hash is not None and before.body_hash == answer.validator.body_hash


def note_honesty(
    state: PollState, answer: Document | NotModified, new: Sequence[Article], now: datetime, *, conditional: bool
) -> PollState:
    """What the answer says about the server's validators. An answer to a request without any is the audit.

    They lie when they stayed the same while items came, or when the audit finds items dated a day and more before a
    poll that was answered with 304.
    """
    if conditional:
        if state.has_answered_304 or not (isinstance(answer, NotModified) and answer.is_304):
            return state
        return replace(state, has_answered_304=True)
    broken = state.has_broken_validators or (isinstance(answer, Document) and _has_lied(state, answer, new))
    return replace(state, audited_at=now, has_broken_validators=broken)


def _has_lied(state: PollState, answer: Document, new: Sequence[Article]) -> bool:
    before = state.validators.get(answer.location)
    if not new or before is None or (before.etag is None and before.last_modified is None):
        return False
    if (before.etag, before.last_modified) == (answer.validator.etag, answer.validator.last_modified):
        return True
    if not state.has_answered_304 or state.last_success_at is None:
        return False
    return any(one.published_at and one.published_at < state.last_success_at - LATE_ITEM for one in new)
