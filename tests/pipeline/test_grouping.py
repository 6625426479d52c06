"""Matched articles become stored stories, whoever groups them, in how many steps, and whenever it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from digest_ports import AT_ONCE, make_digest_ports

from monitor.digests.model import DigestPlan, Threads
from monitor.errors import StoreUnavailable
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestName,
    EntityId,
    Evidence,
    Match,
    MatchSeq,
    Message,
    OutboxState,
    Part,
    PollState,
    Recipient,
    RuleId,
    Severity,
    Source,
    SourceId,
    Tier,
    Zone,
)
from monitor.model.story import Correction, Kind, Membership, Standing
from monitor.pipeline.digest import digest
from monitor.pipeline.grouping import Grouping
from monitor.ports import PollRecord
from monitor.ports.stories import GroupRecord, GroupState
from monitor.sources.folder import FolderKind
from monitor.store.open import Store, open_store

pytestmark = pytest.mark.no_cover

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE_STORIES = Path(__file__).parent.parent / "store" / "before_stories.sql"
ENTITIES = {
    **dict.fromkeys(("Putin", "Путин", "بوتين", "Poutine"), "putin"),
    **dict.fromkeys(("Aliyev", "Алиев", "علييف", "Əliyev"), "aliyev"),
    **dict.fromkeys(("Karabakh", "Карабах", "قره باغ", "Qarabağ"), "karabakh"),
    **dict.fromkeys(("Khartoum", "Хартум", "الخرطوم"), "khartoum"),
}
# outlet, language, headline, body
CALL_EN = (
    *("Reuters", "en", "Putin and Aliyev discuss Karabakh by phone"),
    (
        "Russian President Vladimir Putin and Azerbaijani leader Ilham Aliyev spoke by phone on Tuesday about the 1,960 "
        "peacekeepers in Karabakh and the return of prisoners, the Kremlin said in a statement."
    ),
)
CALL_AR = (
    *("TASS", "ar", "بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ"),
    (
        "بحث الرئيس الروسي فلاديمير بوتين ونظيره الأذربيجاني إلهام علييف هاتفياً وضع 1960 من قوات حفظ السلام في قره باغ وعودة "
        "الأسرى، حسبما أعلن الكرملين."
    ),
)
CALL_RU = (
    *("Interfax", "ru", "Путин и Алиев обсудили по телефону Карабах"),
    (
        "Президент России Владимир Путин и президент Азербайджана Ильхам Алиев обсудили по телефону 1960 миротворцев в "
        "Карабахе и возвращение пленных, сообщил Кремль."
    ),
)
CALL_COPY = ("Daily Courier", "en", "Putin, Aliyev talk of Karabakh on phone", CALL_EN[3])
TRUCE_EN = (
    *("Reuters", "en", "Truce holds in Khartoum for a second day"),
    (
        "Residents of the Sudanese capital Khartoum left their homes to buy bread as a 72-hour ceasefire between the army "
        "and the Rapid Support Forces held, aid workers said."
    ),
)
TRUCE_AR = (
    *("SUNA", "ar", "الهدنة صامدة في الخرطوم لليوم الثاني"),
    "خرج سكان العاصمة السودانية الخرطوم لشراء الخبز مع صمود وقف إطلاق النار لمدة 72 ساعة بين الجيش وقوات الدعم السريع.",
)
HARVEST = ("Courier", "en", "Wheat harvest in Saskatchewan disappoints", "Farmers near Regina counted hail damage.")
LATER = [
    ("AFP", "fr", "Poutine et Aliyev parlent du Karabakh au téléphone", ("Les présidents russe et azerbaïdjanais, Poutine et "
     "Aliyev, ont évoqué le Karabakh mardi.")),
    ("Turan", "az", "Putin və Əliyev telefonda Qarabağı müzakirə edib", ("Rusiya və Azərbaycan prezidentləri Putin və Əliyev "
     "Qarabağda 1960 sülhməramlını müzakirə edib.")),
    ("Globe", "en", "Kremlin: Putin and Aliyev spoke about Karabakh", ("The two presidents talked on the phone on Tuesday; "
     "Karabakh was the subject, and 1,960 Russian peacekeepers there.")),
]  # fmt: skip
NEWS = [CALL_EN, TRUCE_EN, CALL_AR, HARVEST, CALL_COPY, TRUCE_AR, CALL_RU]
CALL, TRUCE = {"a0", "a2", "a4", "a6"}, {"a1", "a5"}
Text = tuple[str, str, str, str]


def make_article(number: int, text: Text, at: datetime = NOON) -> Article:
    outlet, language, headline, body = text
    return Article(
        id=ArticleId(f"a{number}"),
        source=SourceId(outlet),
        keys=(f"k{number}",),
        headline=headline,
        body=body,
        language=language,
        outlet=outlet,
        published_at=at,
        first_seen_at=at,
        url=f"https://example.org/{number}",
    )


def make_match(article: Article, rule: str = "watch", severity: Severity = Severity.NORMAL) -> Match:
    found = [
        Evidence(
            entity=EntityId(entity),
            term=name,
            field=Zone.HEADLINE,
            start=article.headline.index(name),
            end=article.headline.index(name) + len(name),
            text=name,
            tier=Tier.EXACT,
            score=100,
        )
        for name, entity in ENTITIES.items()
        if name in article.headline
    ]
    return Match(rule=RuleId(rule), title=rule, severity=severity, article=article.id, score=100, evidence=tuple(found))


async def commit(store: Store, articles: Sequence[Article], rule: str = "watch", **fields: Any) -> None:
    state = PollState(source=SourceId("wire"), next_poll_at=NOON)
    matches = tuple(make_match(article, rule, **fields) for article in articles)
    await store.polls.commit_poll(PollRecord(state=state, polled_at=NOON, articles=tuple(articles), matches=matches))


async def find_stories(store: Store, count: int) -> list[set[str]]:
    """Articles by story."""
    places = await store.stories.find_places([ArticleId(f"a{number}") for number in range(count)])
    by_story: dict[str, set[str]] = {}
    for one in places.members.values():
        by_story.setdefault(one.story, set()).add(one.article)
    return sorted(by_story.values(), key=min)


async def find_members(store: Store, count: int) -> dict[ArticleId, Membership]:
    return dict((await store.stories.find_places([ArticleId(f"a{number}") for number in range(count)])).members)


def begin(store: Store, **sources: str) -> Grouping:
    """A process that groups."""
    known = {
        SourceId(name): Source(id=SourceId(name), url="https://example.org", owner=owner)
        for name, owner in sources.items()
    }
    return Grouping(store.groups, store.stories, known)


def test_the_articles_of_one_event_are_one_story_in_every_language(store: Store) -> None:
    async def scenario() -> None:
        await commit(store, [make_article(number, text) for number, text in enumerate(NEWS)])
        assert await begin(store).advance(MatchSeq(7), NOON) == len(NEWS)
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]
        members = await find_members(store, 7)
        copy = members[ArticleId("a4")]
        assert (copy.kind, copy.voice, copy.speaker, copy.owner) == (Kind.COPY, "a0", "Reuters", "Daily Courier")
        assert [members[ArticleId(f"a{number}")].language for number in (0, 2, 6)] == ["en", "ar", "ru"]
        story = await store.stories.read_story(copy.story)
        assert story is not None
        assert [len(member.because) > 0 for member in story.members] == [True] * 4
        assert await begin(store).advance(MatchSeq(7), NOON) == 0

    asyncio.run(scenario())


def test_saved_articles_of_one_folder_are_of_the_outlets_that_their_links_name(store: Store) -> None:
    async def scenario() -> None:
        links = ["https://www.suna-sd.net/ar/1", "https://[broken", None]
        articles = [
            replace(make_article(number, CALL_EN), url=link, outlet=None, source=SourceId("saved"))
            for number, link in enumerate(links)
        ]
        await commit(store, articles)
        saved = Source(id=SourceId("saved"), traits=FolderKind.traits, path=Path("seeds"))
        await Grouping(store.groups, store.stories, {saved.id: saved}).advance(MatchSeq(3), NOON)
        members = await find_members(store, 3)
        assert [members[ArticleId(f"a{number}")].owner for number in range(3)] == ["suna-sd.net", "saved", "saved"]

    asyncio.run(scenario())


def test_the_owner_is_the_sources_else_the_outlet(store: Store) -> None:
    async def scenario() -> None:
        await commit(store, [make_article(0, CALL_EN), make_article(1, TRUCE_AR)])
        await begin(store, Reuters="Thomson").advance(MatchSeq(2), NOON)
        members = await find_members(store, 2)
        assert [members[ArticleId(name)].owner for name in ("a0", "a1")] == ["Thomson", "SUNA"]

    asyncio.run(scenario())


@pytest.mark.parametrize("kept", [1, 3, 100], ids=lambda kept: f"kept after {kept}")
@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_process_goes_on_where_the_last_one_was_killed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int, step: int
) -> None:
    """Each page is grouped by a new process; the stories are those of one that was never killed."""
    monkeypatch.setattr("monitor.pipeline.grouping.KEEP_AFTER", kept)
    articles = [make_article(number, text, NOON + number * HOUR) for number, text in enumerate([*NEWS, *NEWS[:3]])]
    (tmp_path / "whole").mkdir()
    whole = open_store("sqlite", state=tmp_path / "whole")

    async def scenario() -> None:
        await commit(whole, articles)
        await begin(whole).advance(MatchSeq(10), NOON)
        for start in range(0, len(articles), step):
            await commit(store, articles[start : start + step])
            await begin(store).advance(MatchSeq(min(start + step, 10)), NOON)
        assert await find_members(store, 10) == await find_members(whole, 10)

    asyncio.run(scenario())
    whole.close()


class Dying:
    """ports.GroupStore that is killed before or after it commits."""

    def __init__(self, store: Store, *, commits: bool) -> None:
        self.groups, self.commits = store.groups, commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self.groups, name)

    async def commit_group(self, record: GroupRecord) -> GroupState | None:
        if self.commits:
            await self.groups.commit_group(record)
        raise StoreUnavailable("the link was lost")


@pytest.mark.parametrize("commits", [False, True], ids=["before the commit", "after the commit"])
def test_what_fails_at_the_commit_is_grouped_once(store: Store, commits: bool) -> None:  # noqa: FBT001
    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        await commit(store, articles[:4])
        grouping = begin(store)
        await grouping.advance(MatchSeq(4), NOON)
        await commit(store, articles[4:])
        grouping._groups = Dying(store, commits=commits)
        with pytest.raises(StoreUnavailable):
            await grouping.advance(MatchSeq(7), NOON)
        grouping._groups = store.groups
        assert await grouping.advance(MatchSeq(7), NOON) == (0 if commits else 3)
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]

    asyncio.run(scenario())


def test_two_processes_on_one_store_take_turns(store: Store) -> None:
    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        both = [begin(store), begin(store)]
        for number, article in enumerate(articles, 1):
            await commit(store, [article])
            await both[number % 2].advance(MatchSeq(number), NOON)
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]
        assert (await asyncio.gather(*(one.advance(MatchSeq(7), NOON) for one in both))) == [0, 0]

    asyncio.run(scenario())


def test_pages_end_between_articles(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article with three rules whose matches fill the page is read whole, with the names of all of them."""
    monkeypatch.setattr("monitor.pipeline.grouping.PAGE", 4)

    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        matches = tuple(make_match(article, rule) for article in articles for rule in ("r", "s", "t"))
        state = PollState(source=SourceId("wire"), next_poll_at=NOON)
        await store.polls.commit_poll(
            PollRecord(state=state, polled_at=NOON, articles=tuple(articles), matches=matches)
        )
        assert await begin(store).advance(MatchSeq(21), NOON) == 7
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]

    asyncio.run(scenario())


