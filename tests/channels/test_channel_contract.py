"""What every channel promises, over all of them: ports.Channel."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from waiting import until_set

from monitor.channels.console import ConsoleChannel
from monitor.channels.console import Options as ConsoleOptions
from monitor.channels.maildir import MaildirChannel
from monitor.channels.maildir import Options as MaildirOptions
from monitor.digests.rendered import MAIL
from monitor.model import OutboxState, Secret
from monitor.ports import Channel
from monitor.registry import CHANNELS, MAIL_CHANNELS, load_class

HEADLINES = [
    "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ",
    "Пашинян и Алиев встретятся в Ереване",
    "Çözüm için İstanbul'da görüşme: Erdoğan ışık yaktı",
    "Նիկոլ Փաշինյանը Երևանում է",
    "אילהם אלייב: ההסכם ייחתם",
    "苏丹停火协议签署",
    "U.S. and Iran resume talks",
]


@dataclass(slots=True)
class Bench:
    """A channel, and how to see what has arrived: the text parts, oldest first."""

    channel: Channel
    read: Callable[[], list[str]]
    copies: int = 2  # what two deliveries of one message leave behind


def read_text(content: bytes) -> str:
    body = email.message_from_bytes(content, policy=email.policy.default).get_body(("plain",))
    return body.get_content() if body else ""


@pytest.fixture(params=sorted(MAIL_CHANNELS))
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, reveal: Any, serve: Any, connect: Any, capsysbinary: Any
) -> Callable[[], AbstractAsyncContextManager[Bench]]:
    printed: list[bytes] = []

    def read_console() -> list[str]:
        printed.append(capsysbinary.readouterr().out)
        return [text for text in b"".join(printed).decode().split("To: ") if text]

    def read_maildir() -> list[str]:
        return [read_text(path.read_bytes()) for part in ("new", "cur") for path in (tmp_path / "box" / part).iterdir()]

    @asynccontextmanager
    async def make() -> AsyncIterator[Bench]:
        if request.param == "smtp":
            async with serve() as box, connect(box.port) as channel:
                yield Bench(channel, lambda: [read_text(mail.content) for mail in box.received])
        elif request.param == "maildir":
            maildir = MaildirChannel(MaildirOptions(path=tmp_path / "box"), reveal=reveal)
            await maildir.open()
            yield Bench(maildir, read_maildir, copies=1)
        else:
            yield Bench(ConsoleChannel(ConsoleOptions(), reveal=reveal), read_console)

    return make


def test_every_registered_channel_takes_its_options_and_reveal(reveal: Any, tmp_path: Path) -> None:
    given = {
        "smtp": {"host": "mail.example.org", "tls": "starttls", "from_": "marsad@example.org"},
        "maildir": {"path": tmp_path},
        "console": {},
        "feed": {"path": tmp_path},
        "exec": {"command": ("/bin/cat",)},
        "apprise": {"targets": {"desk": Secret(kind="env", name="DESK")}},
    }
    for kind, path in CHANNELS.items():
        options = load_class(path.split(":")[0] + ":Options")(**given[kind])
        channel = load_class(path)(options, reveal=reveal)
        assert ("@" in parseaddr(channel.sender)[1]) == (channel.form is MAIL) == (kind in MAIL_CHANNELS)


def test_what_is_sent_arrives(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            await at.channel.open()
            for headline in HEADLINES:
                delivery = await at.channel.send(make_message(headline), before_data=do_nothing)
                assert (delivery.state, delivery.at.utcoffset().total_seconds()) == (OutboxState.SENT, 0.0)
                assert delivery.reply.isprintable()
                assert delivery.reply
            assert len(arrived := at.read()) == len(HEADLINES)
            for headline in HEADLINES:
                assert sum(headline in text for text in arrived) == 1
            assert all("\n.a line that begins with a dot" in text.replace("\r", "") for text in arrived)

    asyncio.run(scenario())


def test_before_data_is_awaited_once_while_nothing_is_handed_over(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        seen: list[list[str]] = []
        async with bench() as at:

            async def before_data() -> None:
                seen.append(at.read())

            await at.channel.send(make_message(), before_data=before_data)
            assert seen == [[]]
            assert len(at.read()) == 1

    asyncio.run(scenario())


def test_when_before_data_fails_nothing_is_sent_and_the_channel_goes_on(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            with pytest.raises(LookupError, match="no disk"):
                await at.channel.send(make_message("first"), before_data=fail)
            assert at.read() == []
            await at.channel.send(make_message("second"), before_data=do_nothing)
            [text] = at.read()
            assert "second" in text

    asyncio.run(scenario())


def test_when_cancelled_before_data_nothing_is_sent_and_the_channel_goes_on(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            reached = asyncio.Event()

            async def wait_for_ever() -> None:
                reached.set()
                await asyncio.Event().wait()

            sending = asyncio.create_task(at.channel.send(make_message("first"), before_data=wait_for_ever))
            await until_set(reached, sending)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert at.read() == []
            await at.channel.send(make_message("second"), before_data=do_nothing)
            assert len(at.read()) == 1

    asyncio.run(scenario())


def test_a_second_delivery_of_a_message_has_the_same_bytes_or_changes_nothing(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            for _ in range(2):
                delivery = await at.channel.send(make_message(), before_data=do_nothing)
                assert delivery.state is OutboxState.SENT
            texts = at.read()
            assert len(texts) == at.copies
            assert len(set(texts)) == 1

    asyncio.run(scenario())


def test_open_and_close_may_be_repeated_and_a_closed_channel_opens_again(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            for _ in range(2):
                await at.channel.open()
                await at.channel.open()
                await at.channel.close()
                await at.channel.close()
            await at.channel.send(make_message(), before_data=do_nothing)
            assert len(at.read()) == 1

    asyncio.run(scenario())


def test_a_probe_sends_nothing_and_says_something(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            line = await at.channel.probe()
            assert line
            assert line.isprintable()
            assert at.read() == []
            await at.channel.send(make_message(), before_data=do_nothing)
            assert len(at.read()) == 1

    asyncio.run(scenario())


def test_messages_sent_at_once_do_not_mix(bench: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with bench() as at:
            sends: list[Awaitable[Any]] = [
                at.channel.send(make_message(headline), before_data=do_nothing) for headline in HEADLINES
            ]
            deliveries = await asyncio.gather(*sends)
            assert {delivery.state for delivery in deliveries} == {OutboxState.SENT}
            texts = at.read()
            assert len(texts) == len(HEADLINES)
            assert all(sum(headline in text for text in texts) == 1 for headline in HEADLINES)

    asyncio.run(scenario())


async def do_nothing() -> None:
    """A `before_data` for tests that do not look at it."""


async def fail() -> None:
    raise LookupError("no disk")
