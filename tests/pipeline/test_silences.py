"""Silences: what they cover is set aside, counted once when they are over, and no match is lost or reported twice."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from digest_ports import AT_ONCE, make_digest_ports
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.digests.model import Daily, DigestPlan, QuietHours
from monitor.model import ChannelName, Digest, DigestName, Message, Part, Reason, Recipient, Severity
from monitor.model.silence import Silence, SilenceKind
from monitor.pipeline.digest import DigestOutcome, digest, preview
from monitor.pipeline.draft import Request
from monitor.ports import Retention
from monitor.store.open import Store, open_store

HOUR = timedelta(hours=1)
DESK, SAMI = Recipient(email="desk@example.org"), Recipient(email="sami@example.org")
NOW_PLAN = DigestPlan(name=DigestName("now"), recipients=(DESK,), schedule=AT_ONCE, channel=ChannelName("box"))
DAILY = replace(NOW_PLAN, name=DigestName("daily"), recipients=(DESK, SAMI), schedule=Daily(at=time(7)))
PLANS = ((NOW_PLAN, DESK), (DAILY, DESK), (DAILY, SAMI))


class Desk:
    """The stage over a store, with what it built by recipient."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock
        self.built: list[Digest] = []
        self.ports = make_digest_ports(store, self._render)
        pairs = [(plan.name, reader.email) for plan, reader in PLANS]
        asyncio.run(store.digests.subscribe(pairs, clock.now()))

    async def _render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        self.built.append(built)
        message = Message(
            id=built.id,
            message_id=f"<{built.id}@example.org>",
            channel=plan.channel,
            sender="marsad@example.org",
            recipient=built.recipient.email,
            content=b"",
        )
        return (Part(message=message, stories=len(built.stories)),)

    def silence(self, subject: str = "kremlin", hours: float = 2, **more: Any) -> Silence:
        now = self.clock.now()
        values: dict[str, Any] = {"kind": SilenceKind.RULE, "title": subject, "author": "ليلى", "comment": "شغب"}
        silence = Silence(subject=subject, begun_at=now, until=now + hours * HOUR, **{**values, **more})
        return asyncio.run(self.store.silences.add(silence))

    def end(self, silence: Silence) -> bool:
        return asyncio.run(self.store.silences.end(silence.id, "Ольга", self.clock.now()))

    def run(self, plan: DigestPlan, reader: Recipient = DESK, request: Request | None = None) -> DigestOutcome:
        async def step() -> DigestOutcome:
            known = await self.store.digests.list_subscriptions()
            one = next(one for one in known if (one.digest, one.recipient) == (plan.name, reader.email))
            return await digest(plan, one, self.ports, self.clock.now(), request=request)

        return asyncio.run(step())

    def list_told(self, reader: Recipient = DESK) -> list[str]:
        """The articles that digests reported."""
        mine = [built for built in self.built if built.recipient == reader]
        return [one.article.id for built in mine for story in built.stories for one in story.records]

    def list_counts(self, reader: Recipient = DESK) -> list[tuple[str, int]]:
        return [
            (one.silence.name, one.stories)
            for built in self.built
            if built.recipient == reader
            for one in built.silenced
        ]


@pytest.fixture
def desk(store: Store, clock: Any) -> Desk:
    return Desk(store, clock)


def count_suppressed(desk: Desk) -> list[tuple[str, str, int]]:
    found = asyncio.run(desk.store.archive.summarise(desk.clock.now())).suppressed
    return [(one.reason, one.subject, one.count) for one in found]


def test_what_is_silenced_is_set_aside_and_counted_in_the_next_digest_after_it(
    desk: Desk, clock: Any, tell: Callable[..., None]
) -> None:
    tell("before")
    desk.silence()
    tell("خبر")
    tell("other", "sudan")
    assert desk.run(NOW_PLAN).silenced == 2
    tell("новость")
    assert desk.run(NOW_PLAN).reason is Reason.SILENCE
    assert (desk.list_told(), desk.list_counts()) == (["other"], [])
    assert count_suppressed(desk) == [("silence", "rule kremlin", 3)]
    clock.at += 2 * HOUR
    assert desk.run(NOW_PLAN).reason is Reason.IMMEDIATE
    assert desk.list_counts() == [("rule kremlin", 3)]
    assert desk.built[-1].silenced[0].silence.comment == "شغب"
    assert desk.run(NOW_PLAN).reason is Reason.EMPTY
    assert desk.list_counts() == [("rule kremlin", 3)]


