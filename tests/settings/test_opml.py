"""OPML in and out: folders are tags, whatever the file's age and origin, and hostile ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import UsageError
from monitor.model import Source, SourceId
from monitor.settings.opml import DEEPEST, Outline, clean_tag, read_opml, write_opml
from monitor.sources.folder import FolderKind

HEAD = '<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><body>'
TAIL = "</body></opml>"
TAGS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(clean_tag).filter(bool)


def read(body: str) -> tuple[Outline, ...]:
    return read_opml(f"{HEAD}{body}{TAIL}".encode()).feeds


def test_folders_around_a_feed_become_its_tags_outermost_first() -> None:
    [feed] = read(
        '<outline text="القوقاز"><outline title="Wires"><outline text="وكالة" xmlUrl="https://example.org/?a=1&amp;b=2"'
        ' language="ar"/></outline></outline>'
    )
    assert feed == Outline(url="https://example.org/?a=1&b=2", title="وكالة", tags=("القوقاز", "Wires"), language="ar")


def test_a_folder_ends_where_it_ends() -> None:
    feeds = read(
        '<outline text="A"><outline xmlUrl="https://example.org/1"/></outline><outline xmlurl="https://example.org/2"/>'
    )
    assert [feed.tags for feed in feeds] == [("A",), ()]


def test_a_feed_that_holds_outlines_is_no_folder() -> None:
    feeds = read('<outline text="F" xmlUrl="https://example.org/1"><outline xmlUrl="https://example.org/2"/></outline>')
    assert [feed.tags for feed in feeds] == [(), ()]


def test_a_feed_in_two_folders_is_one_with_both_tags() -> None:
    feeds = read(
        '<outline text="A"><outline xmlUrl="https://example.org/1"/></outline>'
        '<outline text="B"><outline xmlUrl="https://example.org/1"/></outline>'
    )
    assert [feed.tags for feed in feeds] == [("A", "B")]


def test_categories_are_tags_too() -> None:
    [feed] = read('<outline xmlUrl="https://example.org/1" category="/Wires/Caucasus, breaking"/>')
    assert feed.tags == ("Wires", "Caucasus", "breaking")


def test_tags_lose_what_no_id_may_have() -> None:
    [feed] = read('<outline text="new* [\u200fhot]&#10;&#10;?"><outline xmlUrl="https://example.org/1"/></outline>')
    assert feed.tags == ("new hot",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_declared_encoding_holds(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><body><outline text="Süd" xmlUrl="https://example.org/"/></body></opml>'
    assert read_opml(text.encode(encoding)).feeds[0].title == "Süd"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "broken"),
        (b"not XML", "broken"),
        (f"{HEAD}<outline>".encode(), "broken"),
        (b"<rss><channel/></rss>", "not OPML"),
        (b'<!DOCTYPE opml [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><opml><body>&b;</body></opml>', "entities"),
        (b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml>&x;</opml>', "entities"),
        (f"{HEAD}{'<outline>' * (DEEPEST + 1)}".encode(), "deep"),
        (b"<opml>" + b" " * (20 * 1024 * 1024), "MB"),
    ],
)
def test_what_is_no_honest_opml_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_opml(content)
    assert "\n" not in str(caught.value)


def test_a_list_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.settings.opml.MOST_FEEDS", 3)
    assert len(read("".join(f'<outline xmlUrl="https://example.org/{n}"/>' for n in (1, 2, 3, 3)))) == 3
    with pytest.raises(UsageError, match="more than 3"):
        read("".join(f'<outline xmlUrl="https://example.org/{n}"/>' for n in range(4)))


@given(st.lists(st.frozensets(TAGS, max_size=3), max_size=6))
def test_what_is_exported_is_imported_again(tags: list[frozenset[str]]) -> None:
    sources = [
        Source(id=SourceId(f"s<{n}>&'\""), url=f"https://example.org/?n={n}&x=%20", tags=some, language="ar")
        for n, some in enumerate(tags)
    ]
    again = {feed.url: feed for feed in read_opml(write_opml(sources).encode()).feeds}
    assert {source.url: source.tags for source in sources} == {url: frozenset(feed.tags) for url, feed in again.items()}
    assert {feed.title for feed in again.values()} == {source.id for source in sources}
    assert {feed.language for feed in again.values()} <= {"ar"}


def test_folders_of_articles_are_not_exported() -> None:
    assert "saved" not in write_opml([Source(id=SourceId("saved"), traits=FolderKind.traits, path=Path("/articles"))])
