"""feedback over a real store and a real Maildir: each mail has its effect once, and what it may not do is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from digest_ports import make_digest_ports

from monitor.channels.mailbox import FeedbackMaildir
from monitor.digests.feedback import sign
from monitor.errors import MailboxUnreadable
from monitor.model import FaultKind
from monitor.model.feedback import Judgement, MailRefusal, Wish
from monitor.model.silence import SilenceKind
from monitor.pipeline.feedback import MUTED_FOR, FeedbackOutcome, FeedbackPorts, read_feedback
from monitor.pipeline.isolate import Isolation
from monitor.store.open import Store

SAMI, DESK = "Sami@example.org", "desk@example.org"


class Box:
    """The stage with its mailbox and its store."""

    def __init__(self, store: Store, folder: Path, clock: Any) -> None:
        for part in ("new", "cur"):
            (folder / part).mkdir(parents=True)
        self.store, self.folder, self.clock, self.told = store, folder, clock, list[tuple[str, Sequence[str]]]()
        self.ports = FeedbackPorts(
            box=FeedbackMaildir(folder),
            feedback=store.feedback,
            bounces=store.bounces,
            silences=store.silences,
            stories=store.stories,
            pauses=store.recipients,
            recipients=[SAMI, DESK],
            secret=store.secret,
            tell=self._tell,
        )

    async def _tell(self, what: str, lines: Sequence[str]) -> None:
        self.told.append((what, lines))

    def deliver(self, wish: Wish, story: str = "", *, sender: str = "sami@example.org", by: str = SAMI) -> None:
        number = len(list(self.folder.rglob("*.M*")))
        token = sign(self.store.secret, wish, by, story)
        (self.folder / "new" / f"{number:03}.M1.host").write_text(
            f"From: {sender}\nSubject: Marsad {token}\n\n", encoding="utf-8"
        )

    def look(self, ports: FeedbackPorts | None = None) -> Sequence[FeedbackOutcome]:
        async def step() -> Sequence[FeedbackOutcome]:
            faults = await self.store.faults.list_faults()
            isolation = Isolation(FaultKind.FEEDBACK, self.store.faults, self.clock, faults, waits=False)
            return await read_feedback(ports or self.ports, isolation, self.clock.now())

        return asyncio.run(step())

    def list_labels(self) -> list[tuple[str, str, bool]]:
        labels = asyncio.run(
            self.store.feedback.list_labels(datetime.min.replace(year=1980, tzinfo=self.clock.at.tzinfo))
        )
        return [(one.author, one.judgement.value, one.by_mail) for one in labels]

    def list_faults(self) -> list[str]:
        return [fault.subject for fault in asyncio.run(self.store.faults.list_faults())]


@pytest.fixture
def box(store: Store, tmp_path: Path, clock: Any) -> Box:
    return Box(store, tmp_path / "answers", clock)


@pytest.fixture
def story(store: Store, tell: Callable[..., None], clock: Any) -> str:
    """The id of a stored story."""
    tell("خبر")

    async def unused(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(make_digest_ports(store, unused).grouping.advance(None, clock.now()))
    [found] = asyncio.run(store.stories.list_stories(clock.now() - timedelta(days=9), 9))
    return found.id


def test_a_label_is_kept_and_a_later_one_replaces_it(box: Box, story: str, clock: Any) -> None:
    box.deliver(Wish.GOOD, story)
    [outcome] = box.look()
    assert (outcome.wish, outcome.recipient, outcome.story) == (Wish.GOOD, "sami@example.org", story)
    assert box.list_labels() == [(SAMI, Judgement.GOOD, True)]
    assert [path.name for path in (box.folder / "cur").iterdir()] == ["000.M1.host:2,S"]
    box.deliver(Wish.BAD, story)
    box.deliver(Wish.GOOD, story, sender=DESK, by=DESK)
    box.look()
    assert sorted(box.list_labels()) == [(SAMI, "bad", True), (DESK, "good", True)]
    assert box.look() == []
    state = asyncio.run(box.store.feedback.read_state())
    assert (state.read_at, state.labels, state.refused) == (clock.at, 2, ())


def test_not_this_story_again_is_a_silence_for_that_recipient(box: Box, story: str, clock: Any) -> None:
    for _ in range(2):
        box.deliver(Wish.MUTE, story)
        box.look()
    [silence] = asyncio.run(box.store.silences.list_silences())
    assert (silence.kind, silence.subject, silence.recipient) == (SilenceKind.STORY, story, SAMI)
    assert (silence.until, silence.author, silence.title) == (clock.at + MUTED_FOR, SAMI, "بوتين خبر")


def test_who_unsubscribes_is_paused_and_the_operator_hears_of_it(box: Box, clock: Any) -> None:
    box.deliver(Wish.UNSUBSCRIBE)
    box.look()
    [state] = asyncio.run(box.store.recipients.list_recipients())
    assert (state.address, state.paused_at, state.paused_until) == (SAMI, clock.at, None)
    [(what, lines)] = box.told
    assert what == "a recipient has unsubscribed"
    assert f"`marsad recipients resume {SAMI}` ends the pause" in lines


def test_one_address_in_two_spellings_is_paused_in_both(box: Box) -> None:
    """As two digests may have it; a mail program writes the domain in ASCII."""
    ports = replace(box.ports, recipients=["a@пример.рф", "A@xn--e1afmkfd.xn--p1ai", DESK])
    box.deliver(Wish.UNSUBSCRIBE, sender="a@XN--e1afmkfd.xn--p1ai", by="a@пример.рф")
    box.look(ports)
    states = asyncio.run(box.store.recipients.list_recipients())
    assert [state.address for state in states] == ["A@xn--e1afmkfd.xn--p1ai", "a@пример.рф"]


def test_what_may_not_be_is_counted_with_its_reason(box: Box, story: str) -> None:
    box.deliver(Wish.BAD, story, sender=DESK)
    box.deliver(Wish.BAD, story, sender="gone@example.org", by="gone@example.org")
    box.deliver(Wish.BAD, "0123456789abcdef")
    box.deliver(Wish.MUTE)
    (box.folder / "new" / "9").write_bytes(b"From: x\n\n")
    refusals = [outcome.refusal for outcome in box.look()]
    gone = MailRefusal.GONE
    assert refusals == [MailRefusal.FORGED, MailRefusal.STRANGER, gone, gone, MailRefusal.UNSIGNED]
    assert list((box.folder / "new").iterdir()) == []
    assert box.list_labels() == []
    assert dict(asyncio.run(box.store.feedback.read_state()).refused) == {
        "token not valid for this sender": 1,
        "sender is not a recipient": 1,
        "story is not in the store": 2,
        "no token in the subject": 1,
    }


class Unsettled(FeedbackMaildir):
    """A mailbox whose process ends before a mail is settled."""

    async def settle(self, name: str) -> None:
        raise MailboxUnreadable(name)


def test_an_effect_that_is_repeated_changes_nothing(box: Box, story: str) -> None:
    for wish in (Wish.GOOD, Wish.MUTE, Wish.UNSUBSCRIBE):
        box.deliver(wish, story if wish is not Wish.UNSUBSCRIBE else "")
    assert box.look(replace(box.ports, box=Unsettled(box.folder))) == []
    assert len(list((box.folder / "new").iterdir())) == 3
    assert len(box.list_faults()) == 3
    assert len(box.look()) == 3
    assert box.list_labels() == [(SAMI, "good", True)]
    assert len(asyncio.run(box.store.silences.list_silences())) == 1
    assert box.told[0] == box.told[1]  # which is queued once a day
    assert box.list_faults() == []


def test_an_unreadable_mailbox_is_a_fault_until_it_is_readable(box: Box) -> None:
    (box.folder / "new").rename(box.folder / "away")
    assert box.look() == []
    assert box.list_faults() == ["mailbox"]
    (box.folder / "away").rename(box.folder / "new")
    box.look()
    assert box.list_faults() == []


class Spoilt(FeedbackMaildir):
    """A mailbox with a mail at which the disk fails."""

    async def read(self, name: str) -> Any:
        if name.startswith("000"):
            raise MailboxUnreadable("Input/output error")
        return await super().read(name)


def test_a_mail_that_fails_stops_no_other(box: Box, story: str) -> None:
    box.deliver(Wish.BAD, story)
    box.deliver(Wish.GOOD, story, sender=DESK, by=DESK)
    box.look(replace(box.ports, box=Spoilt(box.folder)))
    assert box.list_labels() == [(DESK, "good", True)]
    assert box.list_faults() == ["mail 000.M1.host"]
