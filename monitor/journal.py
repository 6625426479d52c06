"""The daemon's log: one line for each outcome that somebody may ask about."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from monitor.errors import MarsadError
from monitor.model import Reason, SourceId
from monitor.pipeline.deliver import DeliverOutcome
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.feedback import FeedbackOutcome
from monitor.pipeline.fulltext import PageOutcome
from monitor.pipeline.isolate import Failure
from monitor.pipeline.poll import PollOutcome

log = structlog.get_logger()


class PollLog:
    """Logs one line where something is wrong, one where something came; a poll that found nothing says nothing.

    A source that fails as at the poll before has a line only with --verbose: `status` shows it until it is gone. A
    defect of ours comes with its traceback, once for each error.
    """

    def __init__(self) -> None:
        self._failing: dict[SourceId, tuple[str | None, tuple[str, ...]]] = {}

    def __call__(self, outcome: PollOutcome) -> None:
        if outcome.waits_until is not None or outcome.is_taken:
            return
        source = outcome.source.id
        if outcome.defect is not None:
            log.error("poll.defect", source=source, error=outcome.error, exc_info=outcome.defect)
        elif not outcome.ok and not outcome.is_known_defect:
            is_known = self._failing.get(source) == (outcome.error, outcome.problems)
            tell = log.debug if is_known else log.warning
            tell("poll.problem", source=source, error=outcome.error, problems=outcome.problems)
        self._note(outcome)
        if outcome.new or outcome.changed:
            log.info("poll.done", source=source, new=outcome.new, changed=outcome.changed, matches=outcome.matches)

    def _note(self, outcome: PollOutcome) -> None:
        source = outcome.source.id
        if not outcome.ok:
            self._failing[source] = outcome.error, outcome.problems
        elif before := self._failing.pop(source, None):
            log.info("poll.recovered", source=source, before=before[0] or "; ".join(before[1]))


def log_failed_digest(outcome: DigestOutcome, failure: Failure | None) -> None:
    """One line for one that fails in a new way: a defect of ours with its traceback."""
    if failure is not None and failure.is_news:
        log.error(
            "digest.failed",
            digest=outcome.digest,
            recipient=outcome.recipient,
            error=outcome.error,
            retry_at=str(outcome.retry_at),
            exc_info=None if isinstance(failure.error, MarsadError) else failure.error,
        )


def log_digests(outcomes: Sequence[DigestOutcome]) -> None:
    """One line for each digest that was built in a round, however many read it: each delivery has a line of its own.

    An immediate digest is built for every piece of news: its line is for --verbose.
    """
    by_digest: dict[str, list[DigestOutcome]] = {}
    for outcome in outcomes:
        if outcome.silenced:
            log.info("digest.silenced", digest=outcome.digest, recipient=outcome.recipient, matches=outcome.silenced)
        if outcome.reason.builds:
            by_digest.setdefault(outcome.digest, []).append(outcome)
    for digest, built in by_digest.items():
        tell = log.debug if all(outcome.reason is Reason.IMMEDIATE for outcome in built) else log.info
        tell(
            "digest.built",
            digest=digest,
            recipients=len(built),
            stories=max(outcome.stories for outcome in built),
            signals=max(outcome.signals for outcome in built),
            messages=sum(outcome.messages for outcome in built),
            reasons=sorted({outcome.reason.value for outcome in built}),
        )


def log_answers(outcomes: Sequence[FeedbackOutcome]) -> None:
    """One line for each mail of a recipient: what it asked for, or why it was refused."""
    for outcome in outcomes:
        if outcome.refusal is not None:
            log.warning("feedback.refused", mail=outcome.mail, reason=outcome.refusal.value)
        elif outcome.bounced is not None:
            log.warning("feedback.bounced", message=outcome.bounced, recipient=outcome.recipient)
        elif outcome.wish is not None:
            log.info("feedback.taken", wish=outcome.wish.value, recipient=outcome.recipient, story=outcome.story)


class DeliveryLog:
    """Logs one line for each delivery: it was sent, or why not.

    A recipient who fails as at the attempt before has a line only with --verbose: an address that a server refuses is
    refused again with each piece of news. `status` shows it until it is gone.
    """

    def __init__(self) -> None:
        self._failing: dict[tuple[str, str], tuple[str, ...]] = {}

    def __call__(self, outcome: DeliverOutcome) -> None:
        who = outcome.channel, outcome.recipient
        how = (outcome.state, *outcome.reply.split()[:2])  # the codes of the answer; what follows may hold an id
        is_known = self._failing.get(who) == how
        if outcome.ok:
            if self._failing.pop(who, None):
                log.info("deliver.recovered", recipient=outcome.recipient, channel=outcome.channel)
            tell = log.info
        else:
            self._failing[who] = how
            tell = log.debug if is_known and outcome.error is None else log.error
        tell(
            "deliver.done" if outcome.ok else "deliver.failed",
            digest=outcome.digest,
            recipient=outcome.recipient,
            channel=outcome.channel,
            state=outcome.state,
            reply=outcome.reply,
            resent=outcome.resent,
            exc_info=outcome.error,
        )


def log_page(outcome: PageOutcome) -> None:
    """One line: the full text is there, or why not and when it is tried again."""
    about = {"source": outcome.source.id, "article": outcome.article.id}
    if outcome.error is None:
        log.info("fulltext.done", **about, matches=outcome.matches, outdated=outcome.is_outdated)
    else:
        log.warning("fulltext.failed", **about, error=outcome.error, next_try_at=outcome.next_try_at)
