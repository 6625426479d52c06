"""SMTP that goes wrong, at each verb, on a scripted server: whose fault it is, and whether a message may have arrived."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import PATIENCE_SECONDS, run_skipping_idle_time

from monitor.channels.reply import LONGEST_REPLY, find_refusal, read_size, redact, tidy_reply
from monitor.errors import ChannelDown, ConnectionBroken
from monitor.model import OutboxState, Refusal, Secret

RIGHT = Secret(kind="env", name="right")
ARRIVED = "may have arrived"


async def attempt(channel: Any, message: Any) -> tuple[Any, bool]:
    """What became of the message, and whether `before_data` was reached."""
    reached: list[bool] = []

    async def before_data() -> None:
        reached.append(True)

    try:
        outcome: Any = await channel.send(message, before_data=before_data)
    except ChannelDown as error:
        outcome = error
    return outcome, bool(reached)


@pytest.mark.parametrize(
    "case",
    [
        ("MAIL", "451 4.3.0 try later", OutboxState.PENDING, False),
        ("MAIL", "452 4.3.1 no room", OutboxState.PENDING, False),
        ("RCPT", "450 4.2.0 greylisted", OutboxState.PENDING, False),
        ("RCPT", "550 5.1.1 no such user", OutboxState.FAILED, False),
        ("RCPT", "554 5.7.1 relay access denied", OutboxState.FAILED, False),
        ("DATA", "451 4.3.0 not now", OutboxState.PENDING, True),
        ("DATA", "554 5.5.1 no valid recipients", OutboxState.FAILED, True),
        ("DOT", "451 4.7.1 too busy to scan", OutboxState.PENDING, True),
        ("DOT", "552 5.2.2 mailbox full", OutboxState.FAILED, True),
        ("DOT", "554 5.6.0 looks like spam", OutboxState.FAILED, True),
    ],
)
def test_a_reply_about_the_message_leaves_the_channel_up(
    scripted: Any, connect: Any, make_message: Any, case: tuple[str, str, OutboxState, bool]
) -> None:
    verb, reply, state, reached = case

    async def scenario() -> None:
        async with scripted(**{verb: [reply, "354 go on" if verb == "DATA" else "250 ok"]}) as server:
            async with connect(server.port) as channel:
                delivery, was_reached = await attempt(channel, make_message())
                assert (delivery.state, delivery.reply, was_reached) == (state, reply, reached)
                after, _ = await attempt(channel, make_message("the next one"))
                assert after.state is OutboxState.SENT
            assert server.connections == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("GREETING", "554 5.3.2 no mail today"),
        ("GREETING", "421 4.3.2 too many connections"),
        ("GREETING", "drop"),
        ("GREETING", "hang"),
        ("GREETING", "HTTP/1.1 400 Bad Request"),
        ("EHLO", "421 4.3.2 shutting down"),
        ("EHLO", "drop"),
        ("EHLO", "hang"),
        ("MAIL", "421 4.3.2 shutting down"),
        ("MAIL", "521 5.3.2 host does not accept mail"),
        ("MAIL", "530 5.7.0 must issue a STARTTLS command first"),
        ("MAIL", "553 5.7.1 sender address not yours"),
        ("MAIL", "drop"),
        ("MAIL", "hang"),
        ("MAIL", "what?"),
        ("MAIL", "354 go on"),
    ],
)
def test_trouble_with_the_channel_before_data_leaves_the_message_untouched(
    scripted: Any, connect: Any, make_message: Any, verb: str, reply: str
) -> None:
    async def scenario() -> None:
        async with scripted(**{verb: reply}) as server, connect(server.port) as channel:
            outcome, reached = await attempt(channel, make_message())
            assert type(outcome) is ChannelDown
            assert str(outcome).startswith(f"127.0.0.1:{server.port}")
            assert ARRIVED not in str(outcome)
            assert not reached
            assert server.bodies == []

    run_skipping_idle_time(scenario())


@pytest.mark.parametrize(
    "reply", ["421 4.7.0 too many errors", "530 5.7.0 authentication required", "drop", "hang", "what?", "354 go on"]
)
def test_trouble_at_rcpt_may_be_about_this_message(scripted: Any, connect: Any, make_message: Any, reply: str) -> None:
    async def scenario() -> None:
        async with scripted(RCPT=[reply, "250 ok"]) as server, connect(server.port) as channel:
            outcome, reached = await attempt(channel, make_message())
            assert isinstance(outcome, ConnectionBroken)
            assert (outcome.may_have_arrived, reached, server.bodies) == (False, False, [])
            after, _ = await attempt(channel, make_message("the next one"))
            assert after.state is OutboxState.SENT

    run_skipping_idle_time(scenario())


@pytest.mark.parametrize("verb", ["DATA", "DOT"])
@pytest.mark.parametrize("reply", ["421 4.3.2 shutting down", "530 5.7.0 log in first"])
def test_a_no_to_data_is_an_answer_the_message_did_not_arrive(
    scripted: Any, connect: Any, make_message: Any, verb: str, reply: str
) -> None:
    async def scenario() -> None:
        async with scripted(**{verb: reply}) as server, connect(server.port) as channel:
            outcome, reached = await attempt(channel, make_message())
            assert isinstance(outcome, ConnectionBroken)
            assert (outcome.may_have_arrived, reached) == (False, True)
            assert ARRIVED not in str(outcome)

    asyncio.run(scenario())


@pytest.mark.parametrize("verb", ["DATA", "DOT"])
@pytest.mark.parametrize("reply", ["drop", "hang", "220 what?", "what?"])
def test_no_answer_after_data_is_ambiguous_and_says_so(
    scripted: Any, connect: Any, make_message: Any, verb: str, reply: str
) -> None:
    async def scenario() -> None:
        async with scripted(**{verb: [reply, "250 ok"]}) as server:
            async with connect(server.port) as channel:
                outcome, reached = await attempt(channel, make_message())
                assert isinstance(outcome, ConnectionBroken)
                assert outcome.may_have_arrived
                assert ARRIVED in str(outcome)
                assert ("does not answer DATA in time" in str(outcome)) == (reply == "hang")
                assert reached
                assert len(server.bodies) == (verb == "DOT")
            assert server.connections == 1

    run_skipping_idle_time(scenario())


def test_after_trouble_the_next_message_takes_a_new_connection(scripted: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        for trouble in ("421 4.3.2 shutting down", "drop", "hang"):
            async with scripted(DOT=[trouble, "250 ok"]) as server, connect(server.port) as channel:
                await attempt(channel, make_message())
                delivery, _ = await attempt(channel, make_message())
                assert delivery.state is OutboxState.SENT
                assert server.connections == 2
                assert server.bodies[0] == server.bodies[1]

    run_skipping_idle_time(scenario())


def test_nobody_listens(connect: Any, make_message: Any, scripted: Any) -> None:
    async def scenario() -> None:
        async with scripted() as server:
            port = server.port
        async with connect(port) as channel:
            outcome, reached = await attempt(channel, make_message())
            assert isinstance(outcome, ChannelDown)
            assert not reached
            with pytest.raises(ChannelDown, match="Connection refused"):
                await channel.probe()

    asyncio.run(scenario())


def test_a_host_that_has_no_address(connect: Any) -> None:
    async def scenario() -> None:
        async with connect(25, host="nowhere.invalid") as channel:
            with pytest.raises(ChannelDown, match=r"nowhere\.invalid"):
                await channel.open()

    asyncio.run(scenario())


def test_cancelled_while_the_server_ponders_the_message_the_connection_is_not_used_again(
    scripted: Any, connect: Any, make_message: Any, until: Any
) -> None:
    async def scenario() -> None:
        async with scripted(DOT=["hang", "250 ok"]) as server, connect(server.port) as channel:
            sending = asyncio.create_task(attempt(channel, make_message()))
            await until(lambda: server.bodies)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            delivery, _ = await attempt(channel, make_message())
            assert delivery.state is OutboxState.SENT
            assert server.connections == 2

    asyncio.run(scenario())


def test_cancelled_while_connecting_nothing_is_left_open(
    scripted: Any, connect: Any, make_message: Any, until: Any
) -> None:
    async def scenario() -> None:
        async with scripted(EHLO=["hang", "250 ok"]) as server, connect(server.port) as channel:
            opening = asyncio.create_task(channel.open())
            await until(lambda: server.said)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            delivery, _ = await attempt(channel, make_message())
            assert delivery.state is OutboxState.SENT

    asyncio.run(scenario())


@pytest.mark.parametrize("reply", ["451 no", "drop"])
def test_a_failing_reset_changes_nothing_about_a_refusal(
    scripted: Any, connect: Any, make_message: Any, reply: str
) -> None:
    async def scenario() -> None:
        async with scripted(RCPT=["550 5.1.1 no such user", "250 ok"], RSET=reply) as server:
            async with connect(server.port) as channel:
                delivery, _ = await attempt(channel, make_message())
                assert (delivery.state, delivery.reply) == (OutboxState.FAILED, "550 5.1.1 no such user")
                after, _ = await attempt(channel, make_message())
                assert after.state is OutboxState.SENT
            assert server.connections == 2

    asyncio.run(scenario())


def test_an_older_sender_that_is_refused_now_does_not_hold_up_the_others(
    scripted: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        async with scripted(MAIL=["553 5.7.1 not yours", "250 ok"]) as server, connect(server.port) as channel:
            delivery, _ = await attempt(channel, make_message(sender="old@example.org"))
            assert delivery.state is OutboxState.FAILED
            after, _ = await attempt(channel, make_message())
            assert after.state is OutboxState.SENT

    asyncio.run(scenario())


def test_sent_is_known_without_waiting_for_the_answer_to_quit(
    scripted: Any, connect: Any, make_message: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.channels.session.QUIT_SECONDS", PATIENCE_SECONDS)

    async def scenario() -> None:
        async with scripted(QUIT="hang") as server, connect(server.port) as channel:
            channel.messages_per_connection = 1
            for number in range(3):
                delivery, _ = await attempt(channel, make_message(f"{number}"))
                assert delivery.state is OutboxState.SENT
            assert server.connections == 3
            goodbyes = [goodbye for session in channel._sessions for goodbye in session._goodbyes]
            assert len(goodbyes) == 2
            for goodbye in goodbyes:
                goodbye.cancel()
            await asyncio.gather(*goodbyes, return_exceptions=True)
            for session in channel._sessions:
                session.drop()

    asyncio.run(scenario())


@pytest.mark.parametrize("reply", ["drop", "500 no", "221 bye", "what?"])
def test_any_answer_to_quit_will_do(scripted: Any, connect: Any, make_message: Any, reply: str) -> None:
    async def scenario() -> None:
        async with scripted(QUIT=reply) as server, connect(server.port) as channel:
            await attempt(channel, make_message())
            await channel.close()
            assert server.said[-1] == "QUIT"
            delivery, _ = await attempt(channel, make_message())
            assert delivery.state is OutboxState.SENT

    asyncio.run(scenario())


def test_a_long_greeting_in_pieces_is_read_whole(scripted: Any, connect: Any, make_message: Any) -> None:
    greeting = "220-mail.example.org\r\n220-no spam here\r\n220 go on"

    async def scenario() -> None:
        async with scripted(GREETING=greeting) as server, connect(server.port) as channel:
            delivery, _ = await attempt(channel, make_message())
            assert delivery.state is OutboxState.SENT

    asyncio.run(scenario())


def test_a_greeting_with_a_reply_too_many_never_makes_a_message_look_sent(
    scripted: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        greeting = "220 mail.example.org\r\n250 slipped in"
        async with (
            scripted(GREETING=greeting, DOT="554 no") as server,
            connect(server.port) as channel,
        ):
            outcome, _ = await attempt(channel, make_message())
        assert isinstance(outcome, ChannelDown) or outcome.state is OutboxState.FAILED

    run_skipping_idle_time(scenario())


def test_a_probe_reports_what_the_server_says(scripted: Any, connect: Any) -> None:
    async def scenario() -> None:
        async with scripted(NOOP=["451 4.3.0 ask later", "250 ok"]) as server, connect(server.port) as channel:
            with pytest.raises(ChannelDown, match="ask later"):
                await channel.probe()
            assert "answers (tls: none)" in await channel.probe()
            assert server.said[-2:] == ["NOOP", "QUIT"]

    asyncio.run(scenario())


def test_a_server_that_repeats_the_password_teaches_it_to_nobody(scripted: Any, connect: Any) -> None:
    password = "correct horse بطارية"
    plain = base64.b64encode(f"\0marsad\0{password}".encode()).decode()
    offers = "250-mail.example.org\r\n250 AUTH PLAIN"
    reply = f'500 5.5.1 Command unrecognized: "AUTH PLAIN {plain[:30]}" ({password})'

    async def scenario() -> None:
        async with scripted(EHLO=offers, AUTH=reply) as server:
            async with connect(server.port, user="marsad", password=RIGHT) as channel:
                with pytest.raises(ChannelDown, match="Command unrecognized") as caught:
                    await channel.open()
            assert f"AUTH PLAIN {plain}" in server.said
        assert plain[:30] not in str(caught.value)
        assert password not in str(caught.value)

    asyncio.run(scenario())


def test_a_server_that_offers_no_login_says_so(scripted: Any, connect: Any) -> None:
    async def scenario() -> None:
        async with scripted() as server, connect(server.port, user="marsad", password=RIGHT) as channel:
            with pytest.raises(ChannelDown, match="AUTH"):
                await channel.open()
            assert server.said == ["EHLO example.org"]

    asyncio.run(scenario())


def test_a_reply_in_a_strange_encoding_can_be_stored(scripted: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with scripted(RCPT="550 inconnu \udce9\udcff \x1b[31m") as server, connect(server.port) as channel:
            delivery, _ = await attempt(channel, make_message())
            assert delivery.state is OutboxState.FAILED
            assert delivery.reply.isprintable()
            assert delivery.reply.encode("utf-8")

    asyncio.run(scenario())


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=800))
def test_any_reply_becomes_one_short_printable_line(reply: str) -> None:
    decoded = reply.encode("utf-8", "replace").decode("utf-8", "surrogateescape")
    line = tidy_reply(decoded)
    assert line.isprintable()
    assert len(line) <= LONGEST_REPLY + 1
    assert tidy_reply(line[:LONGEST_REPLY]) == line[:LONGEST_REPLY].strip()


@given(st.text(min_size=8, max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_secret_survives_redaction(secret: str, before: str, after: str) -> None:
    text = redact(f"{before}{secret}{after}", [secret])
    assert secret not in text or secret in f"{before}[redacted]{after}"


def test_redaction_leaves_other_words_alone() -> None:
    assert redact("535 5.7.8 authentication failed", ["hunter2-hunter2"]) == "535 5.7.8 authentication failed"


@pytest.mark.parametrize(
    ("verb", "reply", "refusal"),
    [
        ("RCPT", "550 5.1.1 User unknown", Refusal.ADDRESS),
        ("RCPT", "550 5.1.10 recipient address has null MX", Refusal.ADDRESS),
        ("RCPT", "550 no such user here", Refusal.ADDRESS),
        ("RCPT", "550 5.1.8 sender rejected", Refusal.OTHER),
        ("RCPT", "550 5.7.1 relaying denied", Refusal.OTHER),
        ("RCPT", "550 5.2.1 mailbox disabled", Refusal.OTHER),
        ("RCPT", "551 user not local", Refusal.OTHER),
        ("RCPT", "554 5.7.1 blocked", Refusal.OTHER),
        ("RCPT", "552 mailbox full", Refusal.OTHER),
        ("MAIL", "552 5.3.4 message size exceeds fixed limit", Refusal.SIZE),
        ("MAIL", "552 too large", Refusal.SIZE),
        ("DATA", "552 5.3.4 message too big", Refusal.SIZE),
        ("DATA", "554 5.2.3 too long for this mailbox", Refusal.SIZE),
        ("DATA", "552 5.2.2 mailbox full", Refusal.OTHER),
        ("DATA", "552 5.7.0 blocked content", Refusal.OTHER),
        ("DATA", "550 no such user here", Refusal.OTHER),
        ("DATA", "554 5.7.1 looks like spam", Refusal.OTHER),
    ],
)
def test_what_a_refusal_is_about(verb: str, reply: str, refusal: Refusal) -> None:
    code, _, text = reply.partition(" ")
    assert find_refusal(verb, int(code), text) is refusal


@pytest.mark.parametrize(
    ("said", "size"), [(None, None), ("", None), ("0", None), ("10485760", 10485760), ("what", None), ("١٢", None)]
)
def test_the_size_that_a_server_says_it_takes(said: str | None, size: int | None) -> None:
    assert read_size(said) == size


@pytest.mark.parametrize("verb", ["MAIL", "DATA", "DOT"])
def test_a_message_too_large_is_refused_for_its_size_and_the_channel_goes_on(
    scripted: Any, connect: Any, make_message: Any, verb: str
) -> None:
    async def scenario() -> None:
        after = "354 go on" if verb == "DATA" else "250 ok"
        async with scripted(**{verb: ["552 5.3.4 too large", after]}) as server, connect(server.port) as channel:
            delivery, _ = await attempt(channel, make_message())
            assert (delivery.state, delivery.refusal) == (OutboxState.FAILED, Refusal.SIZE)
            assert channel.size_limit() is None
            next_one, _ = await attempt(channel, make_message("the next one"))
            assert next_one.state is OutboxState.SENT
            assert server.connections == 1

    asyncio.run(scenario())


def test_what_is_larger_than_the_server_says_it_takes_is_not_sent(
    scripted: Any, connect: Any, make_message: Any
) -> None:
    small, large = make_message("x"), make_message("x" * 3000)
    limit = len(small.content)

    async def scenario() -> None:
        async with scripted(EHLO=f"250-mail.example.org\r\n250 SIZE {limit}") as server:
            async with connect(server.port) as channel:
                delivery, reached = await attempt(channel, large)
                assert (delivery.state, delivery.refusal, reached) == (OutboxState.FAILED, Refusal.SIZE, False)
                assert f"{len(large.content)} bytes" in delivery.reply
                assert f"takes {limit} at most" in delivery.reply
                assert channel.size_limit() == limit
                delivery, _ = await attempt(channel, small)
                assert delivery.state is OutboxState.SENT
            assert server.said[:3] == [
                "EHLO example.org",
                f"MAIL FROM:<marsad@example.org> SIZE={limit}",
                "RCPT TO:<desk@example.org>",
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize("goodbye", ["drop", "421 4.4.2 idle for too long"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_connection_that_the_server_has_left_meanwhile_is_no_fault_of_the_message(
    scripted: Any, connect: Any, make_message: Any, verb: str, goodbye: str
) -> None:
    async def scenario() -> None:
        async with scripted(**{verb: ["250 ok", goodbye, "250 ok"]}) as server, connect(server.port) as channel:
            for number in range(2):
                delivery, _ = await attempt(channel, make_message(f"{number}"))
                assert delivery.state is OutboxState.SENT
            assert server.connections == 2

    asyncio.run(scenario())


def test_while_a_server_ponders_one_message_another_goes(
    scripted: Any, connect: Any, make_message: Any, until: Any
) -> None:
    async def scenario() -> None:
        async with scripted(DOT=["hang", "250 ok"]) as server, connect(server.port) as channel:
            pondered = asyncio.create_task(attempt(channel, make_message()))
            await until(lambda: server.bodies)
            delivery, _ = await attempt(channel, make_message("another"))
            assert delivery.state is OutboxState.SENT
            assert server.connections == 2
            pondered.cancel()
            await asyncio.gather(pondered, return_exceptions=True)

    asyncio.run(scenario())
