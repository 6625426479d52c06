"""Which addresses are public, and the exceptions that a configuration makes."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from monitor.sources.address import (
    AddressGuard,
    AddressRefused,
    Carried,
    Clearance,
    is_metadata,
    is_public,
    read_address,
)
from monitor.sources.fetch_errors import explain_failure


def disguise(address: IPv4Address) -> list[IPv6Address]:
    """Mapped, NAT64 and 6to4."""
    number = int(address)
    return [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::",  # noqa: S104
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2001:0:7f00:1::",
        "fe80::1", "fec0::1", "fd00::1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_of_the_machine_and_its_network_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "network", ["10.0.0.0", "172.16.0.0", "192.168.0.0", "169.254.0.0", "100.64.0.0", "224.0.0.0", "255.255.255.255"]
)
def test_special_networks_are_not_public_in_any_disguise(network: str) -> None:
    address = IPv4Address(network)
    assert not any(map(is_public, (address, IPv6Address(int(address)), *disguise(address))))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_embedded_address_counts_as_itself(address: IPv4Address) -> None:
    assert {is_public(one) for one in disguise(address)} == {is_public(address)}


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_every_spelling_of_an_address_is_read(address: IPv4Address) -> None:
    number = int(address)
    for spelling in (str(address), hex(number), f"{number >> 24}.{number & 0xFFFFFF}", f"0{number:o}"):
        assert read_address(spelling) == address


@pytest.mark.parametrize("name", ["example.org", "localhost", "", "١٢٧.٠.٠.١", "1.2.3.4.5", "beef"])
def test_names_are_no_addresses(name: str) -> None:
    assert read_address(name) is None


def entry(host: str, port: int) -> tuple[object, ...]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)


def test_a_socket_only_for_public_addresses() -> None:
    clearance = Clearance()
    with Carried(clearance), pytest.raises(AddressRefused, match=r"127\.0\.0\.2:80 is not a public address"):
        AddressGuard().open_socket(entry("127.0.0.2", 80))
    assert clearance.refused == ["127.0.0.2:80"]


@pytest.mark.parametrize(
    ("allowed", "host", "port", "opens"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True), ("127.0.0.1:8080", "127.0.0.1", 8081, False),
        ("127.0.0.1:8080", "127.0.0.2", 8080, False), ("[::1]:8080", "::1", 8080, True),
        ("[0:0:0:0:0:0:0:1]:8080", "::1", 8080, True), ("localhost:8080", "127.0.0.1", 8080, False),
    ],
)  # fmt: skip
def test_an_exception_is_for_one_address_and_port(allowed: str, host: str, port: int, *, opens: bool) -> None:
    guard = AddressGuard([allowed])
    if opens:
        guard.open_socket(entry(host, port)).close()
    else:
        with pytest.raises(AddressRefused):
            guard.open_socket(entry(host, port))


def test_a_named_host_is_allowed_wherever_it_is() -> None:
    guard = AddressGuard(["Intranet.Example.ORG:8080"])
    assert guard.allows("intranet.example.org", 8080)
    assert not guard.allows("intranet.example.org", 80)
    with Carried(Clearance(is_exempt=True)):
        guard.open_socket(entry("127.0.0.1", 8080)).close()


def test_a_clearance_ends_with_its_request() -> None:
    with Carried(Clearance(is_exempt=True)):
        pass
    with pytest.raises(AddressRefused):
        AddressGuard().open_socket(entry("127.0.0.1", 8080))


@pytest.mark.parametrize(
    "host", ["localhost", "feeds.localhost", "127.0.0.1", "::1", "0x7f.1", "2130706433", "0177.0.0.1"]
)
def test_a_proxy_is_not_asked_for_what_is_private_by_its_name(host: str) -> None:
    assert AddressGuard().refuses_literal(host, 80)
    assert not AddressGuard().refuses_literal("example.org", 80)


def test_unless_it_is_allowed() -> None:
    assert not AddressGuard(["localhost:80"]).refuses_literal("localhost", 80)


METADATA = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "169.254.170.2", "169.254.42.42"]


def list_disguises(text: str) -> list[str]:
    """Mapped, NAT64 in both its networks, 6to4, v4-compatible, translated, ISATAP and Teredo, client and server."""
    number = int(IPv4Address(text))
    prefixes = (
        "::ffff:0:0",
        "64:ff9b::",
        "64:ff9b:1::",
        "::",
        "::ffff:0:0:0",
        "2001:db8::5efe:0:0",
        "fe80::200:5efe:0:0",
    )
    ends = [IPv6Address(int(IPv6Address(prefix)) | number) for prefix in prefixes]
    teredo = IPv6Address((0x2001 << 112) | (0x5DB8D822 << 64) | (number ^ 0xFFFF_FFFF))
    return [text, *map(str, [*ends, IPv6Address((0x2002 << 112) | (number << 80)), teredo])]


@pytest.mark.parametrize("address", METADATA)
def test_a_metadata_service_is_refused_in_every_disguise_whatever_is_allowed(address: str) -> None:
    for form in list_disguises(address):
        shown = f"[{form}]:80" if ":" in form else f"{form}:80"
        for guard, exempt in ((AddressGuard(), False), (AddressGuard([shown]), False), (AddressGuard(), True)):
            clearance = Clearance(is_exempt=exempt)
            with Carried(clearance), pytest.raises(AddressRefused):
                guard.open_socket(entry(form, 80))
            assert clearance.is_metadata


@pytest.mark.parametrize(
    "address", ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"]
)
def test_a_metadata_service_of_ipv6_is_refused_whatever_is_allowed(address: str) -> None:
    with Carried(Clearance(is_exempt=True)), pytest.raises(AddressRefused):
        AddressGuard([f"[{address}]:80"]).open_socket(entry(address, 80))
    assert is_metadata(address)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("metadata.google.internal", True), ("instance-data", True), ("0xA9FEA9FE", True), ("2852039166", True),
        ("0251.0376.0251.0376", True), ("169.254.43518", True), ("::ffff:a9fe:a9fe", True), ("fe80::a9fe:a9fe%eth0", True),
        ("example.org", False), ("metadata.example.org", False), ("10.0.0.5", False), ("100.100.100.201", False),
        ("168.63.129.17", False), ("fd00:ec3::254", False), ("127.0.0.1", False), ("::1", False),
    ],
)  # fmt: skip
def test_metadata_services_are_known_by_name_and_by_every_spelling_of_an_address(host: str, *, is_one: bool) -> None:
    assert is_metadata(host) is is_one


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_any_address_is_judged(address: IPv6Address) -> None:
    assert is_metadata(str(address)) in {True, False}


def test_a_name_that_leads_to_a_metadata_service_is_said_to() -> None:
    clearance = Clearance()
    with Carried(clearance), pytest.raises(AddressRefused) as caught:
        AddressGuard(["intranet.example.org:80"]).open_socket(entry("169.254.169.254", 80))
    said = explain_failure(caught.value, URL("http://intranet.example.org/"), clearance)
    assert said == (
        "intranet.example.org:80 is at 169.254.169.254:80, which is a cloud's metadata service, which hands out "
        "credentials; it is never read"
    )


def test_a_private_address_is_not_called_a_metadata_service() -> None:
    clearance = Clearance()
    with Carried(clearance), pytest.raises(AddressRefused):
        AddressGuard().open_socket(entry("127.0.0.2", 80))
    assert not clearance.is_metadata