def test_a_preview_shows_the_same_stories_and_writes_nothing(store: Store) -> None:
    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        ids = [article.id for article in articles]
        await commit(store, articles[:2])
        await begin(store).advance(MatchSeq(2), NOON)
        await commit(store, articles[2:])
        before = await store.groups.read_state()
        shown = await begin(store).preview(ids, MatchSeq(7))
        assert await store.groups.read_state() == before
        assert len(await find_members(store, 7)) == 2
        assert shown.members == (await begin(store).place(ids, MatchSeq(7), NOON)).members

    asyncio.run(scenario())


def test_an_article_that_breaks_the_grouper_is_a_story_of_its_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.stories import features

    def break_on_harvest(item: Any) -> Any:
        if "harvest" in item.headline:
            raise RuntimeError("no such luck")
        return features.read(item)

    monkeypatch.setattr("monitor.pipeline.grouping.read", break_on_harvest)

    async def scenario() -> None:
        await commit(store, [make_article(number, text) for number, text in enumerate(NEWS)])
        await begin(store).advance(MatchSeq(7), NOON)
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]
        member = (await find_members(store, 7))[ArticleId("a3")]
        story = await store.stories.read_story(member.story)
        assert story is not None
        assert story.members[0].because == ({"what": "not compared: internal error: RuntimeError: no such luck"},)
        assert await begin(store).advance(MatchSeq(7), NOON) == 0

    asyncio.run(scenario())


