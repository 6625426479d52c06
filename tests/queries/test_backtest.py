"""Backtests: the difference between two versions of rules is what matching with both gives, whatever was edited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.matchers import make_matcher, make_matchers
from monitor.model import Article, ArticleId, EntityId, RuleId, Source, SourceId
from monitor.names.model import Entity, EntityKind, Name
from monitor.ports import NameMatcher, Retention
from monitor.ports.stream import ArchiveSpan
from monitor.queries.backtest import (
    BacktestCount,
    Comparison,
    Version,
    compare_page,
    find_complete_since,
    find_week,
)
from monitor.rules.changes import have_same_names, list_changed_rules
from monitor.rules.matching import Matcher
from monitor.rules.model import AllOf, AnyOf, EntityRef, Literal, MatchMode, NoneOf, Rule, RuleRef, Watchlist

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
NAMES = {
    "putin": ("Vladimir Putin", "Путин", "بوتين"),
    "aliyev": ("Ilham Aliyev", "Алиев", "علييف"),
    "karabakh": ("Karabakh", "Карабах", "قره باغ", "卡拉巴赫"),
    "iran": ("Iran", "Иран", "إيران"),
    "iraq": ("Iraq", "Ирак", "العراق"),
}
TEXTS = [
    ("en", "Vladimir Putin and Ilham Aliyev discuss Karabakh", "Talks about football and Iran went on."),
    ("ar", "بوتين وعلييف يبحثان الوضع في قره باغ", "زار العراق وفد من إيران."),
    ("ru", "Путина встретил Алиев", "О Карабахе говорили в Иране."),
    ("zh", "卡拉巴赫局势", "谈判"),
    ("en", "Football in Iraq", "Karabakh horses win the derby"),
    ("en", "Nothing here", "Rain."),
    ("ru", "Ирак и Иран", "Футбол"),
    ("ar", "إيران تنفي", "لا شيء عن العراق"),
]
SOURCES = {SourceId("wire"): Source(id=SourceId("wire"), url="https://example.org/rss", owner="Wire")}


def make_articles(days: list[int]) -> list[Article]:
    return [
        Article(
            id=ArticleId(f"a{at}"),
            source=SourceId("wire"),
            keys=(f"a{at}",),
            headline=TEXTS[at % len(TEXTS)][1],
            body=TEXTS[at % len(TEXTS)][2],
            language=TEXTS[at % len(TEXTS)][0],
            first_seen_at=MONDAY + timedelta(days=day),
        )
        for at, day in enumerate(sorted(days))
    ]


def make_watchlist(rules: dict[str, Any], names: dict[str, tuple[str, ...]] | None = None) -> Watchlist:
    entities = {
        EntityId(one): Entity(id=EntityId(one), kind=EntityKind.TOPIC, names=tuple(Name(text=text) for text in texts))
        for one, texts in (names or NAMES).items()
    }
    made = {
        RuleId(name): rule if isinstance(rule, Rule) else Rule(id=RuleId(name), title=name, condition=rule)
        for name, rule in rules.items()
    }
    return Watchlist(entities=entities, rules=made)


def compare(before: Watchlist | None, after: Watchlist, articles: list[Article], *rules: str) -> Any:
    return count_difference(*make_matchers(before, after), articles, *rules)


def count_difference(old: Matcher | None, new: Matcher, articles: list[Article], *rules: str) -> Any:
    comparison = Comparison(
        before=None if old is None else Version(matcher=old, sources=SOURCES),
        after=Version(matcher=new, sources=SOURCES),
        rules=frozenset(map(RuleId, rules)),
    )
    counted = BacktestCount(shown=5)
    for start in range(0, len(articles), 3):
        counted.add(compare_page(articles[start : start + 3], comparison))
    return counted.view(
        rules=comparison.rules,
        since=MONDAY,
        until=MONDAY + timedelta(days=27),
        complete=MONDAY + timedelta(days=7),
        has_before=old is not None,
    )


@cache
def find_names(iraq: tuple[str, ...]) -> NameMatcher:
    """The engine for the names of every drawn watch-list, whose rules look for the same texts: dear to make."""
    return make_matcher(make_watchlist({"texts": ALL_TEXTS}, {**NAMES, "iraq": iraq})).names


LITERALS = ["football", "Футбол", "Rain"]
ALL_TEXTS = AnyOf(operands=tuple(Literal(text=text) for text in LITERALS))
LEAVES = st.one_of(
    st.sampled_from(list(NAMES)).map(lambda name: EntityRef(id=EntityId(name))),
    st.sampled_from(LITERALS).map(lambda text: Literal(text=text)),
)
PARTS = st.lists(LEAVES, min_size=1, max_size=3).map(tuple)
CONDITIONS = st.one_of(
    LEAVES,
    PARTS.map(lambda parts: AnyOf(operands=parts)),
    PARTS.map(lambda parts: AllOf(operands=parts)),
    st.tuples(PARTS, PARTS).map(lambda pair: AllOf(operands=(AnyOf(operands=pair[0]), NoneOf(operands=pair[1])))),
)
RULES = st.tuples(CONDITIONS, st.sampled_from(MatchMode), st.sampled_from([frozenset(), frozenset({"ru"})]))
EDITS = st.sampled_from([NAMES["iraq"], ("Ирак",), (*NAMES["iraq"], "Football in Iraq", "Rain")])


def make_rule(name: str, drawn: Any) -> Rule:
    condition, match, languages = drawn
    return Rule(id=RuleId(name), title=name, condition=condition, match=match, languages=languages)


def make_version(drawn: Any, other: Any, iraq: tuple[str, ...]) -> Watchlist:
    rules = {"rule": make_rule("rule", drawn), "other": make_rule("other", other), "texts": ALL_TEXTS}
    return make_watchlist(rules, {**NAMES, "iraq": iraq})


@settings(deadline=None)
@given(old=RULES, new=RULES, other=RULES, iraq=EDITS, days=st.lists(st.integers(0, 27), max_size=16))
def test_the_difference_is_that_of_matching_both_ways(old: Any, new: Any, other: Any, iraq: Any, days: Any) -> None:
    before, after = make_version(old, other, NAMES["iraq"]), make_version(new, other, iraq)
    matchers = Matcher(find_names(NAMES["iraq"]), before), Matcher(find_names(iraq), after)
    articles = make_articles(days)
    fired: list[set[str]] = []
    for matcher in matchers:
        found = {one.id: {m.rule for m in matcher.match(matcher.see(one), SOURCES[one.source])} for one in articles}
        fired.append({one for one, rules in found.items() if "rule" in rules})
    view = count_difference(*matchers, articles, "rule")
    assert (view.articles, view.total.before, view.total.after) == (len(articles), len(fired[0]), len(fired[1]))
    assert (view.total.gained, view.total.lost) == (len(fired[1] - fired[0]), len(fired[0] - fired[1]))
    assert {one.article for one in view.gained} <= fired[1] - fired[0]
    assert {one.article for one in view.lost} <= fired[0] - fired[1]
    assert view.total.stories_after <= view.total.after
    if iraq == NAMES["iraq"] and view.total.gained + view.total.lost:
        assert list_changed_rules(before, after) == ("rule",)


def test_two_versions_share_what_finds_names_where_these_are_the_same() -> None:
    before = make_watchlist({"a": entity("iran")})
    old, new = make_matchers(before, make_watchlist({"a": entity("iraq")}))
    assert old is not None
    assert old.names is new.names
    old, new = make_matchers(before, make_watchlist({"a": entity("iraq")}, {**NAMES, "iraq": ("Ирак",)}))
    assert old is not None
    assert old.names is not new.names


def entity(name: str) -> EntityRef:
    return EntityRef(id=EntityId(name))


def test_a_backtest_of_two_weeks() -> None:
    before = make_watchlist({"iran": entity("iran"), "putin": entity("putin")})
    after = make_watchlist({"iran": AnyOf(operands=(entity("iran"), entity("iraq"))), "putin": entity("putin")})
    view = compare(before, after, make_articles([0, 1, 2, 3, 8, 9, 10, 11]), "iran")
    assert (view.articles, view.total.before, view.total.after) == (8, 5, 6)
    assert (view.total.gained, view.total.lost) == (1, 0)
    [gained] = view.gained
    assert (gained.headline, gained.rules) == ("Football in Iraq", ("iran",))
    assert [(week.begins.day, week.after, week.is_complete) for week in view.weeks] == [
        (2, 3, False),
        (9, 3, True),
        (16, 0, True),
        (23, 0, False),
    ]
    assert dict(view.names) == {"iran": 5, "iraq": 4}
    assert view.known == 3  # those that name Putin as well
    assert 0 < view.total.stories_after <= 6


def test_without_a_former_version_there_is_no_difference_to_tell() -> None:
    view = compare(None, make_watchlist({"iran": entity("iran"), "o": entity("iraq")}), make_articles([0] * 8), "iran")
    assert (view.has_before, view.total.before, view.total.after, view.known) == (False, 0, 5, 3)


def test_copies_are_one_story() -> None:
    articles = [one for one in make_articles([0] * 9) if one.headline.startswith("Vladimir")]
    view = compare(None, make_watchlist({"iran": entity("iran")}), articles, "iran")
    assert (view.total.after, view.total.stories_after) == (2, 1)


def test_what_an_edit_changes() -> None:
    rules = {"a": entity("iran"), "b": RuleRef(id=RuleId("a")), "c": Literal(text="x"), "gone": entity("iraq")}
    before = make_watchlist(rules)
    titled = make_watchlist(rules | {"a": Rule(id=RuleId("a"), title="Other", condition=entity("iran"))})
    assert list_changed_rules(before, titled) == ()
    assert have_same_names(before, titled)
    after = make_watchlist({"a": entity("putin"), "b": rules["b"], "c": rules["c"], "new": entity("iraq")})
    assert list_changed_rules(before, after) == ("a", "b", "new", "gone")
    renamed = make_watchlist(rules, {**NAMES, "iraq": ("Iraq",)})
    assert list_changed_rules(before, renamed) == ("gone",)
    assert not have_same_names(before, renamed)
    assert not have_same_names(before, make_watchlist(rules | {"c": Literal(text="y")}))


@pytest.mark.parametrize(
    ("span", "retention", "days"),
    [
        (ArchiveSpan(oldest=None, oldest_rejected=None), Retention(), None),
        (ArchiveSpan(oldest=MONDAY - timedelta(days=80), oldest_rejected=None), Retention(), -30),
        (ArchiveSpan(oldest=MONDAY - timedelta(days=8), oldest_rejected=None), Retention(), -8),
        (ArchiveSpan(oldest=MONDAY - timedelta(days=80), oldest_rejected=None), Retention(rejected=None), -80),
        (
            ArchiveSpan(oldest=MONDAY - timedelta(days=80), oldest_rejected=MONDAY - timedelta(days=3)),
            Retention(disk_bytes=10**9),
            -3,
        ),
    ],
)
def test_since_when_every_article_is_there(span: ArchiveSpan, retention: Retention, days: int | None) -> None:
    expected = None if days is None else MONDAY + timedelta(days=days)
    assert find_complete_since(span, retention, MONDAY) == expected


def test_weeks_begin_on_mondays() -> None:
    assert find_week(MONDAY + timedelta(days=6, hours=23)) == MONDAY
    assert find_week(MONDAY + timedelta(days=7)) == MONDAY + timedelta(days=7)
