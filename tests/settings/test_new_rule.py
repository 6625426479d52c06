"""What `marsad new rule` writes for what a person answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.model import RuleId, Severity
from monitor.settings.append import load_plain
from monitor.settings.files import read_files
from monitor.settings.format import format_text
from monitor.settings.new_rule import RuleWish, draft_rule, list_owners, select_in_digest, try_draft

DESK = "entities:\n  water: {names: [drought]}\ngroups: {leaders: [water]}\nrules: {dry: {any: [water]}}\n"


@pytest.fixture
def files(write: Callable[[Mapping[str, str]], Path], packs: Path):
    main = "config: 1\nchannels: {box: {type: maildir, path: mail}}\npeople: {sami: {email: sami@example.org}}\n"
    return read_files(write({"rules/desk.yaml": DESK, "marsad.yaml": f"{main}packs: [regions]\n"}), packs)


def test_ids_are_used_and_other_names_become_entities(files) -> None:
    wish = RuleWish(
        title="سلامة السدود: 2026",
        names=("سد", "плотина", "Water"),
        together=("karabakh",),
        without=("football", "leaders"),
        severity=Severity.URGENT,
    )
    draft = replace(draft_rule(wish, files), match=("سد: в Карабах",), skip=("- x",))
    text, loaded = try_draft(draft, files)
    assert loaded.settings is not None, loaded.problems
    assert load_plain(text) == {
        "entities": {"سد": {"kind": "topic", "names": ["سد", "плотина"]}},
        "rules": {
            "سلامة-السدود-2026": {
                "title": "سلامة السدود: 2026",
                "all": [{"any": ["water", "سد"]}, {"any": ["karabakh"]}],
                "none": [{"text": "football"}, "leaders"],
                "severity": "urgent",
                "examples": {"match": ["سد: в Карабах"], "skip": ["- x"]},
            }
        },
    }
    assert format_text(draft.path, text) == text
    assert RuleId("سلامة-السدود-2026") in loaded.settings.watchlist.rules


def test_a_name_that_an_entity_has_already_stands_for_it(files) -> None:
    _, loaded = try_draft(draft_rule(RuleWish(title="x", names=("new",)), files), files)
    owners = list_owners(loaded.settings.watchlist)
    wish = RuleWish(title="Drought", names=("Drought", "قره باغ", "Карабах", "Dürre"), without=("Karabakh",))
    draft = draft_rule(wish, files, owners)
    assert (draft.all, draft.none) == ((("water", "karabakh", "dürre"),), ("karabakh",))
    assert draft.entities == {"dürre": ("Dürre",)}


def test_ids_and_files_that_are_taken_get_a_number(files) -> None:
    draft = draft_rule(RuleWish(title="Dry", names=("dry land",)), files)
    assert (draft.id, draft.path.name) == ("dry-2", "dry.yaml")
    draft = draft_rule(RuleWish(title="Desk", names=("desk",)), files)
    assert (draft.id, draft.path.name, list(draft.entities)) == ("desk", "desk-2.yaml", ["desk-2"])
    assert try_draft(draft, files)[1].settings is not None


@pytest.mark.parametrize("name", ["null", "12:30", "yes", "a: b", "#xyz", 'say "x"', "O’Neil", "Жан-Клод", "旱灾"])
def test_every_name_is_written_as_it_was_said(files, name: str) -> None:
    draft = draft_rule(RuleWish(title=name, names=(name,)), files)
    text, loaded = try_draft(draft, files)
    [entity] = load_plain(text)["entities"].values()
    assert entity["names"] == [name]
    assert loaded.settings is not None, loaded.problems


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('digests:\n  d: {to: [x], rules: ["a-*"]}  # c\n', 'digests:\n  d: {to: [x], rules: ["a-*", новое]}  # c\n'),
        (
            "digests:\n  d:\n    rules:\n      - a  # c\n    to: [x]\n",
            "digests:\n  d:\n    rules:\n      - a  # c\n      - новое\n    to: [x]\n",
        ),
        ("digests:\n  d:\n    rules:\n    - a", "digests:\n  d:\n    rules:\n    - a\n    - новое"),
    ],
)
def test_a_digest_gets_the_rule_and_keeps_every_other_byte(before: str, after: str) -> None:
    assert select_in_digest(before, "d", "новое") == after


def test_a_digest_that_cannot_be_edited_is_named() -> None:
    with pytest.raises(UsageError, match="add 'x' to `rules:` of the digest d"):
        select_in_digest("digests: {d: {to: [x]}}\n", "d", "x")
