"""A message that its server finds too large: the same stories in smaller messages, none lost, none twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from digest_ports import AT_ONCE, make_digest_ports

from monitor.digests.model import DigestPlan, Order, Sending
from monitor.digests.render import Renderer
from monitor.errors import UserMustFix
from monitor.model import (
    ChannelName,
    Delivery,
    Digest,
    DigestName,
    Message,
    OutboxEntry,
    OutboxState,
    Part,
    Recipient,
)
from monitor.model.overview import Overview, SourceCounts
from monitor.pipeline.digest import digest
from monitor.pipeline.parts import PartPorts, find_limit, split_message
from monitor.store.open import Store

SAMI = Recipient(email="sami@example.org", language="ar")
PLAN = DigestPlan(name=DigestName("now"), recipients=(SAMI,), schedule=AT_ONCE, channel=ChannelName("mail"))
SENDING = Sending(sender="marsad@example.org", channel=ChannelName("mail"))


class Desk:
    """The digest stage on a real store and real templates, and a server that refuses by size."""

    def __init__(self, store: Store, clock: Any, root: Path) -> None:
        self.store, self.clock, self.renderer = store, clock, Renderer([root / "templates"])
        self.digest_ports = make_digest_ports(store, self._render)
        self.part_ports = PartPorts(
            sent=store.sent, digests=store.digests, render=self._render_parts, survey=self._survey
        )
        asyncio.run(store.digests.subscribe([(PLAN.name, SAMI.email)], clock.now()))

    async def _render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        return self.renderer.render(Order(digest=built, sending=SENDING, limit=plan.max_size))

    async def _render_parts(self, built: Digest, entry: OutboxEntry, limit: int) -> tuple[Part, ...]:
        return self.renderer.render(Order(digest=built, sending=SENDING, limit=limit, replaces=entry.message.id))

    async def _survey(self, _: DigestPlan, at: datetime) -> Overview:
        assert at == self.clock.now()
        return Overview(sources=SourceCounts(total=3, ok=3))

    def build(self) -> None:
        async def step() -> None:
            [subscription] = await self.store.digests.list_subscriptions()
            await digest(PLAN, subscription, self.digest_ports, self.clock.now())

        asyncio.run(step())

    def queue(self) -> list[OutboxEntry]:
        return list(asyncio.run(self.store.outbox.list_entries([OutboxState.PENDING])))

    def split(self, entry: OutboxEntry, limit: int | None, plans: tuple[DigestPlan, ...] = (PLAN,)) -> tuple[Part, ...]:
        return asyncio.run(split_message(entry, limit, plans, self.part_ports, self.clock.now()))

    def deliver(self, most: int) -> list[str]:
        """Send what is queued to a server that takes messages of `most` bytes; the texts that it took."""
        taken = []
        while queue := self.queue():
            for entry in queue:
                if len(entry.message.content) > most:
                    assert self.split(entry, None), "it cannot be divided"
                else:
                    taken.append(read_text(entry.message))
                    sent = Delivery(state=OutboxState.SENT, reply="250", at=self.clock.now())
                    asyncio.run(self.store.outbox.record_delivery(entry.message.id, sent, self.clock.now()))
        return taken


def read_text(message: Message) -> str:
    import email
    import email.policy

    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    part = parsed.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def desk(store: Store, clock: Any, root: Path) -> Iterator[Desk]:
    return Desk(store, clock, root)  # type: ignore[return-value]


def count_told(texts: list[str]) -> list[int]:
    """How often each of the articles stands in all texts together."""
    return [
        sum(f"بوتين n{number:02}\r\n" in text or f"بوتين n{number:02}\n" in text for text in texts)
        for number in range(40)
    ]


def fill(tell: Callable[..., None]) -> None:
    for number in range(40):
        tell(f"n{number:02}")


def test_stories_are_divided_until_the_server_takes_them(desk: Desk, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    texts = desk.deliver(len(whole.message.content) // 4)
    assert len(texts) > 4
    assert count_told(texts) == [1] * 40
    assert desk.queue() == []


def test_the_server_s_limit_is_kept_at_once(desk: Desk, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    limit = len(whole.message.content) // 3
    parts = desk.split(whole, limit)
    assert [entry.message for entry in desk.queue()] == [part.message for part in parts]
    assert all(len(part.message.content) <= limit for part in parts)
    assert all(part.message.message_id.startswith(f"<{whole.message.id}-") for part in parts)
    assert count_told([read_text(part.message) for part in parts]) == [1] * 40


def test_the_first_of_all_parts_says_how_the_sources_are(desk: Desk, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    english = (replace(PLAN, recipients=(replace(SAMI, language="en"),)),)
    desk.split(whole, None, english)
    first, second = desk.queue()
    assert [("3 sources: 3 ok." in read_text(entry.message)) for entry in (first, second)] == [True, False]
    parts = [desk.split(entry, None, english) for entry in (first, second)]
    told = ["3 sources: 3 ok." in read_text(part.message) for each in parts for part in each]
    assert told == [True] + [False] * (len(told) - 1)


def test_the_parts_are_for_the_reader_as_the_configuration_has_him_now(desk: Desk, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    russian = replace(PLAN, recipients=(replace(SAMI, language="ru"),))
    parts = desk.split(whole, 30_000, (russian,))
    assert "сообщени" in read_text(parts[0].message)


def test_a_reader_who_is_gone_from_the_configuration_still_gets_his_parts(
    desk: Desk, tell: Callable[..., None]
) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    parts = desk.split(whole, 30_000, ())
    assert "stories (1/" in read_text(parts[0].message)
    assert count_told([read_text(part.message) for part in parts]) == [1] * 40


def test_what_belongs_to_no_digest_cannot_be_divided(desk: Desk, store: Store, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    notice = replace(whole.message, id="notice")
    asyncio.run(store.outbox.enqueue(notice, DigestName("operator"), desk.clock.now()))
    entry = next(entry for entry in desk.queue() if entry.message.id == "notice")
    assert desk.split(entry, 1000) == ()
    assert len(desk.queue()) == 2


def test_where_no_headline_fits_nothing_is_dropped(desk: Desk, tell: Callable[..., None]) -> None:
    fill(tell)
    desk.build()
    [whole] = desk.queue()
    with pytest.raises(UserMustFix, match="at most 500 are allowed"):
        desk.split(whole, 500)
    assert desk.queue() == [whole]


@pytest.mark.parametrize(
    ("size", "limit", "found"),
    [(1000, None, 600), (1000, 2000, 600), (1000, 500, 500), (1000, 999, 999), (1000, 1000, 600)],
)
def test_the_next_try_is_smaller_whatever_the_server_says(size: int, limit: int | None, found: int) -> None:
    moment = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
    message = Message(
        id="x", message_id="<x>", channel=ChannelName("mail"), sender="a", recipient="b", content=b"x" * size
    )  # type: ignore[arg-type]
    entry = OutboxEntry(
        message=message,
        digest=DigestName("now"),
        state=OutboxState.PENDING,
        created_at=moment,
        next_attempt_at=moment + timedelta(0),
    )
    assert find_limit(entry, limit) == found
