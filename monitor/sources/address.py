"""Which addresses a fetch may connect to; feeds and redirects must not reach the machine's own network.

The address checked is the very one being connected to: `connector` asks the Guard before every connection, after names
were resolved and for literal addresses too, so that no second look-up can differ.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1; the ipaddress module calls all of it global
# Where an IPv6 address ends in an IPv4 one, beside the v4-mapped ones: RFC 6052, RFC 8215, RFC 2765, RFC 4291 §2.5.5.1.
ENDS_IN_IPV4 = (NAT64, IPv6Network("64:ff9b:1::/48"), IPv6Network("::ffff:0:0:0/96"), IPv6Network("::/96"))
ISATAP = frozenset({0x5EFE, 0x0200_5EFE})  # RFC 5214 §6.1: the third quarter of such an address
# What answers there hands a cloud machine's credentials to whoever asks.
METADATA = (
    IPv4Network("169.254.0.0/16"),  # .169.254 of nearly all clouds, .170.2 of ECS, .170.23 of EKS, .42.42 of Scaleway
    IPv4Network("168.63.129.16/32"),  # Azure
    IPv4Network("100.100.100.200/32"),  # Alibaba
    IPv4Network("192.0.0.192/32"),  # Oracle
    IPv6Network("fd00:ec2::/32"),  # EC2, ECS and EKS
    IPv6Network("fd20:ce::254/128"),  # Google
    IPv6Network("fd00:c1::a9fe:a9fe/128"),  # Oracle
    IPv6Network("fd00:42::42/128"),  # Scaleway
    IPv6Network("fe80::a9fe:a9fe/128"),  # OpenStack
)
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
        "metadata.oraclecloud.com",
        "rancher-metadata",
    }
)


class AddressOwner(Enum):
    """Whose an address is."""

    PUBLIC = "public"
    PRIVATE = "private"
    METADATA = "metadata"  # refused whatever the configuration allows


class AddressRefused(OSError):
    """The address of a host is not one that may be connected to."""


@dataclass(slots=True, kw_only=True)
class Clearance:
    """What one request may connect to beside public addresses; `refused` collects what it was kept from.

    `is_exempt` is for the connection to a proxy that the configuration names. `is_metadata` says that something refused
    was a cloud's metadata service.
    """

    is_exempt: bool = False
    refused: list[str] = field(default_factory=list)
    is_metadata: bool = False


_clearance: ContextVar[Clearance | None] = ContextVar("clearance", default=None)


class Carried:
    """While it lasts, connections of this task, and of tasks started from it, are judged by a clearance."""

    __slots__ = ("_clearance", "_token")

    def __init__(self, clearance: Clearance) -> None:
        self._clearance = clearance

    def __enter__(self) -> None:
        self._token = _clearance.set(self._clearance)

    def __exit__(self, *_: object) -> None:
        _clearance.reset(self._token)


class AddressGuard:
    """Knows the exceptions of `polling.allow_private`: address:port, or the host:port of a URL."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(_normalise(entry) for entry in allowed)

    def allows(self, host: str, port: int) -> bool:
        """Whether the configuration names this host or address, with this port."""
        if not self._allowed:
            return False
        return f"{host}:{port}" in self._allowed or _join(host, port) in self._allowed

    def refuses_literal(self, host: str, port: int) -> bool:
        """Whether a URL's host is, without any look-up, a private address. A proxy would connect to it for us."""
        if self.allows(host, port):
            return False
        if host == "localhost" or host.endswith(".localhost"):
            return True
        address = read_address(host)
        return address is not None and not is_public(address)

    def open_socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for one entry of getaddrinfo. Raises AddressRefused where it may not be connected to."""
        family, kind, protocol, _, sockaddr = addr_info
        self.check(sockaddr[0], sockaddr[1])
        return socket.socket(family=family, type=kind, proto=protocol)

    def check(self, host: str, port: int) -> None:
        """Raises AddressRefused where this address may not be connected to."""
        place = _find_place(host)
        if place is AddressOwner.PUBLIC:
            return
        clearance, is_metadata = _clearance.get(), place is AddressOwner.METADATA
        if not is_metadata and ((clearance and clearance.is_exempt) or self.allows(host, port)):
            return
        if clearance:
            clearance.refused.append(_join(host, port))
            clearance.is_metadata = clearance.is_metadata or is_metadata
        raise AddressRefused(f"{_join(host, port)} is not a public address")


@lru_cache(maxsize=16384)
def _find_place(address: str) -> AddressOwner:
    """Remembered: it walks through some thirty networks, which is a tenth of what a poll costs."""
    read = ip_address(address)
    if _hands_out_credentials(read):
        return AddressOwner.METADATA
    return AddressOwner.PUBLIC if is_public(read) else AddressOwner.PRIVATE


@lru_cache(maxsize=16384)
def is_metadata(host: str) -> bool:
    """Whether a URL's host is, without any look-up, a cloud's metadata service."""
    address = read_address(host.partition("%")[0])
    return host in METADATA_NAMES if address is None else _hands_out_credentials(address)


def _hands_out_credentials(address: IPv4Address | IPv6Address) -> bool:
    forms = [address, *_list_embedded(address)] if isinstance(address, IPv6Address) else [address]
    return any(form in network for form in forms for network in METADATA if form.version == network.version)


def _list_embedded(address: IPv6Address) -> list[IPv4Address]:
    """Every IPv4 address that an IPv6 one may stand for, in whatever way a network translates."""
    number = int(address)
    ends_in_ipv4 = any(address in network for network in ENDS_IN_IPV4) or number >> 32 & 0xFFFF_FFFF in ISATAP
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [one for one in found if one] + ([IPv4Address(number & 0xFFFF_FFFF)] if ends_in_ipv4 else [])


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public Internet; an IPv6 address that embeds an IPv4 one is judged by that."""
    embedded = _find_embedded(address) if isinstance(address, IPv6Address) else None
    if embedded is not None:
        return is_public(embedded)
    is_odd = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not is_odd


def _find_embedded(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` spells, also as inet_aton reads it (0x7f.1, 2130706433), or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _normalise(entry: str) -> str:
    host, _, port = entry.rpartition(":")
    return _join(host.removeprefix("[").removesuffix("]"), int(port))


def _join(host: str, port: int) -> str:
    """`host:port` with one spelling for each address: no zone, IPv6 in brackets and compressed."""
    address = read_address(host.partition("%")[0])
    if address is None:
        return f"{host.lower().removesuffix('.')}:{port}"
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
