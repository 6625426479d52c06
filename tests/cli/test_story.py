"""`marsad story`: why articles are one story, which stories there are, and what a person corrects."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.__main__ import main

TEXTS = {
    "call-en": (
        *("Wire", "en", "Putin and Aliyev discuss Karabakh by phone"),
        "Russian President Vladimir Putin and Azerbaijani leader Ilham Aliyev spoke about 1,960 peacekeepers in Karabakh.",
    ),
    "call-ar": (
        *("وكالة", "ar", "بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ"),
        "بحث الرئيس الروسي بوتين ونظيره الأذربيجاني إلهام علييف هاتفياً وضع 1960 من قوات حفظ السلام في قره باغ.",
    ),
    "copy": (
        *("Courier", "en", "Putin, Aliyev talk about Karabakh on the phone"),
        "Russian President Vladimir Putin and Azerbaijani leader Ilham Aliyev spoke about 1,960 peacekeepers in Karabakh.",
    ),
    "harvest": (
        "Courier",
        "en",
        "Putin praises wheat harvest in Rostov",
        "Grain elevators near Rostov are full, he said.",
    ),
}
RULE = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ar: [بوتين]}}
  aliyev: {kind: leader, names: {en: [Aliyev], ar: [علييف]}}
  karabakh: {kind: region, names: {en: [Karabakh], ar: [قره باغ]}}
groups: {names: [putin, aliyev, karabakh]}
rules: {all: {title: All, any: [names]}}
"""


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose articles were grouped and mailed."""
    folder = tmp_path_factory.mktemp("grouped")
    files = {
        "marsad.yaml": "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n",
        "sources.yaml": "sources:\n  - {id: saved, path: feeds, every: 1s}\n",
        "digests.yaml": "digests:\n  now: {to: [desk@example.org], rules: [all], schedule: immediate}\n",
        "rules/all.yaml": RULE,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "feeds").mkdir()
    for id_ in TEXTS:
        write_feed(folder, id_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["marsad", "once", "--config", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
    return folder


@pytest.fixture
def newsroom(grouped: Path, tmp_path: Path) -> Path:
    return shutil.copytree(grouped, tmp_path / "newsroom")


def write_feed(folder: Path, id_: str, **changes: str) -> None:
    outlet, language, headline, body = TEXTS[id_]
    item = {"id": id_, "title": headline, "content_text": body, "language": language, "url": link(id_)} | changes
    feed = {"version": "https://jsonfeed.org/version/1", "title": outlet, "items": [item]}
    (folder / "feeds" / f"{id_}.json").write_text(json.dumps(feed, ensure_ascii=False), encoding="utf-8")


def link(id_: str) -> str:
    return f"https://example.org/{id_}"


@pytest.fixture
def show(marsad: Callable[..., Any], newsroom: Path) -> Callable[[str], Any]:
    return lambda which: marsad("story", which, "--json", "--config", newsroom).data


def list_links(story: Any) -> set[str]:
    return {member["url"].rpartition("/")[2] for member in story["members"]}


def test_a_story_is_found_by_the_link_in_a_mail_and_explained(marsad: Callable[..., Any], newsroom: Path) -> None:
    done = marsad("story", link("call-ar"), "--config", newsroom)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("story ")
    assert lines[0].endswith(": 3 articles, 2 outlets, 2 languages")
    for id_ in ("call-en", "call-ar", "copy"):
        assert TEXTS[id_][2] in lines
        assert f"  {link(id_)}" in lines
    assert "new · en · Wire" in done.out or "new · ar · وكالة" in done.out
    assert any(line.startswith("  because: same text 1.0; compared with article ") for line in lines)
    assert any(line.startswith("  because: across languages") and "shared: " in line for line in lines)
    assert TEXTS["harvest"][2] not in lines


def test_the_id_and_the_articles_ids_find_it_too(show: Callable[[str], Any]) -> None:
    story = show(link("call-en"))
    assert show(story["id"]) == story
    assert show(story["members"][0]["membership"]["article"]) == story


def test_stories_are_listed_with_their_ids(marsad: Callable[..., Any], newsroom: Path, show: Any) -> None:
    table = marsad("story", "list", "--config", newsroom).out
    listed = marsad("story", "list", "--since", "1d", "--json", "--config", newsroom).data
    assert sorted(one["articles"] for one in listed) == [1, 3]
    assert all(one["id"] in table and one["headline"] in table for one in listed)
    assert {one["id"] for one in listed} == {show(link("call-en"))["id"], show(link("harvest"))["id"]}


def test_articles_are_taken_out_and_stay_out(marsad: Callable[..., Any], newsroom: Path, show: Any) -> None:
    before = show(link("call-en"))["id"]
    done = marsad("story", "split", before, link("call-ar"), "--config", newsroom)
    assert done.code == 0, done.err
    new = show(link("call-ar"))["id"]
    assert done.out == f"story {before}: 1 article taken out; the new story is {new}\n"
    assert list_links(show(before)) == {"call-en", "copy"}
    later = "Kremlin says Putin and Aliyev spoke of peacekeepers in Karabakh"
    write_feed(newsroom, "call-en", id="later", url=link("later"), title=later)
    assert marsad("once", "--all", "--config", newsroom).code == 0
    assert list_links(show(link("call-ar"))) == {"call-ar"}
    assert "later" in list_links(show(before))


def test_two_stories_are_made_one(marsad: Callable[..., Any], newsroom: Path, show: Any) -> None:
    call, harvest = show(link("call-en"))["id"], show(link("harvest"))["id"]
    done = marsad("story", "merge", call, link("harvest"), "--config", newsroom)
    assert done.out == f"story {harvest} is story {call} from now on\n"
    assert list_links(show(harvest)) == set(TEXTS)
    assert show(harvest)["aliases"] == [harvest]
    assert f"other ids: {harvest}" in marsad("story", call, "--config", newsroom).out
    again = marsad("story", "merge", call, harvest, "--config", newsroom)
    assert (again.code, again.out) == (2, "")
    assert "are one story already" in again.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody",), "nobody: no story has this id, and none an article of this id or link; see story list"),
        (("split", "nobody", "x"), "nobody: no story has this id"),
        (("split", link("call-en"), link("harvest")), f"{link('harvest')}: story "),
        (("split", link("harvest"), link("harvest")), "these are all of its articles; leave at least one"),
        (("merge", link("call-en"), "nobody"), "nobody: no story has this id"),
        (("list", "--since", "soon"), "--since soon: "),
    ],
)
def test_what_is_not_there_is_said(
    marsad: Callable[..., Any], newsroom: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = marsad("story", *arguments, "--config", newsroom)
    assert done.code == 2
    assert says in done.err


def test_a_headline_that_changed_is_shown(marsad: Callable[..., Any], newsroom: Path, show: Any) -> None:
    write_feed(newsroom, "call-en", title="UPDATE 1-Putin and Aliyev discuss Karabakh by phone")
    write_feed(newsroom, "copy", id="copy2", url=link("copy2"))
    assert marsad("once", "--all", "--config", newsroom).code == 0
    text = marsad("story", link("call-en"), "--config", newsroom).out
    assert "changed its headline\n  from Putin and Aliyev discuss Karabakh by phone\n  to   UPDATE 1-Putin and" in text
