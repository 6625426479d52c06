"""Sources are added as a person would: what stood in the file stands there still, byte for byte."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitor.errors import UsageError
from monitor.settings.append import Namer, append_sources, find_fault, replace_file

NEW = {"id": "وكالة", "url": "https://example.org/rss?a=1&b=#2", "tags": ["wire", "yes: no", "١"], "language": "ar"}
FILES = {
    "empty": "",
    "only a comment": "# what is watched",
    "no list yet": "sources:\n",
    "empty list": "sources: []  # none yet\n",
    "in brackets": "sources: [{id: a, path: x}]\n",
    "usual": "# head\nsources:\n  # one\n  - id: a   # why\n    path: x\n",
    "no newline at the end": "sources:\n  - id: a\n    path: x",
    "not indented": "sources:\n- id: a\n  path: x\n  tags:\n  - t # last\n\n# tail\n",
    "wide": "sources:\n    -   id: a\n        path: x\n# tail\n",
    "mapping in brackets": "sources:\n  - {id: a, path: x}\n",
    "over lines": "sources:\n  - {id: a,\n     path: x}  # here\n\n  # tail\n",
    "folded text": "sources:\n  - id: a\n    path: >-\n      x\n      y\n",
    "null at the end": "sources:\n  - id: a\n    path: x\n    every:\n",
    "windows lines": "sources:\r\n  - id: a\r\n    path: x\r\n",
    "document marks": "---\nsources:\n  - id: a\n    path: x\n...\n",
}


def load(text: str) -> Any:
    return (YAML(typ="safe", pure=True).load(text) or {}).get("sources") or []


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_new_ones_are_last_and_the_others_as_before(text: str) -> None:
    added = append_sources(text, [NEW, {"id": "b", "url": "https://example.net/"}])
    assert load(added) == [*load(text), NEW, {"id": "b", "url": "https://example.net/"}]
    assert append_sources(added, []) == added


@pytest.mark.parametrize("name", set(FILES) - {"empty list", "in brackets", "no newline at the end", "only a comment"})
def test_every_line_stays_as_it_was(name: str) -> None:
    before, after = FILES[name].splitlines(), append_sources(FILES[name], [NEW]).splitlines()
    assert [line for line in after if line in before] == before


def test_comments_below_the_list_stay_below_it() -> None:
    added = append_sources("sources:\n  - id: a\n    path: x\n\n# the end\n", [{"id": "b", "path": "y"}])
    assert added == "sources:\n  - id: a\n    path: x\n  - id: b\n    path: y\n\n# the end\n"


def test_a_list_in_brackets_keeps_its_comments() -> None:
    assert "# none yet" in append_sources(FILES["empty list"], [NEW])


@pytest.mark.parametrize("text", ["sources: 3\n", "- a\n", "sources: [\n", "sources: {a: b}\n"])
def test_what_is_no_list_of_sources_is_left_alone(text: str) -> None:
    with pytest.raises(UsageError, match=r"sources\.yaml"):
        append_sources(text, [NEW])


@pytest.mark.parametrize(
    ("title", "identifier"),
    [
        ("BBC News – Middle East", "bbc-news-middle-east"),
        ("وكالة الأنباء السورية (سانا)", "وكالة-الأنباء-السورية-سانا"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("*?[]", "source"),
        ("x" * 100, "x" * 40),
        ("a.example.org", "a.example.org-3"),
    ],
)
def test_ids_come_from_titles(title: str, identifier: str) -> None:
    made = Namer({"a.example.org", "a.example.org-2"})(title)
    assert made == identifier
    assert find_fault({"id": made, "url": "https://example.org/"}) is None


def test_faults_are_named_in_the_words_of_check() -> None:
    assert "ftp://" in (find_fault({"id": "a", "url": "ftp://example.org/"}) or "")
    assert "url or path is missing" in (find_fault({"id": "a"}) or "")


def test_a_file_is_replaced_through_links_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "sources.yaml"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    replace_file(link, "нов\r\n")
    assert link.is_symlink()
    assert real.read_bytes() == "нов\r\n".encode()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real.yaml", "sources.yaml"]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written"):
        replace_file(tmp_path / "file" / "sources.yaml", "x")
