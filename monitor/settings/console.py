"""The values of `console:` in marsad.yaml: where it listens, who is let in, and when that is too open."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

from monitor.settings.values import Wrong, is_loopback, take_host_port, take_text
from monitor.text.quoting import quote

SOCKET = "unix"  # among the addresses of a proxy: it connects through the Unix socket
_HASH = re.compile(r"scrypt:[0-9]{2}:[0-9a-f]{32}:[0-9a-f]{64}")


def take_listen(value: Any) -> tuple[str, int]:
    """An address and a port."""
    host, _, port = take_host_port(value).rpartition(":")
    name = host.strip("[]")
    try:
        return ("127.0.0.1" if name == "localhost" else str(ip_address(name)), int(port))
    except ValueError as error:
        expected = "an address such as 127.0.0.1:8642 or [::1]:8642"
        raise Wrong(f"{quote(host)} is a name, not an address", expected=expected) from error


def take_password_hash(value: Any) -> str:
    """What `marsad console password` prints."""
    text = take_text(value, "the hash of a password")
    if not _HASH.fullmatch(text):
        hint = "run `marsad console password NAME` and copy the line that it prints"
        raise Wrong("this is not the hash of a password", expected="a text that begins with scrypt:", hint=hint)
    return text


def take_header(value: Any) -> str:
    """The name of an HTTP header (RFC 9110, 5.1)."""
    expected = "the name of a header, such as Remote-User"
    text = take_text(value, expected)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", text):
        raise Wrong(f"{quote(text)} is not the name of a header", expected=expected)
    return text


def take_address(value: Any) -> str:
    """An IP address, or `unix`."""
    text = take_text(value, "an address")
    if text == SOCKET:
        return text
    try:
        return str(ip_address(text))
    except ValueError as error:
        expected = "an IP address, or unix for whoever connects to the Unix socket"
        raise Wrong(f"{quote(text)} is not an IP address", expected=expected) from error


def find_open_door(listen: tuple[str, int], *, has_login: bool) -> Wrong | None:
    """Why the console must not listen there: other machines would reach it, and nobody would have to log in."""
    if has_login or is_loopback(listen[0]):
        return None
    return Wrong(
        f"{listen[0]} is not an address of this machine alone, and nobody would have to log in",
        expected="passwords: or proxy: beside it, or 127.0.0.1",
        hint="`marsad console password NAME` makes a line for passwords:",
    )
