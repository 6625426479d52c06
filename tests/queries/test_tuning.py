"""How rules do: precision from labels, names, overlaps, edits tried on the archive, and what was nearly reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import make_entity, make_rule, make_watchlist

from monitor.digests.model import DigestPlan
from monitor.matchers import make_matcher, make_nearly
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    DigestName,
    EntityId,
    MatchSeq,
    PollState,
    Recipient,
    RuleId,
    Source,
    SourceId,
)
from monitor.model.feedback import Judgement, Label, Labelled, Why
from monitor.model.report import LineKind
from monitor.ports import PollRecord
from monitor.ports.tuning import MatchNote
from monitor.queries import near_reports
from monitor.queries.near_reports import NearCount, NearSearch, read_recent
from monitor.queries.opinions import weigh_labels
from monitor.queries.report_lines import describe_search, list_lines
from monitor.queries.tuning import Evaluation, Rulebook, RuleReport, list_rules, measure_rules
from monitor.queries.usage import Overlap, UnusedName, count_weeks
from monitor.queries.weekly import ReportedRules, write_mail
from monitor.rules.model import AllOf, AnyOf, EntityRef, Literal, NoneOf, RuleRef
from monitor.rules.nearly import Obstacle
from monitor.store.open import Store

pytestmark = pytest.mark.no_cover

TEXTS = {
    "fires": ("Bush fires rage near Sydney", "", "en"),
    "more-fires": ("Fresh Bush fires in Victoria", "Smoke over Melbourne.", "en"),
    "dallas": ("Bush speaks in Dallas", "He was calm.", "en"),
    "arabic": ("بوش يعود إلى دالاس", "", "ar"),
    "city": ("صلاح الدين مدينة عراقية", "شمال بغداد.", "ar"),
    "goals": ("صلاح يسجل هدفين", "فاز ليفربول.", "ar"),
    "ward": ("麻生区で火事", "川崎市の住宅。", "ja"),
    "aso": ("麻生副総裁が会見", "東京で語った。", "ja"),
    "small": ("iran in small letters", "", "en"),
    "rain": ("Дождь", "", "ru"),
}
BUSH, SALAH, ASO, IRAN = (EntityRef(id=EntityId(name)) for name in ("bush", "salah", "aso", "iran"))


def choose(*operands: object) -> AllOf:
    return AllOf(operands=(AnyOf(operands=operands),))


WATCHLIST = make_watchlist(
    [
        make_entity("bush", "George Bush", "Bush", "بوش"),
        make_entity("salah", "صلاح"),
        make_entity("aso", "麻生"),
        make_entity("iran", "Iran", territory="IR"),
    ],
    make_rule("us", choose(BUSH, Literal(text="نص لا يرد"))),
    make_rule("sport", choose(SALAH, ASO)),
    make_rule("calm", AllOf(operands=(AllOf(operands=(BUSH, Literal(text="calm"))),))),
    make_rule("also", choose(RuleRef(id=RuleId("us")))),
    make_rule("far", AllOf(operands=(AnyOf(operands=(IRAN,)), NoneOf(operands=(Literal(text="football"),))))),
)
WIRE = Source(id=SourceId("wire"), url="https://example.org/rss")
BOOK = Rulebook(matcher=make_matcher(WATCHLIST), watchlist=WATCHLIST, sources={WIRE.id: WIRE})
SAMI = "sami@example.org"


def make_articles(now: datetime) -> list[Article]:
    return [
        Article(
            id=ArticleId(name),
            source=WIRE.id,
            keys=(name,),
            headline=headline,
            body=body,
            language=language,
            first_seen_at=now - timedelta(hours=12 - number),
        )
        for number, (name, (headline, body, language)) in enumerate(TEXTS.items())
    ]


async def commit(store: Store, now: datetime) -> None:
    articles = make_articles(now)
    matches = [match for one in articles for match in BOOK.matcher.match(BOOK.matcher.see(one), WIRE)]
    state = PollState(source=WIRE.id, next_poll_at=now)
    await store.polls.commit_poll(
        PollRecord(state=state, polled_at=now, articles=tuple(articles), matches=tuple(matches))
    )


def label(subject: str, why: Why | None = None, *, at: datetime, good: bool = False, who: str = SAMI) -> Label:
    return Label(
        kind=Labelled.STORY,
        subject=subject,
        judgement=Judgement.GOOD if good else Judgement.BAD,
        why=why,
        author=who,
        at=at,
    )


@pytest.fixture
def report(store: Store, now: datetime) -> Callable[..., RuleReport]:
    """The report of a rule after `labels`."""

    def ask(rule: str, *labels: Label) -> RuleReport:
        async def scenario() -> RuleReport:
            await commit(store, now)
            for one in labels:
                await store.feedback.label(one)
            return await (await prepare(store, now)).report(WATCHLIST.rules[RuleId(rule)])

        return asyncio.run(scenario())

    return ask


async def prepare(store: Store, now: datetime) -> Evaluation:
    return await measure_rules(BOOK, store.tuning, store.digests, since=now - timedelta(days=90), until=now)


def read_lines(report: RuleReport) -> list[str]:
    return [line.text.translate({0x2068: None, 0x2069: None}) for line in list_lines(report, (), "own.yaml:3")]


def test_a_confusable_name_gets_the_edit_that_costs_nothing(report, now) -> None:
    labels = [label(one, Why.CONFUSABLE, at=now) for one in ("fires",)]
    found = report("us", *labels, label("dallas", at=now, good=True))
    assert (found.matches, found.stories, found.precision.share) == (4, 4, 50)
    [complaint] = found.complaints
    best = complaint.trials[0]
    assert (complaint.why, complaint.stories, complaint.headlines) == (Why.CONFUSABLE, 1, (TEXTS["fires"][0],))
    assert (best.edit, best.helps) == ("entities: bush: add to `not: [Bush fires]`", True)
    assert (best.bad, best.good, best.unlabelled, best.headlines) == (1, 0, 1, (TEXTS["more-fires"][0],))
    assert best.rules == ("also", "calm", "us")
    costly = next(one for one in complaint.trials if "short" in one.edit)
    assert (costly.helps, costly.good, costly.headlines[0]) == (False, 1, TEXTS["dallas"][0])
    lines = read_lines(found)
    assert lines[:3] == [
        "rule us: Us (own.yaml:3)",
        "4 matches in 4 stories since 2026-11-24",
        "matches/stories in the week from: 11-23 4/4",
    ]
    assert "labels: 1 of 2 labelled stories was relevant: 50 % (9 to 91 %)" in lines
    assert "stories by name: Bush 3 (1 good, 1 bad), بوش 1" in lines
    assert "names that never fired: George Bush, نص لا يرد" in lines
    assert "rule also reports 100 % of its stories too (4)" in lines
    assert "try: entities: bush: add to `not: [Bush fires]`" in lines
    assert "it removes 1 of the 1 story, no relevant one, and 1 without a label" in lines
    assert "it changes 3 rules: also, calm, us" in lines
    assert not any("short" in line for line in lines)  # it would remove a relevant story


@pytest.mark.parametrize(
    ("bad", "good", "edit"),
    [
        ("city", "goals", "entities: salah: add to `not: [صلاح الدين]`"),
        ("ward", "aso", "entities: aso: add to `not: [麻生区]`"),
    ],
)
def test_in_other_scripts(report, now, bad, good, edit) -> None:
    found = report("sport", label(bad, Why.CONFUSABLE, at=now), label(good, at=now, good=True))
    best = found.complaints[0].trials[0]
    assert (best.edit, best.bad, best.good, best.unlabelled) == (edit, 1, 0, 0)


def test_what_no_edit_mends_is_said(report, now) -> None:
    found = report("us", label("arabic", Why.CONFUSABLE, at=now), label("fires", Why.DUPLICATE, at=now))
    # The name alone, in a sentence that ends with it: with `short:` the story goes, and nothing else.
    lines = read_lines(report("calm", label("dallas", Why.OFF_TOPIC, at=now)))
    assert "complaint: off-topic, 1 story" in lines
    duplicate = next(one for one in found.complaints if one.why is Why.DUPLICATE)
    assert (duplicate.trials, "marsad story merge" in duplicate.advice) == ((), True)
    same = report("us", label("dallas", Why.OFF_TOPIC, at=now), label("fires", at=now, good=True))
    lines = read_lines(same)
    assert "no edit was found that removes some of it and nothing that is labelled relevant" in lines


def test_an_edit_that_removes_much_else_comes_later(report, now) -> None:
    found = report("us", *(label(one, Why.CONFUSABLE, at=now) for one in ("fires", "more-fires")))
    edits = [(one.edit.split("`")[1], one.bad, one.unlabelled) for one in found.complaints[0].trials if one.helps]
    assert edits == [("not: [Bush fires]", 2, 0), ("short: [Bush]", 2, 1)]
    assert read_lines(found)[-1].startswith("no story is labelled relevant, so what an edit would cost is not known")


def test_a_long_headline_is_cut(report, now, monkeypatch) -> None:
    monkeypatch.setitem(TEXTS, "fires", ("Bush fires " + "rage " * 99, "", "en"))
    lines = read_lines(report("us", label("fires", Why.CONFUSABLE, at=now)))
    [cut] = [line for line in lines if line.startswith("Bush fires")]
    assert (len(cut) <= 160, cut[-1]) == (True, "…")


def test_without_labels_it_says_how_they_come(report) -> None:
    lines = read_lines(report("far"))
    assert any(
        line.startswith("labels: none. To measure precision, label stories: `marsad label STORY") for line in lines
    )
    assert "0 matches in 0 stories since 2026-11-24" in lines
    assert "names that never fired: Iran, every territory name of iran" in lines


def test_a_mail_names_quiet_rules_and_is_bounded(report, monkeypatch) -> None:
    found = ReportedRules(reports=(report("us"), report("far")))
    lines = write_mail(found, {RuleId("us"): "own.yaml:3"})
    assert lines[0].text == "rule \u2068us\u2069: \u2068Us\u2069 (own.yaml:3)"
    assert (lines[-1].kind, lines[-1].text) == (LineKind.RULE, "1 rule without a match: \u2068far\u2069")
    monkeypatch.setattr("monitor.queries.weekly.MOST_LINES", 2)
    short = write_mail(found, {RuleId("us"): "own.yaml:3"})
    assert (short[:2], len(short)) == (lines[:2], 3)
    assert short[2].text == f"{len(lines) - 2} more lines: `marsad rules report` prints the whole report"


def test_names_of_none_are_never_missed(report) -> None:
    assert report("far").unused == (UnusedName(entity="iran", name="Iran"), UnusedName(entity="iran", name=""))


def test_overlaps_and_weeks(report, now) -> None:
    found = report("us")
    assert found.overlaps == (Overlap(rule="also", stories=4, share=100), Overlap(rule="calm", stories=1, share=25))
    notes = [
        MatchNote(seq=MatchSeq(day), rule=RuleId("us"), article=ArticleId(str(day)), story=story, matched_at=moment)
        for day, story in ((15, "s1"), (1, "s1"), (0, "s2"))
        for moment in [now - timedelta(days=day)]
    ]
    weeks = count_weeks(notes, now - timedelta(days=15), now)
    assert [(f"{week.begins:%m-%d}", week.matches, week.stories) for week in weeks] == [
        ("11-09", 1, 1),
        ("11-16", 0, 0),
        ("11-23", 2, 1),
    ]


def test_only_the_newest_matches_are_read_and_it_is_said(report, monkeypatch) -> None:
    monkeypatch.setattr("monitor.queries.tuning.MOST_READ", 2)
    found = report("us")
    assert (found.matches, found.read) == (4, 2)
    assert any(line.startswith("names and edits are of 2 matches: the newest") for line in read_lines(found))


def make_note(seq: int, rule: str, story: str, now: datetime) -> MatchNote:
    return MatchNote(seq=MatchSeq(seq), rule=RuleId(rule), article=ArticleId(f"a{seq}"), story=story, matched_at=now)


def test_labels_are_weighed_for_each_rule_and_story(now) -> None:
    notes = [make_note(1, "us", "s1", now), make_note(2, "also", "s1", now), make_note(3, "us", "s2", now)]
    later = now + timedelta(hours=1)
    single = Label(kind=Labelled.MATCH, subject="2", judgement=Judgement.BAD, why=Why.OLD, author="李", at=now)
    found = weigh_labels(
        [
            label("s1", Why.OFF_TOPIC, at=now),
            single,
            label("s1", at=later, good=True, who="Ольга"),
            label("gone", at=later),
        ],
        notes,
    )
    assert found.said[RuleId("us"), "s1"].is_good  # a tie: the last one counts
    assert found.place(RuleId("also"), ArticleId("a2")) == ("also", "match 2")
    assert found.said[RuleId("also"), "match 2"].reasons == (Why.OLD,)
    assert found.place(RuleId("us"), ArticleId("a1")) == ("us", "s1")
    assert found.place(RuleId("us"), ArticleId("new")) == ("us", "new")
    assert set(found.said) == {("us", "s1"), ("also", "match 2")}
    both = weigh_labels(
        [label("s1", Why.OLD, at=now, who=who) for who in ("a", "b")] + [label("s1", at=later, good=True)], notes
    )
    assert both.said[RuleId("us"), "s1"].reasons == (Why.OLD, Why.OLD)


def search(store: Store, now: datetime, *, over: bool = False) -> NearSearch:
    async def scenario() -> NearSearch:
        await commit(store, now)
        total, articles = await read_recent(store.stream, now)
        fired = {(note.rule, note.article) for note in await store.tuning.list_notes(now - timedelta(days=9))}
        counted = NearCount(
            nearly=make_nearly(WATCHLIST), rules=list(WATCHLIST.rules), sources=BOOK.sources, fired=fired
        )
        looked_at = counted.run(articles, lambda: over)
        return NearSearch(since=now, articles=total, looked_at=looked_at, groups=counted.list_groups())

    return asyncio.run(scenario())


def test_what_was_nearly_reported_is_grouped_by_what_was_in_the_way(store, now) -> None:
    found = search(store, now)
    assert describe_search(found) == "nearly reported: looked at all of 10 articles of the last 7 days"
    [group] = found.groups[RuleId("far")]
    assert (group.obstacle, group.count, group.articles[0].headline) == (Obstacle.GUARD, 1, TEXTS["small"][0])
    [calm] = found.groups.get(RuleId("calm"), ()) or [None]
    assert calm is None


def test_a_search_that_is_cut_short_looks_at_the_newest_and_says_so(store, now, monkeypatch) -> None:
    found = search(store, now, over=True)
    assert (found.looked_at, found.groups) == (1, {})
    assert describe_search(found).startswith(
        "nearly reported: looked at the newest 1 of 10 articles of the last 7 days,"
    )
    monkeypatch.setattr(near_reports, "MOST_ARTICLES", 2)
    monkeypatch.setattr(near_reports, "PAGE_SIZE", 3)
    total, articles = asyncio.run(read_recent(store.stream, now))
    assert (total, [one.id for one in articles]) == (10, ["rain", "small"])


def test_rules_are_listed_with_the_digests_that_take_them(now) -> None:
    plan = DigestPlan(
        name=DigestName("desk"),
        recipients=(Recipient(email=SAMI, timezone=ZoneInfo("UTC")),),
        rules=("u*",),
        channel=ChannelName("m"),
    )
    lines = list_rules(WATCHLIST, [make_note(1, "us", "s1", now)], [plan])
    assert [(one.rule, one.matches, one.digests) for one in lines][:2] == [("us", 1, ("desk",)), ("sport", 0, ())]
