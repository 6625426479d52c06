"""Which addresses a fetch may connect to; feeds and redirects must not reach the machine's own network.

The address checked is the very one being connected to: `connector` asks the Guard before every connection, after names
were resolved and for literal addresses too, so that no second look-up can differ.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1; the ipaddress module calls all of it global


class AddressRefused(OSError):
    """The address of a host is not one that may be connected to."""


@dataclass(slots=True, kw_only=True)
class Clearance:
    """What one request may connect to beside public addresses; `refused` collects what it was kept from.

    `is_exempt` is for the connection to a proxy that the configuration names.
    """

    is_exempt: bool = False
    refused: list[str] = field(default_factory=list)


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


class Guard:
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
        clearance = _clearance.get()
        if (clearance and clearance.is_exempt) or _reads_public(host) or self.allows(host, port):
            return
        if clearance:
            clearance.refused.append(_join(host, port))
        raise AddressRefused(f"{_join(host, port)} is not a public address")


@lru_cache(maxsize=16384)
def _reads_public(address: str) -> bool:
    """`is_public` walks through some twenty networks, which is a tenth of what a poll costs."""
    return is_public(ip_address(address))


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
