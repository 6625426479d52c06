"""parts: a message that its mail server finds too large -> the same stories in smaller messages, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from monitor.digests.model import DigestPlan
from monitor.digests.numbering import is_first
from monitor.digests.rank import Ranking, rank
from monitor.model import Digest, DigestId, OutboxEntry, Part, Recipient
from monitor.model.overview import Overview
from monitor.model.story import Sections
from monitor.pipeline.digest import complete, survey_nothing
from monitor.ports import DigestStore
from monitor.ports.sent import SentDigest, SentStore
from monitor.stories.cluster import arrange, count_articles

LEAST_CUT = 0.6  # of its size, for a message that was refused although it is within the limit that the server names


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPorts:
    """`render` makes messages of at most so many bytes, which replace the one of that id; it raises UserMustFix.

    `survey` says what a digest has beside its stories.
    """

    sent: SentStore
    digests: DigestStore
    render: Callable[[Digest, OutboxEntry, int], Awaitable[tuple[Part, ...]]]
    survey: Callable[[DigestPlan, datetime], Awaitable[Overview]] = survey_nothing
    ranking: Ranking = field(default_factory=Ranking)


async def split_message(
    entry: OutboxEntry, limit: int | None, plans: Sequence[DigestPlan], ports: PartPorts, now: datetime
) -> tuple[Part, ...]:
    """Read its stories | render them within the limit | drop it and queue its parts. No parts: it cannot be divided.

    `limit` is what the server says it takes, in bytes, None where it does not say. The parts are for the digest's
    reader as the configuration has him now. Raises UserMustFix where not even one headline fits.
    """
    sent = await ports.sent.read_digest(entry.message.id)
    plan = next((plan for plan in plans if sent and plan.name == sent.name), None)
    if sent is None or (plan and plan.is_report):
        return ()
    # One entry of many articles cannot be divided, so each time its half is the most.
    most = max(1, max(map(count_articles, sent.stories), default=1) // 2)
    order = partial(rank, ranking=ports.ranking, now=sent.built_at, sections=plan.sections if plan else Sections.NONE)
    sent = replace(sent, stories=await asyncio.to_thread(arrange, sent.stories, most, order))
    built = await complete(_rebuild(sent, entry.message.id, plan), ports.digests)
    if plan is not None and is_first(entry.message.id):
        built = replace(built, overview=await ports.survey(plan, sent.built_at))
    parts = await ports.render(built, entry, find_limit(entry, limit))
    return parts if await ports.sent.replace_message(entry.message.id, sent, parts, now) else ()


def find_limit(entry: OutboxEntry, limit: int | None) -> int:
    """A size below that of the message: the server's limit, unless the message was within it."""
    size = len(entry.message.content)
    return limit if limit is not None and limit < size else int(size * LEAST_CUT)


def _rebuild(sent: SentDigest, message: DigestId, plan: DigestPlan | None) -> Digest:
    """The digest with the stories of this message; the first part, or the whole, says what may be missing."""
    return Digest(
        name=sent.name,
        recipient=_find_recipient(sent, plan),
        slot=sent.slot,
        reason=sent.reason,
        stories=sent.stories,
        since=sent.since,
        built_at=sent.built_at,
        template=plan.template if plan else sent.template,
        coverage=sent.coverage if is_first(message) else (),
        signals=sent.signals,
        silenced=sent.silenced,
    )


def _find_recipient(sent: SentDigest, plan: DigestPlan | None) -> Recipient:
    recipients = plan.recipients if plan else ()
    return next((one for one in recipients if one.email == sent.recipient), Recipient(email=sent.recipient))
