"""A message as a mail program shows it."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What is read of a message; a part that it lacks is empty."""

    to: str
    date: str
    subject: str
    text: str
    html: str


def read_mail(content: bytes) -> Mail:
    """`content` is a message of ours as it is sent: RFC 5322, or the JSON of a channel that is not mail."""
    if content.startswith(b"{"):
        said = json.loads(content)
        return Mail(
            to=said["recipient"], date=said["at"], subject=said["subject"], text=said["text"], html=said["html"] or ""
        )
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Mail(
        to=message["To"],
        date=message["Date"],
        subject=message["Subject"],
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
