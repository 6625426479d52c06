"""What of the configuration a digest shows, and no more: it travels to the process that renders."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parseaddr
from urllib.parse import quote

from monitor.digests.envelope import encode_domain
from monitor.digests.feedback import link_stories, make_link
from monitor.digests.model import DETAILED, Sending
from monitor.model import ChannelName, Digest, EntityId
from monitor.model.feedback import Wish
from monitor.model.signal import SubjectKind
from monitor.rules.labels import find_label, is_former
from monitor.settings.model import Feedback, Settings


def describe_digest(settings: Settings, built: Digest, channel: ChannelName, sender: str) -> Sending:
    """Sources and names that occur in the digest, the names in its reader's language."""
    records = [record for story in built.stories for record in story.records]
    entities = {one.entity for record in records for one in record.match.evidence if one.entity is not None}
    entities |= {EntityId(one.subject.id) for one in built.signals if one.subject.kind is SubjectKind.ENTITY}
    labels = {entity: find_label(settings.watchlist, entity, built.recipient.language) for entity in entities}
    used = {record.article.source for record in records}
    operator = settings.operator.to if settings.operator and built.recipient.channel is None else ""
    return Sending(
        sender=sender,
        channel=channel,
        sources={source.id: source for source in settings.sources if source.id in used},
        labels={entity: label for entity, label in labels.items() if label is not None},
        formers=frozenset(entity for entity in entities if is_former(settings.watchlist, entity)),
        contact=operator or _find_sender(settings, built, sender),
        unsubscribe=_write_mailto(operator, built) if operator else "",
    )


def _find_sender(settings: Settings, built: Digest, sender: str) -> str:
    """The address to which replies go, for who has no other; "" for one of this machine alone.

    No List-Unsubscribe has it: mail programs promise that such a mail stops the digest, and perhaps nobody reads it.
    """
    if settings.feedback is not None or built.recipient.channel is not None:
        return ""
    address = parseaddr(sender)[1]
    return address if "." in address.rpartition("@")[2] else ""


def _write_mailto(contact: str, built: Digest) -> str:
    """In ASCII, as a header takes it; "" for an address that has no such form."""
    local, _, domain = contact.rpartition("@")
    subject = quote(f"stop digest {built.name} of {built.recipient.email}", safe="")
    return f"mailto:{quote(local)}@{encode_domain(domain)}?subject={subject}" if encode_domain(domain) else ""


def add_links(sending: Sending, feedback: Feedback | None, built: Digest, secret: str) -> Sending:
    """The secret does not travel: templates of others get no more than signed links."""
    if feedback is None or built.recipient.channel is not None:
        return sending
    reader = built.recipient.email
    stories = dict.fromkeys(story.id for story in built.stories[:DETAILED])
    return replace(
        sending,
        links=link_stories(secret, feedback.address, reader, stories),
        unsubscribe=make_link(secret, feedback.address, Wish.UNSUBSCRIBE, reader),
    )