def test_a_memory_that_cannot_be_read_is_given_up_and_grouping_goes_on(store: Store) -> None:
    async def scenario() -> None:
        state = await store.groups.read_state()
        record = GroupRecord(before=state, position=state.position, at=NOON, memory=b"of another version")
        assert await store.groups.commit_group(record)
        await commit(store, [make_article(number, text) for number, text in enumerate(NEWS)])
        await begin(store).advance(MatchSeq(7), NOON)
        assert await find_stories(store, 7) == [CALL, TRUCE, {"a3"}]

    asyncio.run(scenario())


def test_what_a_person_took_apart_stays_apart(store: Store) -> None:
    """The Arabic report of the call is said to be of another event: another Russian one joins only the first."""

    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        await commit(store, articles[:6])
        grouping = begin(store)
        await grouping.advance(MatchSeq(6), NOON)
        members = await find_members(store, 6)
        correction = Correction(story=members[ArticleId("a0")].story, articles=(ArticleId("a2"),))
        await grouping.correct(correction, NOON)
        await commit(store, articles[6:])
        await begin(store).advance(MatchSeq(7), NOON)
        assert await find_stories(store, 7) == [CALL - {"a2"}, TRUCE, {"a2"}, {"a3"}]

    asyncio.run(scenario())


def test_articles_in_two_languages_are_taken_out_together(store: Store) -> None:
    async def scenario() -> None:
        await commit(store, [make_article(number, text) for number, text in enumerate(NEWS)])
        grouping = begin(store)
        await grouping.advance(None, NOON)
        story = (await find_members(store, 7))[ArticleId("a0")].story
        await grouping.correct(Correction(story=story, articles=(ArticleId("a2"), ArticleId("a6"))), NOON)
        assert await find_stories(store, 7) == [{"a0", "a4"}, TRUCE, {"a2", "a6"}, {"a3"}]
        await commit(store, [make_article(10, LATER[2])])
        assert await begin(store).advance(None, NOON) == 1
        assert (await store.stories.find_places([ArticleId("a10")])).members[ArticleId("a10")].story == story

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(4))
def test_every_match_is_in_exactly_one_digest_of_a_recipient(store: Store, desk: Desk, seed: int) -> None:
    """Two digests of one recipient, two rules, polls and restarts in any order."""
    dice = random.Random(seed)
    weekly = replace(PLAN, name=DigestName("weekly"))
    asyncio.run(store.digests.subscribe([(weekly.name, "desk@example.org")], NOON))

    async def scenario() -> None:
        waiting = [(make_article(number, text), rule) for number, text in enumerate([*NEWS, *LATER]) for rule in "rs"]
        dice.shuffle(waiting)
        for hours, (article, rule) in enumerate(waiting):
            await commit(store, [article], rule)
            if dice.random() < 0.4:
                desk.ports = make_digest_ports(store, desk.render)
            if dice.random() < 0.4:
                await desk.tell(NOON + hours * HOUR, dice.choice([PLAN, weekly]))
        for plan in (PLAN, weekly):
            with contextlib.suppress(AssertionError):  # there may be nothing left
                await desk.tell(NOON + 100 * HOUR, plan)
        told = [record.seq for built in desk.built for story in built.stories for record in story.records]
        assert sorted(told) == list(range(1, len(waiting) + 1))
        entries = await store.outbox.list_entries(tuple(OutboxState))
        assert len(entries) == len(desk.built)

    asyncio.run(scenario())


