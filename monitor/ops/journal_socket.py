"""Writes log entries to systemd's journal with fields, so that `journalctl MARSAD_SOURCE=tass` finds them.

The format is systemd's native journal protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram for an entry.
"""

from __future__ import annotations

import hashlib
import logging
import re
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

SOCKET = Path("/run/systemd/journal/socket")
LONGEST = 32_000  # characters of a value: an entry must fit into a datagram
_NO_NAME = re.compile(r"[^A-Z0-9_]+")


def make_message_id(event: str) -> str:
    """The MESSAGE_ID of an event such as poll.done: 128 bits that follow from its name alone."""
    return hashlib.blake2b(f"marsad {event}".encode(), digest_size=16).hexdigest()


def name_field(key: str) -> str:
    """The name of a field in the journal, which takes capitals, digits and underscores."""
    return "MARSAD_" + _NO_NAME.sub("_", key.upper()).strip("_")[:50]


def encode_entry(fields: Mapping[str, str]) -> bytes:
    """One datagram; a value with a line feed is preceded by its length."""
    encoded = b""
    for name, value in fields.items():
        content = value[:LONGEST].encode("utf-8", "replace")
        if b"\n" in content:
            encoded += name.encode() + b"\n" + struct.pack("<Q", len(content)) + content + b"\n"
        else:
            encoded += name.encode() + b"=" + content + b"\n"
    return encoded


class JournalHandler(logging.Handler):
    """Sends each record to the journal; what it does not take goes to `otherwise`, so that nothing is lost."""

    def __init__(
        self, list_fields: Callable[[logging.LogRecord], Mapping[str, str]], otherwise: logging.Handler
    ) -> None:
        super().__init__()
        self._list_fields = list_fields
        self._otherwise = otherwise
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields = {"MESSAGE": self.format(record), "SYSLOG_IDENTIFIER": "marsad", **self._list_fields(record)}
            self._socket.sendto(encode_entry(fields), str(SOCKET))
        except OSError:
            self._otherwise.handle(record)

    def close(self) -> None:
        self._socket.close()
        super().close()
