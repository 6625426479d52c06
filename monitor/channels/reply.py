"""What a mail server says, made fit for a log, a table and the store: any server can answer anything."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_REPLY = 300
REDACTED = "[redacted]"
_WORD = re.compile(r"[A-Za-z0-9+/=_-]{6,}")


def tidy(reply: str) -> str:
    """One printable line of bounded length, valid UTF-8 (aiosmtplib hands undecodable bytes on as surrogates)."""
    decoded = reply.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    line = " ".join("".join(char if char.isprintable() else " " for char in decoded).split())
    return line if len(line) <= LONGEST_REPLY else f"{line[:LONGEST_REPLY]}…"


def redact(text: str, secrets: Sequence[str]) -> str:
    """`text` without `secrets`, nor longer parts of them: a server may repeat a command, cut off somewhere."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return _WORD.sub(lambda word: REDACTED if any(word[0] in secret for secret in secrets) else word[0], text)
