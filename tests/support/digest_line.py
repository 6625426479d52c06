"""The digest stage with its store, step by step."""

from __future__ import annotations

import asyncio
from typing import Any

from digest_ports import make_digest_ports

from monitor.digests.model import DigestPlan
from monitor.model import Digest, Message, OutboxState, Part, Recipient
from monitor.pipeline.digest import DigestOutcome, digest, preview
from monitor.pipeline.draft import Request
from monitor.store.open import Store

DESK = Recipient(email="desk@example.org")


async def render(built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
    message = Message(
        id=built.id,
        message_id=f"<{built.id}@example.org>",
        channel=plan.channel,
        sender="marsad@example.org",
        recipient=built.recipient.email,
        content=" ".join(story.records[0].article.id for story in built.stories).encode(),
    )
    return (Part(message=message, stories=len(built.stories)),)


class Line:
    """The stage with its store, step by step."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.built: list[Digest] = []
        self.ports = make_digest_ports(store, self._render)

    async def _render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        self.built.append(built)
        return await render(built, plan)

    def subscribe(self, *plans: DigestPlan) -> None:
        pairs = [(plan.name, recipient.email) for plan in plans for recipient in plan.recipients]
        also = {plan.name for plan in plans if plan.also}
        asyncio.run(self.store.digests.subscribe(pairs, self.clock.now(), also=also))

    async def _find(self, plan: DigestPlan, email: str = DESK.email) -> Any:
        known = await self.store.digests.list_subscriptions()
        return next(one for one in known if (one.digest, one.recipient) == (plan.name, email))

    def run(self, plan: DigestPlan, request: Request | None = None) -> DigestOutcome:
        async def step() -> DigestOutcome:
            return await digest(plan, await self._find(plan), self.ports, self.clock.now(), request=request)

        return asyncio.run(step())

    def preview(self, plan: DigestPlan) -> Message:
        async def step() -> Message:
            [part] = await preview(plan, await self._find(plan), self.ports, self.clock.now())
            return part.message

        return asyncio.run(step())

    def queued(self) -> list[str]:
        entries = asyncio.run(self.store.outbox.list_entries(tuple(OutboxState)))
        return sorted(entry.message.content.decode() for entry in entries)
