"""Mail addresses: how a sender is written in YAML, and how SMTP wants an address."""

from __future__ import annotations

from email.utils import parseaddr

import idna

SENDER_EXAMPLE = '"Marsad <marsad@example.org>"'


def check_sender(sender: str) -> None:
    """Raises ValueError unless `sender` can stand in a From: header: one address, perhaps with a name, on one line."""
    local, at, domain = parseaddr(sender)[1].rpartition("@")
    if not (local and at and domain) or not sender.isprintable():
        raise ValueError(f"from: {sender!r} is not one mail address; write {SENDER_EXAMPLE}")
    if not encode_host(domain).isascii():
        raise ValueError(f"from: {domain!r} is no domain name; write {SENDER_EXAMPLE}")


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
