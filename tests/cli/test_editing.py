"""The commands fmt, new rule and schema --vscode, as a shell sees them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from monitor.cli.editing import _split

NEWS = (
    "سد النهضة: مصر تعرض اتفاقا",
    "Плотина на Ниле: Каир ждёт",
    "Egypt wins the football cup",
    "Egypt: dam football tournament",
    "مصر تستضيف القمة",
)
NAMES = ("--names", "dam، плотина، سد النهضة", "--with", "Egypt, مصر, Каир")


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def archive(desk: Path, marsad) -> Path:
    for number, headline in enumerate(NEWS):
        text = f"{headline}\n\nThe ministry said so on Monday, number {number}.\n"
        (desk / "articles" / f"{number}.txt").write_text(text, encoding="utf-8")
    assert marsad("once", "--config", desk).code == 0
    return desk


def test_fmt_formats_once_and_check_says_what_it_would(marsad, desk: Path) -> None:
    path = desk / "digests.yaml"
    path.write_text("digests:\n    now:   {to: [desk@example.org]}  # صباحا\n", encoding="utf-8")
    checked = marsad("fmt", "--check", "--config", desk)
    assert checked.code == 1
    assert f"{path}: not formatted" in checked.out
    written = marsad("fmt", "--config", desk)
    assert (written.code, f"{path}: formatted" in written.out) == (0, True)
    assert path.read_text("utf-8") == "digests:\n  now: {to: [desk@example.org]}  # صباحا\n"
    assert marsad("fmt", "--check", path).code == 0


def test_fmt_goes_on_after_a_file_that_it_cannot_read(marsad, desk: Path, tmp_path: Path) -> None:
    (desk / "marsad.yaml").write_text("a: [\n", encoding="utf-8")
    untidy = desk / "sources.yaml"
    untidy.write_text("sources:\n    - {id: saved,   path: articles}\n", encoding="utf-8")
    done = marsad("fmt", "--config", desk)
    assert done.code == 2
    assert "marsad.yaml has errors" in done.err
    assert untidy.read_text("utf-8") == "sources:\n  - {id: saved, path: articles}\n"
    assert marsad("fmt", desk / "no.yaml").code == 2
    assert marsad("fmt", "--config", tmp_path / "nothing").code == 2


def test_new_rule_takes_its_examples_from_the_archive(marsad, archive: Path) -> None:
    wrote = marsad("new", "rule", "Nile dam", *NAMES, "--without", "football", "--config", archive)
    assert wrote.code == 0, wrote.err
    path = archive / "rules" / "nile-dam.yaml"
    assert wrote.out.strip() == str(path)
    match, _, skip = path.read_text("utf-8").partition("skip:")
    assert f'"{NEWS[0]}"' in match
    assert f'"{NEWS[1]}"' in match
    assert f'"{NEWS[3]}"' in skip
    assert "systemctl reload marsad" in wrote.err
    checked = marsad("check", "--config", archive)
    assert checked.code == 0, checked.err
    assert marsad("fmt", "--check", "--config", archive, path).code == 0


def test_new_rule_asks_at_a_terminal(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk / "digests.yaml").write_text(
        'digests:\n  now: {to: [a@example.org], rules: ["kremlin"], severity: normal}\n', encoding="utf-8"
    )
    monkeypatch.setattr(sys, "stdin", Terminal("засуха, 旱灾\n\nfootball\nlwo\nlow\n\n"))
    wrote = marsad("new", "rule", "Water", "--config", desk)
    assert wrote.code == 0, wrote.err
    assert wrote.out == f"{desk / 'rules' / 'water.yaml'}\n"
    assert "'lwo' is not one of low, normal, urgent" in wrote.err
    assert "digest now reports normal and above only" in wrote.err
    text = (desk / "rules" / "water.yaml").read_text("utf-8")
    assert "names: [засуха, 旱灾]" in text
    assert "severity: low" in text
    assert 'rules: ["kremlin", water]' in (desk / "digests.yaml").read_text("utf-8")


def test_new_rule_without_answers_writes_nothing(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    ended = marsad("new", "rule", "Water", "--config", desk)
    assert (ended.code, "nothing was written" in ended.err) == (2, True)
    assert not (desk / "rules" / "water.yaml").exists()


def test_new_rule_writes_nothing_that_check_would_refuse(marsad, desk: Path) -> None:
    refused = marsad("new", "rule", "Water", "--names", "وا\u202eتر", "--config", desk)
    assert refused.code == 2
    assert "nothing was written" in refused.err
    assert not (desk / "rules" / "water.yaml").exists()
    unknown = marsad("new", "rule", "Water", "--digest", "mornin", "--config", desk)
    assert (unknown.code, "did you mean 'morning'?" in unknown.err) == (2, True)


def test_schema_vscode_writes_beside_the_configuration(marsad, desk: Path) -> None:
    wrote = marsad("schema", "--vscode", "--config", desk)
    assert wrote.code == 0
    assert str(desk / ".vscode" / "settings.json") in wrote.out.splitlines()
    assert (desk / ".schema" / "rules.json").is_file()
    assert marsad("check", "--config", desk).code == 0


def test_names_are_split_at_the_commas_of_every_script() -> None:
    assert _split(" سد النهضة، плотина;大坝、水库, dam ,,dam") == ("سد النهضة", "плотина", "大坝", "水库", "dam")


def test_an_example_of_the_archive_holds_without_the_language_of_its_source(marsad, archive: Path) -> None:
    """An article has the language of its source, an example has none."""
    (archive / "sources.yaml").write_text(
        "sources:\n  - {id: saved, path: articles, language: ru, every: 1s}\n", encoding="utf-8"
    )
    (archive / "articles" / "more.txt").write_text(
        "О плотине говорили в Каире\n\nБольше ничего нет.\n", encoding="utf-8"
    )
    assert marsad("once", "--all", "--config", archive).code == 0
    assert marsad("new", "rule", "Dam", "--names", "плотина", "--config", archive).code == 0
    assert marsad("check", "--config", archive).code == 0
