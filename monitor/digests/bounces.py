"""Signed envelope senders, and what the bounces that come back to them say (RFC 3464): pure.

The envelope sender of a message names the message (as VERP does), with an HMAC-SHA-256 of its id and the secret of the
store, cut to 64 bits: nobody else can make a bounce of it. Only reports of failures count, not automatic replies, which
are sent to the same address (RFC 3834).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as RawMessage
from email.parser import BytesParser
from email.utils import getaddresses

from monitor.digests.clean import clean_line
from monitor.model import DigestId
from monitor.model.feedback import MailRefusal

SIGNATURE_LETTERS = 16
# Of the part before the @, which has 64 at most (RFC 5321 §4.5.3.1.1); a message's id and its signature take the rest.
LONGEST_LOCAL = 14
LONGEST_REPLY = 300
_TOKEN = re.compile(rf"\+([0-9a-f]{{6,40}}(?:-\d+of\d+)*)\.([0-9a-f]{{{SIGNATURE_LETTERS}}})@")
_RETURNED_TO = ("to", "delivered-to", "x-original-to", "envelope-to")
# RFC 3463: the address is wrong, its domain takes no mail, the mailbox moved or is disabled; not 5.1.7 and 5.1.8, which
# are about the sender.
_ABOUT_ADDRESS = re.compile(r"5\.(1\.([0-6]|9|10)|2\.1)$")
_PLAIN_550 = re.compile(r"smtp;\s*550[ -](?!\d\.\d)", re.IGNORECASE)  # the server gave no enhanced code


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A message was accepted and could not be delivered. `is_about_address`: no message to it can be."""

    message: DigestId
    reply: str
    is_about_address: bool


def sign_sender(secret: str, address: str, message: DigestId) -> str:
    """The envelope sender of a message: `address` with the message's id and a signature before its @."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{message}.{_sign(secret, message)}@{domain}"


def _sign(secret: str, message: str) -> str:
    return hmac.digest(secret.encode(), f"bounce\0{message}".encode(), "sha256").hex()[:SIGNATURE_LETTERS]


def read_bounce(content: bytes, secret: str) -> Bounce | MailRefusal | None:
    """None for what is no report of a mail server. Raises nothing, whatever the bytes are."""
    mail = BytesParser().parsebytes(content)
    if mail.get_content_type() != "multipart/report":
        return None
    message = _find_message(mail, secret)
    if message is None:
        return MailRefusal.BOUNCE
    failed = next((block for block in _list_recipients(mail) if _read(block, "action").lower() == "failed"), None)
    if failed is None:
        return MailRefusal.NOTICE
    status, diagnostic = _read(failed, "status").split(" ")[0], _read(failed, "diagnostic-code")
    is_plain_550 = status in {"5.0.0", ""} and _PLAIN_550.match(diagnostic) is not None
    return Bounce(
        message=message,
        reply=" ".join(filter(None, ("bounced:", status, diagnostic)))[:LONGEST_REPLY],
        is_about_address=is_plain_550 or _ABOUT_ADDRESS.match(status) is not None,
    )


def _find_message(mail: RawMessage, secret: str) -> DigestId | None:
    """The message whose signed sender the report was sent to."""
    written = [str(value) for name in _RETURNED_TO for value in mail.get_all(name, [])]
    for _, address in getaddresses(written):
        found = _TOKEN.search(address.lower())
        if found is not None and hmac.compare_digest(found[2], _sign(secret, found[1])):
            return DigestId(found[1])
    return None


def _list_recipients(mail: RawMessage) -> Iterator[RawMessage]:
    """The blocks of the report that are about a recipient; the first of its blocks is about the message."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(blocks := part.get_payload(), list):
            yield from (block for block in blocks if isinstance(block, RawMessage) and "action" in block)


def _read(block: RawMessage, name: str) -> str:
    return clean_line(str(block.get(name, "")))
