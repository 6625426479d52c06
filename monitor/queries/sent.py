"""digest list and digest show: the mails that were sent, or are to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import UsageError
from monitor.model import DigestId, DigestName, OutboxEntry
from monitor.ports.sent import SentStore
from monitor.queries.mail import read_mail


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail of a digest; `built_at` is when it was built."""

    id: DigestId
    digest: DigestName
    recipient: str
    built_at: datetime
    state: str
    subject: str


async def list_mails(
    sent: SentStore, digest: DigestName | None, since: datetime | None, limit: int
) -> Sequence[SentMail]:
    """The newest mails of a digest, or of all digests, newest first."""
    return [_view(entry) for entry in await sent.list_messages(digest, since, limit)]


async def find_mail(sent: SentStore, start: str) -> OutboxEntry:
    """The one mail whose id begins so. Raises UsageError for none, and for several."""
    found = await sent.find_messages(start, 2)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{start!r} is the beginning of several ids; give more characters")
    raise UsageError(f"no mail has the id {start!r}; `marsad digest list` shows the ids")


def _view(entry: OutboxEntry) -> SentMail:
    return SentMail(
        id=entry.message.id,
        digest=entry.digest,
        recipient=entry.message.recipient,
        built_at=entry.created_at,
        state=entry.state.value,
        subject=read_mail(entry.message.content).subject,
    )
