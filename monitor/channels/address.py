"""Mail addresses: how a sender is written in YAML, and how SMTP wants an address."""

from __future__ import annotations

from email.utils import getaddresses

import idna

from monitor.digests.bounces import LONGEST_LOCAL

SENDER_EXAMPLE = '"Marsad <marsad@example.org>"'


def check_sender(sender: str) -> None:
    """Raises ValueError unless `sender` can stand in a From: header: one address, perhaps with a name, on one line."""
    addresses = [address for _, address in getaddresses([sender])]
    if len(addresses) != 1 or not is_address(addresses[0]) or not sender.isprintable():
        raise ValueError(f"from: {sender!r} must be exactly one mail address; write {SENDER_EXAMPLE}")
    domain = addresses[0].rpartition("@")[2]
    if not encode_host(domain).isascii():
        raise ValueError(f"from: {domain!r} is not a domain name; write {SENDER_EXAMPLE}")


def check_bounces(address: str) -> None:
    """Raises ValueError unless signed envelope senders can be made of the address."""
    local, _, domain = address.rpartition("@")
    if not is_address(address) or not local.isascii() or not encode_host(domain).isascii():
        raise ValueError(f"bounces: {address!r} is not a mail address; write bounces@example.org")
    if len(local) > LONGEST_LOCAL:
        raise ValueError(
            f"bounces: {local!r} has {len(local)} characters before the @, expected {LONGEST_LOCAL} at most; "
            "Marsad adds the id of each message there"
        )


def is_address(text: str) -> bool:
    """Whether `text` is a bare address that can stand in a command: aiosmtplib would take one out of a longer text."""
    local, _, domain = text.rpartition("@")
    return bool(local and domain) and text.isprintable() and not any(char.isspace() or char in "<>,;:" for char in text)


def encode_address(address: str) -> str:
    """The address with its domain as A-labels (RFC 5891), so that an IDN alone needs no SMTPUTF8; the rest as it is."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{encode_host(domain)}"


def encode_host(host: str) -> str:
    """A host name as A-labels; what is ASCII already, or no name at all, stays as it is."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host
