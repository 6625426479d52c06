"""A person's name with other parts, beside the other names of a watch-list."""

from __future__ import annotations

import pytest

from monitor.names.engine import Engine
from monitor.names.model import EntityKind
from monitor.names.reference import Reference
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import EntityRef, MatchMode, Watchlist


def find(make, watchlist: Watchlist, text: str, language: str | None = "en") -> list[tuple[str, str, str]]:
    """Entity, text and tier of what both matchers find."""
    book, article = compile_watchlist(watchlist), make.article(text, language=language)
    found = Reference(book).see(article).evidence
    assert Engine(book).see(article).evidence == found
    return [(str(each.entity), each.text, str(each.tier)) for each in found]


def person(make, name: str, *names: str, **more):
    return make.entity(name, *names, kind=EntityKind.PERSON, **more)


def test_a_name_is_never_found_across_another_watched_name(make) -> None:
    johnson = person(make, "johnson", "Boris Johnson")
    alone = make.watchlist([johnson])
    both = make.watchlist([johnson, person(make, "paul", "Paul")])
    text = "Boris Paul Johnson"
    assert find(make, alone, text) == [("johnson", "Boris Paul Johnson", "partial")]
    assert find(make, both, text) == [("paul", "Paul", "exact")]


def test_a_whole_name_of_another_comes_first(make) -> None:
    watchlist = make.watchlist([person(make, "joe", "Joe Kennedy"), person(make, "joseph", "Joseph Kennedy")])
    assert find(make, watchlist, "Joseph Kennedy") == [("joseph", "Joseph Kennedy", "exact")]
    assert find(make, watchlist, "Joe Kennedy") == [("joe", "Joe Kennedy", "exact")]


def test_a_name_that_stands_there_as_it_is_needs_no_other_parts(make) -> None:
    watchlist = make.watchlist([person(make, "putin", "Путин", "Владимир Путин")])
    assert find(make, watchlist, "Владимир Владимирович Путин", "ru") == [("putin", "Путин", "exact")]
    assert find(make, watchlist, "В. Путин", "ru") == [("putin", "Путин", "exact")]


def test_it_supports_a_short_name_and_takes_words_as_a_full_one(make) -> None:
    watchlist = make.watchlist([person(make, "biden", "Joe Biden", short=["Biden"])])
    assert find(make, watchlist, "Joseph R. Biden came. Biden spoke") == [
        ("biden", "Joseph R. Biden", "partial"),
        ("biden", "Biden", "exact"),
    ]


def test_a_name_that_is_not_meant_is_also_known_with_other_parts(make) -> None:
    aliyev = person(make, "aliyev", "Aliyev", never=["Heydar Aliyev"])
    assert find(make, make.watchlist([aliyev]), "the Heydar Alirza oglu Aliyev Centre") == []


@pytest.mark.parametrize(
    ("match", "holds"), [(MatchMode.EXACT, False), (MatchMode.INFLECTED, True), (MatchMode.FUZZY, True)]
)
def test_match_exact_does_not_take_it(make, match: MatchMode, *, holds: bool) -> None:
    entity = person(make, "biden", "Joe Biden")
    reference = make.reference([entity], make.rule("r", EntityRef(id=entity.id), match=match))
    assert bool(make.fire(reference, make.article("Joseph R. Biden spoke", language="en"))) is holds
