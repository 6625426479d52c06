"""feedback: mails of recipients -> labels, silences and pauses; bounces -> messages that came back.

Each mail is settled once its effect is committed.

List new mails | read | judge | commit the effect | settle. A crash before the last step repeats the effect, which
changes nothing then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from monitor.digests.bounces import Bounce, read_bounce
from monitor.digests.feedback import RecipientWish, fold_address, read_answer
from monitor.model import DigestId, Refusal
from monitor.model.feedback import Judgement, Label, Labelled, MailRefusal, Wish
from monitor.model.silence import Silence, SilenceKind
from monitor.pipeline.isolate import Failure, Isolation
from monitor.pipeline.source_alerts import Tell
from monitor.ports import RecipientStore
from monitor.ports.feedback import BounceStore, FeedbackBox, FeedbackStore
from monitor.ports.silences import SilenceStore
from monitor.ports.stories import StoryStore

MOST_MAILS = 200  # of one look; the next one reads on
MUTED_FOR = timedelta(days=30)  # longer than a story lives
MUTED = "not this story again"  # the comment of such a silence
MAILBOX = "mailbox"  # the subject of its fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPorts:
    """`recipients` are the addresses of the digests; `tell` mails the operator."""

    box: FeedbackBox
    feedback: FeedbackStore
    bounces: BounceStore
    silences: SilenceStore
    stories: StoryStore
    pauses: RecipientStore
    recipients: Sequence[str]
    secret: str
    tell: Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackOutcome:
    """What one mail brought: the wish of a recipient, a bounce, or why it was refused."""

    mail: str
    wish: Wish | None = None
    recipient: str = ""
    story: str = ""
    refusal: MailRefusal | None = None
    bounced: DigestId | None = None  # the message that came back


async def read_feedback(ports: FeedbackPorts, isolation: Isolation, now: datetime) -> Sequence[FeedbackOutcome]:
    """Every new mail by itself: one that fails stops no other, and is tried again at the next look."""
    names = await isolation.run(MAILBOX, partial(ports.box.list_new, MOST_MAILS))
    if isinstance(names, Failure):
        return []
    outcomes: list[FeedbackOutcome] = []
    for name in names:
        done = await isolation.run(_name_mail(name), partial(_take, name, ports, now))
        if not isinstance(done, Failure):
            await isolation.clear(_name_mail(name))
            outcomes += done
    await isolation.clear(MAILBOX)
    await isolation.clear_others({MAILBOX, *map(_name_mail, names)})
    await ports.feedback.note_reading([], now)
    return outcomes


def _name_mail(name: str) -> str:
    return f"mail {name}"


async def _take(name: str, ports: FeedbackPorts, now: datetime) -> list[FeedbackOutcome]:
    """One outcome; none of a mail that somebody else has taken away."""
    content = await ports.box.read(name)
    if content is None:
        return []
    answer = content if isinstance(content, MailRefusal) else _read_mail(content, ports.secret)
    if isinstance(answer, Bounce):
        outcome = await _note_bounce(name, answer, ports, now)
    elif isinstance(answer, RecipientWish):
        outcome = await _grant(name, answer, ports, now)
    else:
        outcome = FeedbackOutcome(mail=name, refusal=answer)
    if outcome.refusal is not None:
        await ports.feedback.note_reading([outcome.refusal], now)
    await ports.box.settle(name)
    return [outcome]


def _read_mail(content: bytes, secret: str) -> Bounce | RecipientWish | MailRefusal:
    return read_bounce(content, secret) or read_answer(content, secret)


async def _note_bounce(name: str, bounce: Bounce, ports: FeedbackPorts, now: datetime) -> FeedbackOutcome:
    refusal = Refusal.ADDRESS if bounce.is_about_address else Refusal.OTHER
    recipient = await ports.bounces.bounce(bounce.message, bounce.reply, refusal, now)
    if recipient is None:
        return FeedbackOutcome(mail=name, refusal=MailRefusal.BOUNCE)
    return FeedbackOutcome(mail=name, recipient=recipient, bounced=bounce.message)


async def _grant(name: str, answer: RecipientWish, ports: FeedbackPorts, now: datetime) -> FeedbackOutcome:
    """For every spelling of the sender's address in the digests."""
    known = [one for one in ports.recipients if fold_address(one) == fold_address(answer.sender)]
    refusal = None if known else MailRefusal.STRANGER
    for recipient in known:
        refusal = await _EFFECTS[answer.wish](answer, recipient, ports, now)
    return FeedbackOutcome(
        mail=name, wish=answer.wish, recipient=answer.sender, story=answer.story or "", refusal=refusal
    )


async def _label(answer: RecipientWish, recipient: str, ports: FeedbackPorts, now: datetime) -> MailRefusal | None:
    story = await ports.stories.read_story(answer.story) if answer.story else None
    if story is None:
        return MailRefusal.GONE
    judgement = Judgement(answer.wish)
    await ports.feedback.label(
        Label(kind=Labelled.STORY, subject=story.id, judgement=judgement, author=recipient, at=now, by_mail=True)
    )
    return None


async def _mute(answer: RecipientWish, recipient: str, ports: FeedbackPorts, now: datetime) -> MailRefusal | None:
    story = await ports.stories.read_story(answer.story) if answer.story else None
    if story is None:
        return MailRefusal.GONE
    await ports.silences.add(
        Silence(
            kind=SilenceKind.STORY,
            subject=story.id,
            title=story.headline,
            recipient=recipient,
            begun_at=now,
            until=now + MUTED_FOR,
            author=recipient,
            comment=MUTED,
        )
    )
    return None


async def _unsubscribe(_: RecipientWish, recipient: str, ports: FeedbackPorts, now: datetime) -> MailRefusal | None:
    """The mail to the operator comes first: a crash between the two repeats it, and it is queued once a day."""
    await ports.tell(
        "a recipient has unsubscribed",
        [
            f"{recipient} asked for no more digests and is paused; its matches are kept",
            f"`marsad recipients resume {recipient}` ends the pause",
            "to stop its digests for good, remove the address from digests.yaml",
        ],
    )
    await ports.pauses.pause(recipient, now, None)
    return None


Effect = Callable[[RecipientWish, str, FeedbackPorts, datetime], Awaitable[MailRefusal | None]]
_EFFECTS: Mapping[Wish, Effect] = {
    Wish.GOOD: _label,
    Wish.BAD: _label,
    Wish.MUTE: _mute,
    Wish.UNSUBSCRIBE: _unsubscribe,
}
