"""What a mail server says: made fit for a log, a table and the store, and read for what it refuses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.model import Refusal

LONGEST_REPLY = 300
REDACTED = "[redacted]"
# RFC 3463: class.subject.detail, at the beginning of a reply.
_ENHANCED = re.compile(r"\s*[245]\.(\d{1,3})\.(\d{1,3})(?!\S)")
TOO_LARGE = frozenset({("2", "3"), ("3", "4")})  # for the mailbox, for the system
MAILBOX_FULL = ("2", "2")
ABOUT_SENDER = frozenset({"7", "8"})  # 5.1.7 and 5.1.8: the sender's address
_WORD = re.compile(r"[A-Za-z0-9+/=_-]{6,}")


def tidy_reply(reply: str) -> str:
    """One printable line of bounded length, valid UTF-8 (aiosmtplib hands undecodable bytes on as surrogates)."""
    decoded = reply.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    line = " ".join("".join(char if char.isprintable() else " " for char in decoded).split())
    return line if len(line) <= LONGEST_REPLY else f"{line[:LONGEST_REPLY]}…"


def redact(text: str, secrets: Sequence[str]) -> str:
    """`text` without `secrets`, nor longer parts of them: a server may repeat a command, cut off somewhere."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return _WORD.sub(lambda word: REDACTED if any(word[0] in secret for secret in secrets) else word[0], text)


def find_refusal(verb: str, code: int, text: str) -> Refusal:
    """What a 5xx to `verb` (MAIL, RCPT or DATA) refuses, as far as its enhanced status code says."""
    found = _ENHANCED.match(text)
    enhanced = found.groups() if found else None
    if enhanced in TOO_LARGE:
        return Refusal.SIZE
    if code == 552 and verb != "RCPT" and enhanced != MAILBOX_FULL and (enhanced is None or enhanced[0] != "7"):
        return Refusal.SIZE
    if code == 550 and verb == "RCPT" and _is_about_recipient(enhanced):
        return Refusal.ADDRESS
    return Refusal.OTHER


def _is_about_recipient(enhanced: tuple[str, ...] | None) -> bool:
    return enhanced is None or (enhanced[0] == "1" and enhanced[1] not in ABOUT_SENDER)


def read_size(said: str | None) -> int | None:
    """The limit behind SIZE in the answer to EHLO (RFC 1870); 0 and nothing mean that there is none."""
    return int(said) if said and said.isascii() and said.isdigit() and int(said) > 0 else None
