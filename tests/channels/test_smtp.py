"""SMTP that goes right, on a real aiosmtpd: TLS modes, login, addresses, the reuse of connections."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from waiting import run_skipping_idle_time

from monitor.channels.session import CONNECT_SECONDS
from monitor.channels.smtp import Options, SmtpChannel
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import OutboxState, Secret

# aiosmtpd's own advice to whoever runs it so; here it runs so on purpose.
UNENCRYPTED_LOGIN = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
RIGHT, WRONG = Secret(kind="env", name="right"), Secret(kind="env", name="wrong")


async def send(channel: SmtpChannel, message: Any) -> Any:
    moments: list[str] = []

    async def before_data() -> None:
        moments.append("before data")

    delivery = await channel.send(message, before_data=before_data)
    assert len(moments) == (delivery.state is OutboxState.SENT)
    return delivery


def test_the_bytes_that_arrive_are_the_bytes_of_the_message(serve: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with serve() as box, connect(box.port) as channel:
            message = make_message()
            assert (await send(channel, message)).reply == "250 2.0.0 kept"
            [mail] = box.received
            assert mail.content == message.content
            assert (mail.mail_from, mail.rcpt_tos) == (message.sender, [message.recipient])

    asyncio.run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_travels_over_tls_that_a_private_authority_vouches_for(
    serve: Any, connect: Any, make_message: Any, certificates: Any, tls: str, host: str
) -> None:
    settings = {"implicit": certificates.good} if tls == "implicit" else {"tls_context": certificates.good}

    async def scenario() -> None:
        async with (
            serve(**settings) as box,
            connect(box.port, tls=tls, host=host, ca=certificates.ca) as channel,
        ):
            assert (await send(channel, make_message())).state is OutboxState.SENT
            assert box.over_tls == [True]

    asyncio.run(scenario())


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("context", "why"), [("strange", "unable to get local issuer"), ("misnamed", "IP address mism")]
)
def test_a_certificate_that_is_not_trusted_or_not_the_hosts_stops_everything(
    serve: Any, connect: Any, certificates: Any, tls: str, context: str, why: str
) -> None:
    bad = getattr(certificates, context)
    settings = {"implicit": bad} if tls == "implicit" else {"tls_context": bad}

    async def scenario() -> None:
        async with serve(**settings) as box, connect(box.port, tls=tls, ca=certificates.ca) as channel:
            with pytest.raises(ChannelDown, match=why) as caught:
                await channel.open()
            assert "see `ca`" in str(caught.value)

    asyncio.run(scenario())


def test_without_a_private_authority_the_systems_decide(serve: Any, connect: Any, certificates: Any) -> None:
    async def scenario() -> None:
        async with serve(implicit=certificates.good) as box, connect(box.port, tls="implicit") as channel:
            with pytest.raises(ChannelDown, match="not trusted"):
                await channel.open()

    asyncio.run(scenario())


def test_a_server_without_starttls_gets_nothing(serve: Any, connect: Any, certificates: Any) -> None:
    async def scenario() -> None:
        async with (
            serve() as box,
            connect(box.port, tls="starttls", ca=certificates.ca, user="marsad", password=RIGHT) as channel,
        ):
            with pytest.raises(ChannelDown, match="STARTTLS"):
                await channel.open()
            assert box.received == []

    asyncio.run(scenario())


def test_implicit_tls_to_a_plain_server_says_what_to_look_at(serve: Any, connect: Any, certificates: Any) -> None:
    async def scenario() -> None:
        async with serve() as box, connect(box.port, tls="implicit", ca=certificates.ca) as channel:
            with pytest.raises(ChannelDown, match="check `tls: implicit`"):
                await channel.open()

    asyncio.run(scenario())


def test_a_plain_connection_to_a_tls_server_says_what_to_look_at(serve: Any, connect: Any, certificates: Any) -> None:
    async def scenario() -> None:
        async with serve(implicit=certificates.good) as box, connect(box.port, timeout=CONNECT_SECONDS) as channel:
            with pytest.raises(ChannelDown, match="check `port` and `tls`"):
                await channel.open()

    run_skipping_idle_time(scenario())


def test_the_right_password_lets_in_over_tls(serve: Any, connect: Any, make_message: Any, certificates: Any) -> None:
    async def scenario() -> None:
        settings = {"tls_context": certificates.good, "auth_required": True, "require_starttls": True}
        options = {"tls": "starttls", "ca": certificates.ca, "user": "marsad", "password": RIGHT}
        async with serve(**settings) as box, connect(box.port, **options) as channel:
            assert (await send(channel, make_message())).state is OutboxState.SENT
            assert "accepts the login of marsad" in await channel.probe()

    asyncio.run(scenario())


def test_the_wrong_password_is_the_channels_fault_and_not_repeated(
    serve: Any, connect: Any, make_message: Any, certificates: Any
) -> None:
    async def scenario() -> None:
        settings = {"tls_context": certificates.good, "auth_required": True}
        options = {"tls": "starttls", "ca": certificates.ca, "user": "marsad", "password": WRONG}
        async with serve(**settings) as box, connect(box.port, **options) as channel:
            for attempt in (channel.open, channel.probe, lambda: send(channel, make_message())):
                with pytest.raises(ChannelDown, match="rejects the login of user 'marsad': 535") as caught:
                    await attempt()
                assert "hunter2" not in str(caught.value)
                assert caught.value.__cause__ is None

    asyncio.run(scenario())


@UNENCRYPTED_LOGIN
def test_a_password_may_go_to_this_machine_without_tls(serve: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        settings = {"auth_required": True, "auth_require_tls": False}
        async with serve(**settings) as box, connect(box.port, user="marsad", password=RIGHT) as channel:
            assert (await send(channel, make_message())).state is OutboxState.SENT

    asyncio.run(scenario())


@UNENCRYPTED_LOGIN
def test_a_server_that_wants_a_login_we_do_not_have_is_down_for_all(
    serve: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        async with serve(auth_required=True, auth_require_tls=False) as box, connect(box.port) as channel:
            with pytest.raises(ChannelDown, match="530"):
                await send(channel, make_message())

    asyncio.run(scenario())


@UNENCRYPTED_LOGIN
def test_a_secret_that_cannot_be_read_is_for_a_person(serve: Any) -> None:
    def reveal(_secret: Secret) -> str:
        raise UserMustFix("the environment variable X is not set")

    async def scenario() -> None:
        async with serve(auth_required=True, auth_require_tls=False) as box:
            options = Options(
                host="127.0.0.1", port=box.port, tls="none", from_="a@example.org", user="u", password=RIGHT
            )
            channel = SmtpChannel(options, reveal=reveal)
            with pytest.raises(UserMustFix, match="X is not set"):
                await channel.open()
            await channel.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("no certificate", "contains no PEM certificate")]
)
def test_a_bad_ca_file_is_for_a_person(connect: Any, tmp_path: Any, content: str | None, why: str) -> None:
    ca = tmp_path / "ca.pem"
    if content:
        ca.write_text(content)

    async def scenario() -> None:
        async with connect(25, tls="starttls", ca=ca) as channel:
            with pytest.raises(UserMustFix, match=why):
                await channel.open()

    asyncio.run(scenario())


def test_an_idn_domain_is_sent_as_a_labels_and_needs_no_smtputf8(serve: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with serve() as box, connect(box.port) as channel:
            for address in ("sami@موقع.example.org", "sami@münchen.example.org"):
                assert (await send(channel, make_message(recipient=address))).state is OutboxState.SENT
            recipients = [mail.rcpt_tos[0] for mail in box.received]
            assert recipients == ["sami@xn--4gbrim.example.org", "sami@xn--mnchen-3ya.example.org"]

    asyncio.run(scenario())


def test_a_local_part_outside_ascii_is_sent_where_the_server_takes_it(
    serve: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        async with serve(enable_SMTPUTF8=True) as box, connect(box.port) as channel:
            assert (await send(channel, make_message(recipient="سامي@example.org"))).state is OutboxState.SENT
            [mail] = box.received
            assert mail.rcpt_tos == ["سامي@example.org"]
            assert "SMTPUTF8" in mail.mail_options

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "address", ["سامي@example.org", "sami smith@example.org", "a@example.org>\r\nRCPT TO:<b@x.test", ""]
)
def test_an_address_that_cannot_be_written_to_fails_alone(
    serve: Any, connect: Any, make_message: Any, address: str
) -> None:
    async def scenario() -> None:
        async with serve() as box, connect(box.port) as channel:
            refused = await send(channel, make_message(recipient=address))
            assert refused.state is OutboxState.FAILED
            assert refused.reply.isprintable()
            assert (await send(channel, make_message())).state is OutboxState.SENT
            assert [mail.rcpt_tos for mail in box.received] == [["desk@example.org"]]

    asyncio.run(scenario())


def test_one_connection_carries_a_hundred_messages_and_then_another(
    serve: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        async with serve(command_call_limit=1000) as box, connect(box.port) as channel:
            for number in range(101):
                assert (await send(channel, make_message(f"{number}"))).state is OutboxState.SENT
            assert len(box.received) == 101
            assert len(box.sessions) == 2

    asyncio.run(scenario())


def test_an_idle_connection_is_left_politely_and_the_next_message_opens_another(
    scripted: Any, connect: Any, make_message: Any, until: Any
) -> None:
    async def scenario() -> None:
        async with scripted() as server, connect(server.port) as channel:
            channel.idle_seconds = 0.0
            assert (await send(channel, make_message())).state is OutboxState.SENT
            await until(lambda: "QUIT" in server.said)
            assert (await send(channel, make_message())).state is OutboxState.SENT
            assert server.connections == 2

    asyncio.run(scenario())


def test_a_connection_that_the_server_left_meanwhile_costs_nothing(
    scripted: Any, connect: Any, make_message: Any
) -> None:
    async def scenario() -> None:
        for parting in ("421 4.4.2 idle for too long", "drop"):
            async with scripted(MAIL=["250 ok", parting, "250 ok"]) as server, connect(server.port) as channel:
                for _ in range(2):
                    assert (await send(channel, make_message())).state is OutboxState.SENT
                assert server.connections == 2
                assert len(server.bodies) == 2

    asyncio.run(scenario())


def test_the_name_said_in_ehlo_is_the_senders_domain(scripted: Any, connect: Any) -> None:
    async def scenario() -> None:
        async with scripted() as server, connect(server.port, from_="Marsad <marsad@موقع.example.org>") as channel:
            await channel.open()
            assert server.said == ["EHLO xn--4gbrim.example.org"]

    asyncio.run(scenario())


def test_a_server_of_before_1995_is_greeted_with_helo(scripted: Any, connect: Any, make_message: Any) -> None:
    async def scenario() -> None:
        async with scripted(EHLO="500 what?") as server, connect(server.port) as channel:
            assert (await send(channel, make_message())).state is OutboxState.SENT
            assert server.said[:2] == ["EHLO example.org", "HELO example.org"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"from_": "Marsad"}, "must be exactly one mail address"),
        ({"from_": "marsad@"}, "must be exactly one mail address"),
        ({"from_": "@example.org"}, "must be exactly one mail address"),
        ({"from_": "Marsad <marsad@example.org>\nBcc: x@example.org"}, "must be exactly one mail address"),
        ({"from_": "a@example.org, b@example.org"}, "must be exactly one mail address"),
        ({"from_": "a@‎.example.org"}, "must be exactly one mail address"),
        ({"from_": "a@١٢_٣.example.org"}, "is not a domain name"),
        ({"host": " "}, "is not a host name"),
        ({"host": "smtp://mail.example.org"}, "is not a host name"),
        ({"port": 0}, "leave it out to use 587"),
        ({"port": 65536}, "leave it out"),
        ({"timeout": 0}, "greater than 0"),
        ({"data_timeout": -1}, "greater than 0"),
        ({"user": "marsad"}, "belong together"),
        ({"password": RIGHT}, "belong together"),
        ({"tls": "none", "user": "u", "password": RIGHT}, "never sent without TLS"),
        ({"tls": "none", "user": "u", "password": RIGHT, "host": "127.example.org"}, "never sent without TLS"),
        ({"tls": "none", "ca": "ca.pem"}, "no effect without TLS"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Options(**{"host": "mail.example.org", "tls": "starttls", "from_": "marsad@example.org", **options})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_is_known_under_its_names(host: str) -> None:
    assert Options(host=host, tls="none", from_="a@example.org", user="u", password=RIGHT).host == host


@pytest.mark.parametrize(("tls", "port"), [("none", 25), ("starttls", 587), ("implicit", 465)])
def test_the_port_follows_from_tls(tls: Any, port: int, reveal: Any) -> None:
    channel = SmtpChannel(Options(host="127.0.0.1", tls=tls, from_="a@example.org"), reveal=reveal)

    async def scenario() -> str:
        with pytest.raises(ChannelDown) as caught:
            await channel.open()
        return str(caught.value)

    assert asyncio.run(scenario()).startswith(f"127.0.0.1:{port}: ")
