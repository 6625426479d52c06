"""What is wrong with an e-mail address, in a sentence: the syntax that mail servers take (RFC 5321, RFC 6531)."""

from __future__ import annotations

import re

import idna

LONGEST_LOCAL = 64  # bytes, RFC 5321 §4.5.3.1.1
LONGEST_DOMAIN = 253  # RFC 1035, without the root's dot
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
STRANGE = re.compile(r"[\s<>(),;:\"\[\]\\\x00-\x1f\x7f]")


def find_address_fault(text: str) -> str | None:
    """Why `text` is no address that mail could be sent to; None where it is one, IDN and SMTPUTF8 included."""
    local, at, domain = text.rpartition("@")
    if not at:
        return "it has no @"
    if "@" in local:
        return "it has more than one @"
    if found := STRANGE.search(text):
        return f"it contains {_name(found[0])}; write the address alone"
    return _find_local_fault(local) or _find_domain_fault(domain)


def find_address_doubt(text: str) -> str | None:
    """Why an address may not be the whole one."""
    domain = text.rpartition("@")[2]
    return None if "." in domain else f"the domain {domain!r} has no dot; check that the address is complete"


def _find_local_fault(local: str) -> str | None:
    if not local:
        return "the part before the @ is empty"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "before the @, a dot must stand between two other characters"
    if len(local.encode("utf-8", "surrogatepass")) > LONGEST_LOCAL:
        return f"the part before the @ is longer than {LONGEST_LOCAL} bytes"
    return None


def _find_domain_fault(domain: str) -> str | None:
    if not domain:
        return "the domain after the @ is missing"
    if ".." in domain or domain.startswith("."):
        return f"the domain {domain!r} has an empty part between its dots"
    try:
        name = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return f"{domain!r} is not a domain name"
    labels = name.removesuffix(".").split(".")
    if len(name) > LONGEST_DOMAIN or not all(map(LABEL.fullmatch, labels)):
        return f"{domain!r} is not a domain name: its parts may contain letters, digits and inner hyphens"
    if labels[-1].isdecimal():
        return f"{domain!r} is not a domain name: its last part is a number"
    return None


def _name(mark: str) -> str:
    return {" ": "a space", "\t": "a tab"}.get(mark, repr(mark) if mark.isprintable() else f"U+{ord(mark):04X}")