def test_a_digest_that_is_due_after_the_silence_counts_what_was_matched_in_it(
    desk: Desk, clock: Any, tell: Callable[..., None]
) -> None:
    tell("a")
    clock.at += HOUR
    desk.silence()
    tell("b", at=clock.at)
    clock.at += 5 * HOUR
    tell("c", at=clock.at)
    clock.at += 24 * HOUR
    first = desk.run(DAILY)
    assert (first.reason, first.silenced, desk.list_told()) == (Reason.SCHEDULED, 1, ["a", "c"])
    clock.at += 24 * HOUR
    assert desk.run(DAILY).reason is Reason.SCHEDULED  # for the count alone
    assert desk.list_counts() == [("rule kremlin", 1)]


def test_what_a_person_ended_covers_nothing_more(desk: Desk, clock: Any, tell: Callable[..., None]) -> None:
    silence = desk.silence()
    tell("a")
    desk.run(NOW_PLAN)
    tell("b")
    assert (desk.end(silence), desk.end(silence)) == (True, False)
    assert desk.run(NOW_PLAN).silenced == 0
    assert (desk.list_told(), desk.list_counts()) == (["b"], [("rule kremlin", 1)])
    [kept] = asyncio.run(desk.store.silences.list_silences())
    assert (kept.ended_by, kept.ended_at) == ("Ольга", clock.at)


def test_a_silence_for_one_recipient_holds_for_no_other(desk: Desk, clock: Any, tell: Callable[..., None]) -> None:
    desk.silence(hours=48, recipient=SAMI.email)
    tell("a")
    clock.at += 24 * HOUR
    assert (desk.run(DAILY).stories, desk.run(DAILY, SAMI).reason) == (1, Reason.SILENCE)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (SilenceKind.RULE, "krem*"),
        (SilenceKind.SOURCE, "sana"),
        (SilenceKind.STORY, "story"),
        (SilenceKind.ENTITY, "putin"),
    ],
)
def test_each_kind_covers_what_it_names(
    desk: Desk, tell_entity: Callable[..., None], tell: Callable[..., None], kind: SilenceKind, subject: str
) -> None:
    tell_entity("a")
    if kind is SilenceKind.STORY:
        asyncio.run(desk.ports.grouping.advance(None, desk.clock.now()))
        subject = asyncio.run(desk.store.stories.read_story("a")).id
    desk.silence(subject, kind=kind)
    desk.silence("nothing", kind=kind)
    tell("b", "sudan")
    assert desk.run(NOW_PLAN).silenced == (2 if kind is SilenceKind.SOURCE else 1)
    assert desk.list_told() == ([] if kind is SilenceKind.SOURCE else ["b"])


@pytest.mark.parametrize("kind", [SilenceKind.RULE, SilenceKind.STORY])
def test_a_preview_leaves_out_what_is_silenced_and_writes_nothing(
    desk: Desk, tell: Callable[..., None], kind: SilenceKind
) -> None:
    tell("a")
    tell("b", "sudan")
    if kind is SilenceKind.STORY:
        asyncio.run(desk.ports.grouping.advance(None, desk.clock.now()))
        desk.silence(asyncio.run(desk.store.stories.read_story("a")).id, kind=kind)
    else:
        desk.silence()

    async def step() -> None:
        known = await desk.store.digests.list_subscriptions()
        one = next(one for one in known if (one.digest, one.recipient) == (NOW_PLAN.name, DESK.email))
        await preview(NOW_PLAN, one, desk.ports, desk.clock.now())

    asyncio.run(step())
    assert desk.list_told() == ["b"]
    assert asyncio.run(desk.store.silences.list_held(DESK.email)) == []


def test_a_story_stays_silent_when_it_turns_out_to_be_another_one(desk: Desk, tell: Callable[..., None]) -> None:
    from monitor.model.story import Correction

    tell("a")
    tell("b")
    grouping, now = desk.ports.grouping, desk.clock.now()
    asyncio.run(grouping.advance(None, now))
    first, second = (asyncio.run(desk.store.stories.read_story(name)).id for name in "ab")
    desk.silence(second, kind=SilenceKind.STORY)
    asyncio.run(grouping.correct(Correction(story=first, other=second), now))
    assert desk.run(NOW_PLAN).silenced == 2


