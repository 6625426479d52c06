"""sources.yaml is edited as a person would: one entry changes, and every other byte stays."""

from __future__ import annotations

import pytest

from monitor.errors import UsageError
from monitor.settings.edit import remove_source, set_value

BLOCK = """\
# our feeds
sources:
  # the agency
  - id: tass   # Russian
    url: https://tass.example/rss   # the old one
    tags: [wire]
  - id: وكالة

    url: "https://ar.example/rss"
# at the end
  - {id: flow, url: https://flow.example/rss}  # short
"""
FLOW = "sources: [{id: a, url: https://a.example/}, {id: b, url: https://b.example/, paused: true}] # all\n"


@pytest.mark.parametrize(
    ("before", "identifier", "gone"),
    [
        (
            BLOCK,
            "tass",
            "  - id: tass   # Russian\n    url: https://tass.example/rss   # the old one\n    tags: [wire]\n",
        ),
        (BLOCK, "وكالة", '  - id: وكالة\n\n    url: "https://ar.example/rss"\n'),
        (BLOCK, "flow", "  - {id: flow, url: https://flow.example/rss}  # short\n"),
        (FLOW, "a", "{id: a, url: https://a.example/}, "),
        (FLOW, "b", ", {id: b, url: https://b.example/, paused: true}"),
    ],
)
def test_only_the_lines_of_the_source_go(before: str, identifier: str, gone: str) -> None:
    assert gone in before
    assert remove_source(before, identifier) == before.replace(gone, "")


@pytest.mark.parametrize(
    "before",
    [
        "sources:\n  - id: a\n    path: x\n",
        "# c\nsources: [{id: a, path: x}]\n",
        "sources:\n- {id: a, path: x}\nx: 1\n",
    ],
)
def test_the_last_source_leaves_an_empty_list(before: str) -> None:
    after = remove_source(before, "a")
    assert "sources: []" in after
    assert after.startswith("# c") == before.startswith("# c")
    assert after.endswith("x: 1\n") == before.endswith("x: 1\n")


@pytest.mark.parametrize(
    ("before", "identifier", "key", "written", "old", "new"),
    [
        (BLOCK, "tass", "url", '"https://new.example/"', "https://tass.example/rss ", '"https://new.example/" '),
        (BLOCK, "tass", "paused", "true", "    tags: [wire]\n", "    tags: [wire]\n    paused: true\n"),
        (BLOCK, "flow", "paused", "true", "rss}  # short", "rss, paused: true}  # short"),
        (BLOCK, "tass", "tags", None, "    tags: [wire]\n", ""),
        (FLOW, "b", "paused", None, ", paused: true}", "}"),
        (FLOW, "b", "paused", "false", "true", "false"),
        (FLOW, "a", "paused", None, "", ""),
        ("sources:\n  - id: a\n    path: x", "a", "paused", "true", "path: x", "path: x\n    paused: true\n"),
    ],
)
def test_only_the_value_changes(
    before: str, identifier: str, key: str, written: str | None, old: str, new: str
) -> None:
    assert set_value(before, identifier, key, written) == (before.replace(old, new, 1) if old else before)


@pytest.mark.parametrize("before", [BLOCK, FLOW, "sources: []\n", "sources:\n"])
def test_an_unknown_id_is_an_error(before: str) -> None:
    for change in (lambda: remove_source(before, "nobody"), lambda: set_value(before, "nobody", "paused", "true")):
        with pytest.raises(UsageError, match=r"no source has the id 'nobody'|no list under"):
            change()


def test_an_entry_with_an_alias_is_left_to_a_person() -> None:
    before = "sources:\n  - &one\n    id: a\n    path: x\n  - {<<: *one, id: b}\n"
    with pytest.raises(UsageError, match=r"by hand|is not valid YAML"):
        remove_source(before, "a")