def test_what_a_person_put_together_takes_further_articles(store: Store) -> None:
    async def scenario() -> None:
        await commit(store, [make_article(0, CALL_EN), make_article(1, HARVEST)])
        grouping = begin(store)
        await grouping.advance(MatchSeq(2), NOON)
        members = await find_members(store, 2)
        await grouping.correct(
            Correction(story=members[ArticleId("a1")].story, other=members[ArticleId("a0")].story), NOON
        )
        await commit(store, [make_article(2, CALL_COPY)])
        await begin(store).advance(MatchSeq(3), NOON)
        assert await find_stories(store, 3) == [{"a0", "a1", "a2"}]
        assert (await find_members(store, 3))[ArticleId("a2")].story == members[ArticleId("a1")].story

    asyncio.run(scenario())


# What digests say of stored stories

PLAN = DigestPlan(
    name=DigestName("now"),
    recipients=(Recipient(email="desk@example.org"),),
    schedule=AT_ONCE,
    channel=ChannelName("box"),
)


class Desk:
    """The digest stage; what it built."""

    def __init__(self, store: Store) -> None:
        self.store, self.built = store, list[Digest]()
        self.ports = make_digest_ports(store, self.render)

    async def render(self, built: Digest, plan: DigestPlan) -> tuple[Part, ...]:
        self.built.append(built)
        message = Message(
            id=built.id,
            message_id=f"<{built.id}@example.org>",
            channel=plan.channel,
            sender="marsad@example.org",
            recipient=built.recipient.email,
            content=b"x",
        )
        return (Part(message=message, stories=len(built.stories)),)

    async def tell(self, at: datetime = NOON, plan: DigestPlan = PLAN) -> Digest:
        await self.store.digests.subscribe([(plan.name, "desk@example.org")], at)
        found = await self.store.digests.list_subscriptions()
        subscription = next(one for one in found if (one.digest, one.recipient) == (plan.name, "desk@example.org"))
        outcome = await digest(plan, subscription, self.ports, at)
        assert outcome.reason.builds, outcome
        return self.built[-1]


