"""`marsad fmt` changes how a file looks, and nothing that it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.rules.model import Watchlist
from monitor.settings.format import format_text
from monitor.settings.load import load_settings
from monitor.settings.yaml.document import to_data
from monitor.settings.yaml.read import read_document

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parents[2]
OURS = sorted(
    [*ROOT.glob("rules/*.yaml"), *ROOT.glob("templates/**/*.yaml"), *ROOT.glob("tests/settings/whole/**/*.yaml")]
)
HERE = Path("rules/desk.yaml")
UNTIDY = """\
# قواعد المكتب
entities:
    water:   # شح المياه
        kind:    topic
        names: {ar: [شح المياه,   "الجفاف"], ru: ['засуха'],  zh: [旱灾]}
rules:
    dry:
        title:   "Water: the region"
        all:
        -   water

        - {any: [{text: "Iraq"},   {text: Сирия}]}   # and Jordan?
        # the end of the conditions
        examples:
            match:
            - |-
                الجفاف يضرب
                Iraq
"""
TIDY = """\
# قواعد المكتب
entities:
  water:   # شح المياه
    kind: topic
    names: {ar: [شح المياه, "الجفاف"], ru: ['засуха'], zh: [旱灾]}
rules:
  dry:
    title: "Water: the region"
    all:
      - water

      - {any: [{text: "Iraq"}, {text: Сирия}]}   # and Jordan?
        # the end of the conditions
    examples:
      match:
        - |-
          الجفاف يضرب
          Iraq
"""


def read(text: str) -> object:
    return to_data(read_document(HERE, text.encode()).root)


def test_an_untidy_file_is_tidied_and_its_order_quotes_and_comments_stay() -> None:
    assert format_text(HERE, UNTIDY) == TIDY
    assert read(TIDY) == read(UNTIDY)


def test_the_settings_are_the_same_before_and_after(write: Callable[[Mapping[str, str]], Path], packs: Path) -> None:
    folder = write({"rules/desk.yaml": UNTIDY, "digests.yaml": "digests:\n    morning: {to:   [sami]}\n"})
    before = load_settings(folder, packs=packs).settings
    for path in (folder / "rules" / "desk.yaml", folder / "digests.yaml", folder / "marsad.yaml"):
        path.write_text(format_text(path, path.read_text("utf-8")), encoding="utf-8")
    after = load_settings(folder, packs=packs).settings
    assert before
    assert after
    watchlists = [(one.watchlist.entities, one.watchlist.rules) for one in (before, after)]
    assert watchlists[0] == watchlists[1]
    bare = [replace(one, origins={}, watchlist=Watchlist()) for one in (before, after)]
    assert replace(bare[0], watchlist=bare[1].watchlist) == bare[1]


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_files_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(path, text) == text


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("", ""),
        ("# nothing yet\n", "# nothing yet\n"),
        ("a:   1", "a: 1\n"),
        ("a: 1\r\nb:  [x,y]\r\n", "a: 1\nb: [x, y]\n"),
        ("\ufeffa:  x\n", "a: x\n"),
        ("a: null\nb: ~\n", "a: null\nb: null\n"),
        ("a:\nb:  x\n", "a:\nb: x\n"),
        ("a: 0o17\nb:  no\nc: 12:30\n", "a: 0o17\nb: no\nc: 12:30\n"),
        ("a: [x,\n    y]\n", "a: [x, y]\n"),
        ("a: &one [x]\nb:   *one\n", "a: &one [x]\nb: *one\n"),
        (f"a: [{'слово, ' * 20}\n  x]\n", "a:\n" + "  - слово\n" * 20 + "  - x\n"),
        (f"a: [{'слово, ' * 20}x]\n", f"a: [{'слово, ' * 20}x]\n"),
    ],
)
def test_small_files(text: str, formatted: str) -> None:
    assert format_text(HERE, text) == formatted
    assert format_text(HERE, formatted) == formatted


@pytest.mark.parametrize("text", ["a: [x\n", "a: 1\na: 2\n", "a: [x, # why\n    y]\nb: 1\n"])
def test_what_cannot_be_kept_is_left_alone(text: str) -> None:
    try:
        formatted = format_text(HERE, text)
    except UsageError as error:
        assert str(HERE) in str(error)  # noqa: PT017
    else:
        assert (read(formatted), "# why" in formatted) == (read(text), True)
