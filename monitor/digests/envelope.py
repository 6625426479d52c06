"""Mail as bytes: headers that survive every relay, parts in ASCII, the same bytes for the same message.

The standard library writes long ids and URLs of structured headers as RFC 2047 encoded words, which other programs then
cannot read (cpython issues 85725, 100991, 124452); TokenHeader folds them at blanks only. It also loses blanks where it
folds a Subject that is not ASCII; SubjectHeader encodes such a one as a whole.
"""

from __future__ import annotations

import email.policy
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

import idna

from monitor.digests.clean import clean_text

LONGEST_LINE = 78
# RFC 2047 §2: an encoded word has at most 75 characters, and a line that holds one at most 76.
LONGEST_WORD = 75
LONGEST_WORD_LINE = 76
WORD_BEGINS, WORD_ENDS = "=?utf-8?b?", "?="
TOKEN_HEADERS = (
    "message-id",
    "references",
    "in-reply-to",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "feedback-id",
)
UNWRITABLE = "undisclosed-recipients:;"  # an address with letters beyond ASCII before its @ has no ASCII form


class TokenHeader:
    """A header of ASCII tokens, folded between them and nowhere else. Raises ValueError for anything but ASCII."""

    max_count = 1

    @staticmethod
    def parse(value: str, kwds: dict[str, Any]) -> None:
        if not value.isascii() or not value.isprintable() or not value.strip():
            raise ValueError(f"this header takes printable ASCII only: {value!r}")
        kwds["parse_tree"] = None  # only the folding below would read it
        kwds["decoded"] = value

    def fold(self, *, policy: email.policy.EmailPolicy) -> str:
        first, *rest = str(self).split()
        lines = [f"{self.name}: {first}"]  # type: ignore[attr-defined]
        for token in rest:
            if len(lines[-1]) + 1 + len(token) > LONGEST_LINE:
                lines.append("")
            lines[-1] += f" {token}"
        return policy.linesep.join(lines) + policy.linesep


class SubjectHeader:
    """One line of any text: as it is where that is safe, else whole in encoded words (RFC 2047)."""

    max_count = 1

    @staticmethod
    def parse(value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"] = None
        kwds["decoded"] = " ".join(clean_text(value).split())

    def fold(self, *, policy: email.policy.EmailPolicy) -> str:
        text, begin = str(self), "Subject: "
        room = LONGEST_WORD_LINE - len(begin)
        is_plain = text.isascii() and "=?" not in text and max(map(len, text.split()), default=0) <= room
        lines = _fold_words(text.split(), room) if is_plain else _encode_words(text, room)
        return begin + f"{policy.linesep} ".join(lines) + policy.linesep


def _fold_words(words: list[str], room: int) -> Iterator[str]:
    """Lines of words; the first has `room` characters, each further one begins with a blank."""
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > room:
            yield line
            line, room = word, LONGEST_WORD_LINE - 1
        else:
            line = f"{line} {word}" if line else word
    yield line


def _encode_words(text: str, room: int) -> Iterator[str]:
    """One encoded word a line, each of whole characters: a reader decodes them one by one."""
    part = b""
    for char in text:
        encoded = char.encode()
        if _measure_word(len(part) + len(encoded)) > min(room, LONGEST_WORD):
            yield _encode_word(part)
            part, room = b"", LONGEST_WORD_LINE - 1
        part += encoded
    yield _encode_word(part)


def _measure_word(size: int) -> int:
    """The length of an encoded word of `size` bytes: base64 makes four characters of three bytes."""
    return len(WORD_BEGINS) + -(-size // 3) * 4 + len(WORD_ENDS)


def _encode_word(part: bytes) -> str:
    return f"{WORD_BEGINS}{b64encode(part).decode('ascii')}{WORD_ENDS}"


class LastingRegistry(HeaderRegistry):
    """Makes the class of each header once; the library makes one for each header of each message."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        if key not in self._made:
            self._made[key] = super().__getitem__(name)
        return self._made[key]


def _make_policy() -> email.policy.EmailPolicy[EmailMessage]:
    registry = LastingRegistry()
    registry.map_to_type("subject", SubjectHeader)  # type: ignore[arg-type]
    for name in TOKEN_HEADERS:
        registry.map_to_type(name, TokenHeader)  # type: ignore[arg-type]
    # 76 also for the lines of quoted-printable parts (RFC 2045 §6.7); the library takes 78.
    return email.policy.SMTP.clone(header_factory=registry, cte_type="7bit", max_line_length=LONGEST_WORD_LINE)


POLICY = _make_policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Everything a mail says outside its parts. `key` makes its Message-ID and boundary, so it must be unique."""

    key: str
    sender: str  # "Marsad <marsad@example.org>"
    recipient: str
    subject: str
    at: datetime
    language: str
    list_name: str
    unsubscribe: str = ""  # a mailto: URL (RFC 2369)
    thread: str = ""  # the key of the message that it replies to

    @property
    def domain(self) -> str:
        return encode_domain(parseaddr(self.sender)[1].rpartition("@")[2]) or "localhost"

    @property
    def message_id(self) -> str:
        return f"<{self.key}@{self.domain}>"


def compose_message(envelope: Envelope, text: str, html: str | None) -> bytes:
    """The message: text in base64 where it must be, HTML quoted-printable; every byte is ASCII, no line is long."""
    message = EmailMessage(policy=POLICY)
    message["From"] = write_address(envelope.sender)
    message["To"] = write_address(envelope.recipient)
    message["Subject"] = clean_text(" ".join(envelope.subject.split()))
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = envelope.message_id
    if envelope.thread:
        message["In-Reply-To"] = message["References"] = f"<{envelope.thread}@{envelope.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<{envelope.list_name}.marsad.{envelope.domain}>"
    if envelope.unsubscribe:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
    message["MIME-Version"] = "1.0"
    message["Content-Language"] = envelope.language
    headers = b"".join(POLICY.fold_binary(name, value) for name, value in message.items())
    plain = _write_part("plain", text)
    if html is None:
        return headers + plain
    boundary = f"=_marsad_{envelope.key}".encode("ascii")
    kind = b'Content-Type: multipart/alternative;\r\n boundary="%b"\r\n\r\n' % boundary
    parts = (b"--%b\r\n%b\r\n" % (boundary, part) for part in (plain, _write_part("html", html)))
    return b"".join([headers, kind, *parts, b"--%b--\r\n" % boundary])


def _write_part(subtype: str, text: str) -> bytes:
    """With its headers. A mail takes the library four times as long: it encodes quoted-printable letter by letter."""
    lines = text.encode().splitlines() or [b""]
    if subtype == "plain" and not text.isascii():
        encoding, body = "base64", encodebytes(b"\r\n".join([*lines, b""]))
    else:  # line by line, as binascii makes a line too long that ends with a blank
        encoding, body = "quoted-printable", b"\n".join([*(b2a_qp(line, istext=True) for line in lines), b""])
    kind = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return kind.encode("ascii") + body.replace(b"\n", b"\r\n")


def write_address(text: str) -> Address | str:
    """An address for From: or To:, with its domain as A-labels (RFC 5891)."""
    name, address = parseaddr(text)
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        return UNWRITABLE
    return Address(display_name=name, username=local, domain=encode_domain(domain))


def encode_domain(domain: str) -> str:
    """A domain name in ASCII; "" when it has no such form."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
