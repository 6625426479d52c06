"""A mail server that is down for six hours with 1,000 digests queued: each arrives once, soon after it is back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from servers import PostOffice, find_free_port

from monitor.channels.server import Options
from monitor.channels.smtp import SmtpChannel
from monitor.model import ChannelName, DigestId, DigestName, Message
from monitor.pipeline.deliver import DeliverPorts, Outgoing
from monitor.store.open import Store

pytestmark = pytest.mark.proof

MAIL = ChannelName("mail")
QUEUED = 1000
LOOK = timedelta(seconds=30)
DOWN, SOON = timedelta(hours=6), timedelta(minutes=10)


class Desk:
    """Takes mail."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.got += envelope.rcpt_tos
        return "250 ok"


async def queue_all(store: Store, clock: Any) -> None:
    for number in range(QUEUED):
        message = Message(
            id=DigestId(f"d{number:04}"),
            message_id=f"<d{number:04}@example.org>",
            channel=MAIL,
            sender="marsad@example.org",
            recipient=f"reader{number:04}@example.org",
            content=f"Subject: {number}\r\n\r\nأخبار\r\n".encode(),
        )
        await store.outbox.enqueue(message, DigestName("morning"), clock.now())


async def look(outgoing: Outgoing, ports: DeliverPorts) -> None:
    while await outgoing.look(ports):
        await outgoing.wait_for_one()


def test_a_queue_of_six_hours_is_sent_within_ten_minutes(store: Store, clock: Any) -> None:
    port, desk = find_free_port(), Desk()
    options = Options(host="127.0.0.1", port=port, tls="none", from_="Marsad <marsad@example.org>")

    async def wait_and_drain() -> timedelta:
        channel = SmtpChannel(options, reveal=str)
        ports = DeliverPorts(store=store.outbox, channels={MAIL: channel}, clock=clock, faults=store.faults)
        outgoing = Outgoing(lambda _: None, clock)
        await queue_all(store, clock)
        end = clock.now() + DOWN
        while clock.now() < end:
            await look(outgoing, ports)
            clock.at += LOOK
        server = PostOffice(desk, port=port)
        await asyncio.to_thread(server.start)
        try:
            begun = clock.now()
            while len(desk.got) < QUEUED and clock.now() - begun < DOWN:
                await look(outgoing, ports)
                clock.at += LOOK
            await channel.close()
        finally:
            await asyncio.to_thread(server.stop)
        return clock.now() - begun

    took = asyncio.run(wait_and_drain())
    assert sorted(desk.got) == [f"reader{number:04}@example.org" for number in range(QUEUED)]
    assert took <= SOON
    assert asyncio.run(store.faults.list_faults()) == []
