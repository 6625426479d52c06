"""Processes that do the same thing at the same moment, with no queue between them: the store alone keeps them apart."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from fleet_desk import DIGESTS, Desk

from monitor.app import App, load_configuration, open_app
from monitor.digesting import build_digests
from monitor.line import make_deliver_ports, poll_sources, register
from monitor.pipeline.deliver import deliver

pytestmark = [pytest.mark.postgresql, pytest.mark.workers, pytest.mark.xdist_group("fleet")]
PEOPLE = 4
ROUNDS = 2


@asynccontextmanager
async def opening(desk: Desk, *holders: str) -> AsyncIterator[list[App]]:
    settings = load_configuration(desk.folder).settings
    apps = [await open_app(settings, holder=holder) for holder in holders]
    try:
        yield apps
    finally:
        for app in apps:
            await app.close()


def test_two_that_poll_decide_and_send_at_once_report_each_match_to_each_recipient_once(desk: Desk) -> None:
    people = ", ".join(f"r{number}@example.org" for number in range(PEOPLE))
    desk.write("digests.yaml", DIGESTS.replace("sami@example.org", people))

    async def scenario() -> None:
        async with opening(desk, "one", "two") as apps:
            await asyncio.gather(*map(register, apps))
            for number in range(ROUNDS):
                desk.write(f"articles/{number}.txt", f"Karabakh talks {number}\n\nIn Geneva, on day {number}.\n")
                await asyncio.gather(*(poll_sources(app, everything=True) for app in apps))
                await asyncio.gather(*(build_digests(app, everything=True) for app in apps))
                await asyncio.gather(*(deliver(make_deliver_ports(app)) for app in apps))

    asyncio.run(scenario())
    assert desk.ask("SELECT count(*) FROM matches") == [(ROUNDS,)]
    assert desk.ask("SELECT count(*) FROM outbox_items WHERE message IS NOT NULL") == [(ROUNDS * PEOPLE,)]
    assert desk.ask("SELECT DISTINCT state FROM outbox") == [("sent",)]
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in (desk.folder / "mail" / "new").iterdir()]
    told = Counter((mail["To"], headline) for mail in mails for headline in find_headlines(mail))
    assert len(told) == ROUNDS * PEOPLE
    assert set(told.values()) == {1}


def find_headlines(mail: EmailMessage) -> set[str]:
    body = mail.get_body(("plain",))
    assert body is not None
    return {*re.findall(r"Karabakh talks \d", str(body.get_content()))}