def test_quiet_hours_hold_the_count_too(desk: Desk, clock: Any, tell: Callable[..., None]) -> None:
    quiet = replace(NOW_PLAN, quiet_hours=QuietHours(start=time(13), end=time(15)))
    desk.silence(hours=1)
    tell("a")
    desk.run(quiet)
    clock.at += 1.5 * HOUR
    assert desk.run(quiet).reason is Reason.QUIET_HOURS
    assert desk.run(quiet, request=Request.BY_NAME).reason is Reason.REQUESTED
    assert desk.list_counts() == [("rule kremlin", 1)]


def test_two_counts_alone_are_two_digests(desk: Desk, clock: Any, tell: Callable[..., None]) -> None:
    for name in "ab":
        desk.silence(hours=1)
        tell(name, at=clock.at)
        desk.run(NOW_PLAN)
        clock.at += HOUR
        assert desk.run(NOW_PLAN).reason is Reason.IMMEDIATE
    assert [built.stories for built in desk.built] == [(), ()]
    assert desk.built[0].id != desk.built[1].id


def test_nothing_that_is_held_is_forgotten_before_it_is_counted(
    desk: Desk, clock: Any, tell: Callable[..., None]
) -> None:
    desk.silence()
    tell("a")
    desk.run(NOW_PLAN)
    tell("newest")  # which stays in any case
    desk.run(NOW_PLAN)
    clock.at += timedelta(days=500)
    keeping = Retention(matches=timedelta(days=400))
    asyncio.run(desk.store.digests.subscribe([(NOW_PLAN.name, DESK.email)], clock.at))
    asyncio.run(desk.store.archive.prune(keeping, clock.at))
    assert desk.run(NOW_PLAN).reason is Reason.IMMEDIATE
    assert desk.list_counts() == [("rule kremlin", 2)]
    clock.at += timedelta(days=500)
    assert asyncio.run(desk.store.archive.prune(keeping, clock.at))["silences"] == 1
    assert asyncio.run(desk.store.silences.list_silences()) == []


@dataclass
class StandingClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("template")
    open_store("sqlite", state=state).close()
    return state / "marsad.sqlite"


@pytest.fixture
def open_desk(template: Path, clock: Any) -> Iterator[Callable[[], Any]]:
    """A desk over a store of its own, as often as it is asked for."""
    folders: list[tuple[Store, TemporaryDirectory[str]]] = []

    def make() -> Desk:
        folder = TemporaryDirectory()
        shutil.copy(template, folder.name)
        folders.append((open_store("sqlite", state=Path(folder.name)), folder))
        return Desk(folders[-1][0], StandingClock(clock.now()))

    yield make
    for store, folder in folders:
        store.close()
        folder.cleanup()


SUBJECTS = st.sampled_from(
    [(SilenceKind.RULE, "kremlin"), (SilenceKind.RULE, "s*"), (SilenceKind.SOURCE, "sana"), (SilenceKind.ENTITY, "x")]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("match"), st.sampled_from(["kremlin", "sudan", "baku"])),
        st.tuples(st.just("silence"), SUBJECTS, st.integers(1, 40), st.sampled_from([None, DESK.email, SAMI.email])),
        st.tuples(st.just("end")),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("digest"), st.sampled_from(PLANS)),
    ),
    max_size=12,
)


def play(desk: Desk, tell_into: Callable[..., None], steps: list[tuple[Any, ...]]) -> list[str]:
    """The articles that were matched meanwhile, each of a story of its own."""
    matched: list[str] = []
    silences: list[Silence] = []
    for step in steps:
        match step:
            case "match", rule:
                matched.append("abcdefghijklmnop"[len(matched)])
                tell_into(desk.store, matched[-1], rule, Severity.NORMAL, desk.clock.at)
            case "silence", (kind, subject), hours, recipient:
                silences.append(desk.silence(subject, hours, kind=kind, recipient=recipient))
            case ("end",) if silences:
                desk.end(silences.pop())
            case "wait", hours:
                desk.clock.at += hours * HOUR
            case "digest", (plan, reader):
                desk.run(plan, reader)
    return matched


EVERYTHING = [("digest", pair) for pair in PLANS]


@given(steps=STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_match_is_lost_and_none_is_told_twice(
    open_desk: Callable[[], Desk], tell_into: Callable[..., None], steps: list[tuple[Any, ...]]
) -> None:
    desk = open_desk()
    matched = play(desk, tell_into, [*steps, ("wait", 100), *EVERYTHING, ("wait", 24), *EVERYTHING])
    for reader in (DESK, SAMI):
        told = desk.list_told(reader)
        assert len(told) == len(set(told))
        assert len(told) + sum(number for _, number in desk.list_counts(reader)) == len(matched)
        assert asyncio.run(desk.store.silences.list_held(reader.email)) == []
