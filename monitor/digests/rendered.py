"""A digest as its templates wrote it, and the forms that channels give it: a mail, or a JSON document. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from monitor.digests.clean import clean_text
from monitor.digests.envelope import Envelope, compose_message
from monitor.model.form import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What one message says, before it has a form. `html` is None where the channel shows plain text."""

    envelope: Envelope
    digest: str
    text: str
    html: str | None

    @property
    def subject(self) -> str:
        return clean_text(" ".join(self.envelope.subject.split()))


def compose_mail(rendered: Rendered) -> bytes:
    """A message as RFC 5322 has it."""
    return compose_message(rendered.envelope, rendered.text, rendered.html)


def compose_document(rendered: Rendered) -> bytes:
    """A JSON object in UTF-8, with the keys that docs/channels.md lists."""
    envelope = rendered.envelope
    document = {
        "id": envelope.key,
        "message_id": envelope.message_id,
        "digest": rendered.digest,
        "recipient": envelope.recipient,
        "subject": rendered.subject,
        "language": envelope.language,
        "at": envelope.at.isoformat(),
        "text": rendered.text,
        "html": rendered.html,
    }
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


# What a channel has as its `form`.
MAIL = Form(compose=compose_mail)
DOCUMENT = Form(compose=compose_document)
CHAT = Form(compose=compose_document, template="chat")
