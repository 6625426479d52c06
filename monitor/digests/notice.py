"""A short plain mail to the operator when Marsad itself needs help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from monitor.digests.envelope import Envelope, compose_message
from monitor.model import ChannelName, DigestId, Message, derive_id
from monitor.text.urls import mask_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`what` is half a sentence, `lines` are the particulars.

    `occasion` is what the mail is about, which is said once; without one, the same news is said once a day.
    """

    to: str
    channel: ChannelName
    what: str
    lines: tuple[str, ...]
    at: datetime
    occasion: str | None = None


def render_notice(notice: Notice, *, sender: str) -> Message:
    """The same news has the same id, so that it is queued once; tokens in URLs are hidden."""
    about = (notice.occasion,) if notice.occasion else (*notice.lines, f"{notice.at:%Y-%m-%d}")
    key = derive_id("notice", notice.to, notice.what, *about)
    envelope = Envelope(
        key=key,
        sender=sender,
        recipient=notice.to,
        subject=f"Marsad: {notice.what}",
        at=notice.at,
        language="en",
        list_name="operator",
    )
    text = "\n".join(
        (
            f"Marsad: {notice.what}.",
            "",
            *map(mask_text, notice.lines),
            "",
            "`marsad status` and the journal say more.",
            "",
        )
    )
    return Message(
        id=DigestId(key),
        message_id=envelope.message_id,
        channel=notice.channel,
        sender=parseaddr(sender)[1],
        recipient=notice.to,
        content=compose_message(envelope, text, None),
    )