@pytest.fixture
def desk(store: Store) -> Desk:
    asyncio.run(store.digests.subscribe([(PLAN.name, "desk@example.org")], NOON))
    return Desk(store)


def list_articles(built: Digest) -> list[list[str]]:
    return [list(dict.fromkeys(one.article.id for one in story.records)) for story in built.stories]


def test_a_digest_has_one_entry_for_each_story(store: Store, desk: Desk) -> None:
    async def scenario() -> None:
        await commit(store, [make_article(number, text) for number, text in enumerate(NEWS)])
        built = await desk.tell()
        assert list_articles(built) == [["a0", "a2", "a6", "a4"], ["a1", "a5"], ["a3"]]
        assert [story.standing for story in built.stories] == [Standing.NEW] * 3
        report = built.stories[0].report
        assert report is not None
        assert report.outlets == {"Reuters", "TASS", "Interfax"}  # the copy is Reuters' text

    asyncio.run(scenario())


def test_a_story_is_told_once_as_new_and_then_only_what_has_come(store: Store, desk: Desk) -> None:
    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        await commit(store, articles[:2])
        await desk.tell()
        await commit(store, [articles[2], articles[4]])
        built = await desk.tell(NOON + HOUR)
        assert list_articles(built) == [["a2", "a4"]]
        [story] = built.stories
        assert story.standing is Standing.REPEATED
        assert story.report is not None
        assert (story.report.before, story.report.outlets) == (1, {"Reuters", "TASS"})
        await commit(store, [make_article(10 + number, text) for number, text in enumerate(LATER)])
        [story] = (await desk.tell(NOON + 2 * HOUR)).stories
        assert story.standing is Standing.DEVELOPING
        assert story.report is not None
        assert (story.report.before, len(story.report.outlets)) == (2, 5)

    asyncio.run(scenario())


