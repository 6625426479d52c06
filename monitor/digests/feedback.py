"""Signed links to the feedback mailbox, and what a mail that one of them made asks for: pure.

A token is bound to its recipient: HMAC-SHA-256 (RFC 2104) over wish, recipient and story with a secret of the store,
cut to 128 bits. It stands in the subject, which mail programs leave as it is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as RawMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from urllib.parse import quote

from monitor.digests.envelope import encode_domain
from monitor.digests.model import FeedbackLinks
from monitor.model.feedback import MailRefusal, Wish
from monitor.model.story import StoryId

TOKEN_LETTERS = 32
_TOKEN = re.compile(rf"(?<![\w.])({'|'.join(Wish)})\.([0-9a-f]*)\.([0-9a-f]{{{TOKEN_LETTERS}}})(?![\w.])")
LONGEST_SUBJECT = 1000  # characters in which a token is looked for
# Headers with which programs mark what no person wrote; Auto-Submitted is RFC 3834's.
_AUTOMATIC = ("x-autoreply", "x-autorespond", "x-auto-reply")
_AUTOMATIC_PRECEDENCE = {"bulk", "junk", "list", "auto_reply", "auto-reply"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientWish:
    """What a recipient asks for, and of which story, if of one. `sender` is as their mail program writes it."""

    wish: Wish
    sender: str
    story: StoryId | None = None


def fold_address(address: str) -> str:
    """What two spellings of one address have in common: letter case, and the ASCII form of its domain."""
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{(encode_domain(domain.casefold()) or domain).lower()}"


def sign(secret: str, wish: Wish, recipient: str, story: str = "") -> str:
    """The token with which this recipient, and nobody else, asks for this."""
    said = f"feedback\0{wish}\0{fold_address(recipient)}\0{story}".encode("utf-8", "surrogatepass")
    return f"{wish}.{story}.{hmac.digest(secret.encode(), said, 'sha256').hex()[:TOKEN_LETTERS]}"


def make_link(secret: str, address: str, wish: Wish, recipient: str, *, story: str = "") -> str:
    """A mailto: URL (RFC 6068) whose mail asks for this."""
    local, _, domain = address.rpartition("@")
    to = f"{quote(local, safe='+')}@{encode_domain(domain)}"
    return f"mailto:{to}?subject={quote(f'Marsad {sign(secret, wish, recipient, story)}')}"


def link_stories(secret: str, address: str, recipient: str, stories: Iterable[StoryId]) -> dict[StoryId, FeedbackLinks]:
    """By story; one whose id cannot stand in a token has none."""
    return {
        story: FeedbackLinks(
            good=make_link(secret, address, Wish.GOOD, recipient, story=story),
            bad=make_link(secret, address, Wish.BAD, recipient, story=story),
            mute=make_link(secret, address, Wish.MUTE, recipient, story=story),
        )
        for story in stories
        if re.fullmatch("[0-9a-f]+", story)
    }


def read_answer(content: bytes, secret: str) -> RecipientWish | MailRefusal:
    """The wish that the headers of a mail express, or why they express none. Raises nothing, whatever the bytes are."""
    mail = BytesHeaderParser().parsebytes(content)
    if (refusal := _find_automatic(mail)) is not None:
        return refusal
    found = _TOKEN.search(_read_subject(mail))
    if found is None:
        return MailRefusal.UNSIGNED
    sender = _read_sender(mail)
    if sender is None:
        return MailRefusal.NO_SENDER
    wish, story = Wish(found[1]), found[2]
    if not hmac.compare_digest(found[0], sign(secret, wish, sender, story)):
        return MailRefusal.FORGED
    return RecipientWish(wish=wish, sender=sender, story=StoryId(story) if story else None)


def _find_automatic(mail: RawMessage) -> MailRefusal | None:
    """Whether a program wrote it: a bounce (RFC 3464, null Return-Path), or an automatic reply."""
    if mail.get_content_type() == "multipart/report" or _read(mail, "return-path") == "<>":
        return MailRefusal.BOUNCE
    submitted = _read(mail, "auto-submitted").partition(";")[0].strip()
    is_marked = any(name in mail for name in _AUTOMATIC)
    if submitted not in {"", "no"} or is_marked or _read(mail, "precedence") in _AUTOMATIC_PRECEDENCE:
        return MailRefusal.AUTOMATIC
    return None


def _read(mail: RawMessage, name: str) -> str:
    return str(mail.get(name, "")).strip().lower()


def _read_subject(mail: RawMessage) -> str:
    """Decoded, where it is one that can be."""
    raw = " ".join(str(mail.get("subject", ""))[:LONGEST_SUBJECT].split())
    try:
        return str(make_header(decode_header(raw)))
    except (MessageError, LookupError, ValueError):
        return raw


def _read_sender(mail: RawMessage) -> str | None:
    """The only address of the only From:."""
    written = [str(value) for value in mail.get_all("from", [])]
    addresses = [address for _, address in getaddresses(written)] if len(written) == 1 else []
    return addresses[0] if len(addresses) == 1 and "@" in addresses[0] else None
