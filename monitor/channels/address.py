"""Mail addresses as SMTP wants them: the domain as A-labels, so that an IDN alone needs no SMTPUTF8."""

from __future__ import annotations

import idna


def encode_address(address: str) -> str:
    """The address with its domain in ASCII; the part before the @ stays as it is."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return address
