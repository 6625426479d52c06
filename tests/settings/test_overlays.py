"""`add:` and `remove:` change the names of a pack's entity, and say clearly what they cannot change."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.names.model import Name
from monitor.settings.describe import describe_thing
from monitor.settings.schema import json_schema

MAIN = "packs: [leaders, regions]\nchannels: {box: {type: console}}\n"
OVERLAY = """\
entities:
  putin:
    add: {uz: [Putin], ru: [Владимир Путин]}
    remove: [פוטין]
"""


def change(rules: str, **more: str) -> dict[str, str]:
    return {"marsad.yaml": MAIN, "digests.yaml": "digests: {}\n", "rules/own.yaml": rules, **more}


def list_errors(loaded: Any) -> list[tuple[str, int, str, str]]:
    return [(one.file.name, one.line, one.what, one.hint) for one in loaded.problems if one.is_error]


def test_names_are_added_and_removed_and_the_rest_stays(settle) -> None:
    putin = settle(change(OVERLAY)).watchlist.entities["putin"]
    assert putin.names == (
        Name(text="Путин", language="ru"),
        Name(text="بوتين", language="ar"),
        Name(text="Putin", language="uz"),
        Name(text="Владимир Путин", language="ru"),
    )
    assert (putin.kind, putin.pack) == ("leader", "leaders")


def test_it_is_no_replacement_that_a_note_would_have_to_name(load) -> None:
    assert [one for one in load(change(OVERLAY)).problems if "replaces" in one.what] == []


def test_a_name_can_be_removed_in_one_language(settle) -> None:
    pack = "entities:\n  x: {names: {en: [Sisi, el-Sisi], fr: [Sisi]}}\n"
    rules = "entities:\n  x: {remove: {en: [Sisi]}}\n"
    names = settle(change(rules, **{"rules/team.yaml": pack})).watchlist.entities["x"].names
    assert names == (Name(text="el-Sisi", language="en"), Name(text="Sisi", language="fr"))


def test_a_short_name_can_be_removed(settle) -> None:
    pack = "entities:\n  x: {names: {en: [Abdel Fattah al-Burhan]}, short: {ar: [البرهان], en: [Burhan]}}\n"
    rules = "entities:\n  x: {remove: [البرهان]}\n"
    entity = settle(change(rules, **{"rules/team.yaml": pack})).watchlist.entities["x"]
    assert entity.short == (Name(text="Burhan", language="en"),)


def test_two_files_may_change_one_entity_and_a_name_twice_added_is_one(settle) -> None:
    more = {"rules/more.yaml": "entities:\n  putin: {add: {uz: [Putin], ky: [Путин]}}\n"}
    names = settle(change(OVERLAY, **more)).watchlist.entities["putin"].names
    assert [name.text for name in names if name.language in {"uz", "ky"}] == ["Putin", "Путин"]


def test_a_territory_gets_a_name_more(settle) -> None:
    rules = "entities:\n  syria: {add: {ar: [سورية الجديدة]}}\n"
    pack = "entities:\n  syria: {kind: region, territory: SY}\n"
    entity = settle(change(rules, **{"rules/team.yaml": pack})).watchlist.entities["syria"]
    assert (entity.territory, [name.text for name in entity.names]) == ("SY", ["سورية الجديدة"])


def test_show_says_where_each_name_stands(settle) -> None:
    lines = {line.key: line for line in describe_thing(settle(change(OVERLAY)), "entity", "putin")}
    places = {
        key: (line.value, line.origin.file.name, line.origin.line)
        for key, line in lines.items()
        if key.startswith("names") and line.origin
    }
    assert places == {
        "names.ru[0]": ("Путин", "leaders.yaml", 2),
        "names.ar[0]": ("بوتين", "leaders.yaml", 2),
        "names.uz[0]": ("Putin", "own.yaml", 3),
        "names.ru[1]": ("Владимир Путин", "own.yaml", 3),
    }
    id_origin = lines["id"].origin
    assert id_origin is not None
    assert id_origin.file.name == "leaders.yaml"


@pytest.mark.parametrize(
    ("rules", "line", "what", "hint"),
    [
        ("entities:\n  putni: {add: [X Y]}\n", 2, "there is no entity 'putni' to change", "did you mean 'putin'?"),
        (
            "entities:\n  zzz: {add: [X Y]}\n",
            2,
            "there is no entity 'zzz' to change",
            "to define an entity, write names instead of add",
        ),
        (
            "entities:\n  putin:\n    add: [Vova]\n    remove: [Пути]\n",
            4,
            "'putin' has no name 'Пути'",
            "did you mean 'Путин'?",
        ),
        (
            "entities:\n  putin: {remove: {ar: [Путин]}}\n",
            2,
            "'putin' has no name 'Путин' in ar",
            "marsad show entity putin lists its names",
        ),
        (
            "entities:\n  putin: {remove: [Путин, بوتين, פוטין]}\n",
            2,
            "no name of 'putin' is left",
            "keep one, or add one: without a name nothing can be found",
        ),
        (
            "entities:\n  putin: {names: [Putin], add: [Vova]}\n",
            2,
            "both names and add",
            "add and remove change the names of a pack's entity; the other keys define an entity",
        ),
        (
            "entities:\n  putin: {kind: person, remove: [Путин]}\n",
            2,
            "both kind and remove",
            "add and remove change the names of a pack's entity; the other keys define an entity",
        ),
        ("entities:\n  putin: {add: []}\n", 2, "an empty list", ""),
    ],
)
def test_what_cannot_be_changed(load, rules: str, line: int, what: str, hint: str) -> None:
    assert list_errors(load(change(rules))) == [("own.yaml", line, what, hint)]


def test_the_pack_that_would_have_it_is_named(load) -> None:
    files = change("entities:\n  karabakh: {add: [Arzach]}\n")
    files["marsad.yaml"] = MAIN.replace("[leaders, regions]", "[leaders]")
    [(_, _, what, hint)] = list_errors(load(files))
    assert what == "there is no entity 'karabakh' to change"
    assert hint == "the shipped pack regions has it: packs: [regions] in marsad.yaml"


def test_a_group_has_no_names_to_change(load) -> None:
    [(_, line, what, _)] = list_errors(
        load(change("groups:\n  them: [putin]\n", **{"rules/more.yaml": "entities:\n  them: {add: [Them All]}\n"}))
    )
    assert (line, what) == (2, "'them' is a group")


def test_a_removed_name_is_free_for_another_entity(load) -> None:
    own = "entities:\n  putin: {remove: [Путин]}\n  other: {names: {ru: [Путин]}}\n"
    assert [one.what for one in load(change(own)).problems if "belongs" in one.what] == []
    [warning] = [
        one.what
        for one in load(change("entities:\n  putin: {add: {en: [Карабах]}}\n")).problems
        if "belongs" in one.what
    ]
    assert warning.startswith("the name 'Карабах' belongs to ")


def test_the_schema_has_both_keys() -> None:
    keys = json_schema()["rules"]["$defs"]["EntityShape"]["properties"]
    assert {"add", "remove"} <= set(keys)
