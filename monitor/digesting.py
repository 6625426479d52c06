"""Digests of the subscriptions in force: each built by itself, those that fail tried again later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from monitor.app import App
from monitor.digests.model import DigestPlan, Immediate
from monitor.errors import Permanent
from monitor.model import DigestName, Fault, FaultKind, Part, Reason, Subscription
from monitor.pipeline.abreast import run_abreast
from monitor.pipeline.backlog import Backlog, Backlogs, find_backlogs, find_down
from monitor.pipeline.digest import DigestOutcome, digest, preview
from monitor.pipeline.draft import Request
from monitor.pipeline.isolate import Failure, Isolation
from monitor.queries.digests import name_subscription
from monitor.reporting import add_reports

AT_ONCE = 2  # one is rendered, which is another process's work, while the next one is gathered or committed
DigestSeen = Callable[[DigestOutcome, Failure | None], None]


def ignore_digest(_: DigestOutcome, __: Failure | None) -> None:
    """Nobody watches."""


def include_everybody(_: str) -> bool:
    """No other process decides on any recipient."""
    return True


class DigestRound:
    """Builds digests, each recipient's by itself: one that fails stops no other, and is tried again later.

    `seen` gets each outcome as it comes, with what was raised if it failed.
    """

    def __init__(self, app: App, faults: Sequence[Fault], seen: DigestSeen, request: Request | None) -> None:
        self._app, self._seen, self._request = app, seen, request
        self._ports = add_reports(app)
        self.isolation = Isolation(FaultKind.DIGEST, app.store.faults, app.clock, faults)

    async def build(
        self, plan: DigestPlan, subscription: Subscription, backlog: Backlog | None = None
    ) -> list[DigestOutcome]:
        """One digest, and another one as long as there is more to tell than one holds; first that of a backlog."""
        subject, outcomes = name_subscription(subscription), list[DigestOutcome]()
        while not outcomes or outcomes[-1].has_more or (backlog is not None and len(outcomes) == 1):
            current = subscription if not outcomes else await self._read_again(subscription)
            request = backlog if backlog and not outcomes else self._request
            step = partial(digest, plan, current, self._ports, self._app.clock.now(), request=request)
            result = await self.isolation.run(subject, step)
            if isinstance(result, Failure):
                outcomes.append(report_failure(subscription, Reason.FAILED, result.fault))
                self._seen(outcomes[-1], result)
                return outcomes
            outcomes.append(result)
            self._seen(result, None)
        if outcomes[-1].reason is not Reason.QUIET_HOURS:  # in which nothing is rendered
            outcomes[-1] = replace(outcomes[-1], has_recovered=await self.isolation.clear(subject))
        return outcomes

    async def _read_again(self, subscription: Subscription) -> Subscription:
        key = name_subscription(subscription)
        known = await self._app.store.digests.list_subscriptions()
        return next(one for one in known if name_subscription(one) == key)


async def begin_round(app: App, seen: DigestSeen = ignore_digest, request: Request | None = None) -> DigestRound:
    """With the open faults of the digests that the configuration still names."""
    begun = DigestRound(app, await app.store.faults.list_faults(), seen, request)
    await begun.isolation.clear_others({name_subscription(one) for _, one in await list_subscribed(app)})
    return begun


async def group_articles(app: App) -> None:
    """Group what was matched into stories ahead of the digests, so that none waits for it when it is due.

    A failure is a fault of its own until an article is grouped without one; each digest then tries for itself.
    """
    faults = app.store.faults
    isolation = Isolation(FaultKind.STORIES, faults, app.clock, await faults.list_faults(), waits=False)
    done = await isolation.run("grouping", partial(_group_all, app))
    if not isinstance(done, Failure) and done:
        await isolation.clear("grouping")


async def _group_all(app: App) -> int:
    """How many articles came to a story. Raises Permanent for those that could not be compared."""
    grouping = app.digest_ports.grouping
    grouped = await grouping.advance(None, app.clock.now())
    if defects := grouping.take_defects():
        others = f" and {len(defects) - 1} more" if len(defects) > 1 else ""
        meaning = "each article that could not be compared is a story of its own; please report this fault"
        raise Permanent(f"{defects[0]}{others}; {meaning}")
    return grouped


async def build_digests(  # noqa: PLR0913 - what differs between a pass, a daemon and a worker
    app: App,
    *,
    everything: bool = False,
    patient: bool = False,
    groups: bool = False,
    seen: DigestSeen = ignore_digest,
    decides_on: Callable[[str], bool] = include_everybody,
) -> Sequence[DigestOutcome]:
    """Decide on every subscription in force and build what is due, or everything that has something to tell.

    `patient` leaves one that failed alone until its next attempt has come. With `groups`, immediate digests wait for
    more, as long as they say, and the caller looks again at the earliest `waits_until`. Recipients on whom it does not
    decide are another process's. The digests of one recipient are decided on one after the other, in order.
    """
    await group_articles(app)
    begun = await begin_round(app, seen, Request.OUT_OF_TURN if everything else None)
    backlogs = await list_backlogs(app)

    async def build(plan: DigestPlan, subscription: Subscription) -> list[DigestOutcome]:
        held = begun.isolation.find_held(name_subscription(subscription)) if patient else None
        if held is not None:
            return [report_failure(subscription, Reason.ON_HOLD, held)]
        backlog = backlogs.get((plan.name, subscription.recipient))
        return await begun.build(plan if groups else hurry(plan), subscription, backlog)

    jobs = (
        (subscription.recipient, partial(build, plan, subscription))
        for plan, subscription in await list_subscribed(app)
        if decides_on(subscription.recipient)
    )
    return [outcome for outcomes in await run_abreast(jobs, AT_ONCE) for outcome in outcomes]


async def list_backlogs(app: App) -> Backlogs:
    """Messages that have waited too long, or for a channel that has not worked for hours."""
    now = app.clock.now()
    down = find_down(await app.store.faults.list_faults(), now)
    return find_backlogs(await app.store.earlier.list_queued(), app.settings.digests, down, now)


def hurry(plan: DigestPlan) -> DigestPlan:
    """The plan of a digest that waits for nothing more: nobody would look again when it has waited long enough."""
    if not isinstance(plan.schedule, Immediate):
        return plan
    return replace(plan, schedule=replace(plan.schedule, group_wait=timedelta(0), group_interval=timedelta(0)))


def report_failure(subscription: Subscription, reason: Reason, fault: Fault) -> DigestOutcome:
    return DigestOutcome(
        digest=subscription.digest,
        recipient=subscription.recipient,
        reason=reason,
        error=fault.detail,
        retry_at=fault.retry_at,
    )


async def list_subscribed(app: App, only: DigestName | None = None) -> list[tuple[DigestPlan, Subscription]]:
    """The plans in force beside what the store remembers of each of their recipients, but those who get no mail now.

    Their matches wait in the store: their next digest tells what was missed.
    """
    known = {(one.digest, one.recipient): one for one in await app.store.digests.list_subscriptions()}
    away = await list_away(app)
    return [
        (plan, known[plan.name, recipient.email])
        for plan in app.settings.digests
        for recipient in plan.recipients
        if (plan.name, recipient.email) in known and only in {None, plan.name} and recipient.email not in away
    ]


async def list_away(app: App) -> set[str]:
    """Addresses for which no digest is built now: suspended ones and paused ones."""
    now = app.clock.now()
    return {state.address for state in await app.store.recipients.list_recipients() if not state.gets_mail(now)}


async def report_away(app: App, plan: DigestPlan) -> list[DigestOutcome]:
    """What `send_digest` leaves out."""
    away = await list_away(app)
    return [
        DigestOutcome(digest=plan.name, recipient=recipient.email, reason=Reason.PAUSED)
        for recipient in plan.recipients
        if recipient.email in away
    ]


async def send_digest(app: App, plan: DigestPlan) -> list[DigestOutcome]:
    """Build and queue one digest now for each of its recipients."""
    begun = await begin_round(app, request=Request.BY_NAME)
    built = [await begun.build(plan, one) for plan, one in await list_subscribed(app, plan.name)]
    return [outcome for outcomes in built for outcome in outcomes]


async def preview_digest(app: App, plan: DigestPlan) -> list[Part]:
    """What each recipient of one digest would be sent now."""
    previews = [
        await preview(plan, subscription, add_reports(app), app.clock.now())
        for plan, subscription in await list_subscribed(app, plan.name)
    ]
    return [part for parts in previews for part in parts]