def test_a_story_that_goes_on_replies_to_the_mail_that_reported_it_first(store: Store, desk: Desk) -> None:
    """And knows what it said then: the headlines, one of which was changed since, and who was named."""
    plan = replace(PLAN, threads=Threads.STORY)

    async def scenario() -> None:
        articles = [make_article(number, text) for number, text in enumerate(NEWS)]
        await commit(store, articles[:1])
        first = await desk.tell(plan=plan)
        assert first.thread == ""
        await commit(store, [articles[2]])
        second = await desk.tell(NOON + HOUR, plan)  # it is repeated
        state = PollState(source=SourceId("wire"), next_poll_at=NOON)
        changed = replace(articles[0], headline="Putin and Aliyev agree on Karabakh")
        await store.polls.commit_poll(PollRecord(state=state, polled_at=NOON, articles=(changed,)))
        await commit(store, [make_article(10 + number, text) for number, text in enumerate(LATER)])
        third = await desk.tell(NOON + 2 * HOUR, plan)
        assert second.thread == third.thread == first.id
        [story] = third.stories
        assert story.standing is Standing.DEVELOPING
        assert story.past is not None
        assert story.past.headlines == (CALL_EN[2], CALL_AR[2])
        assert story.past.entities == {"putin", "aliyev", "karabakh"}
        assert story.past.changed == ((CALL_EN[2], changed.headline),)
        await commit(store, [articles[3]])
        assert (await desk.tell(NOON + 3 * HOUR, plan)).thread == ""  # another story

    asyncio.run(scenario())


def test_the_mails_of_a_digest_can_be_one_thread(store: Store, desk: Desk) -> None:
    async def scenario() -> None:
        threads = []
        for number, plan in enumerate([replace(PLAN, threads=Threads.DIGEST)] * 2 + [PLAN]):
            await commit(store, [make_article(number, NEWS[number])])
            threads.append((await desk.tell(NOON + number * HOUR, plan)).thread)
        assert threads[0] == threads[1] != threads[2] == ""

    asyncio.run(scenario())


def test_an_old_store_goes_on_and_groups_what_is_recent(tmp_path: Path) -> None:
    """Two subscriptions of the version before stories: one was told of all but the last match, one of nothing."""
    with closing(sqlite3.connect(tmp_path / "marsad.sqlite")) as connection:
        connection.executescript(BEFORE_STORIES.read_text(encoding="utf-8"))
    store = open_store("sqlite", state=tmp_path)
    desk = Desk(store)
    at = datetime(2026, 11, 20, 15, tzinfo=UTC)

    async def scenario() -> None:
        assert (await store.groups.read_state()).position == 1  # the first match is too old to be compared
        subscriptions = {one.digest: one for one in await store.digests.list_subscriptions()}
        weekly = replace(PLAN, name=DigestName("weekly"), recipients=(Recipient(email="lina@example.org"),))
        now = replace(PLAN, recipients=(Recipient(email="sami@example.org"),))
        await digest(now, subscriptions[DigestName("now")], desk.ports, at)
        await digest(weekly, subscriptions[DigestName("weekly")], desk.ports, at)
        assert [list_articles(built) for built in desk.built] == [
            [["call-ar"]],
            [["call-en", "call-ar"], ["truce"], ["flood"]],
        ]
        for built in desk.built:
            subscription = {one.digest: one for one in await store.digests.list_subscriptions()}[built.name]
            assert (await store.digests.list_pending(subscription)).records == []

    asyncio.run(scenario())
    store.close()
