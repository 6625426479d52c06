"""What is no UTF-8 (file names, arguments, the environment) or half a character (YAML escapes) ends no command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

BYTE = "\udcff"  # how Python hands on a byte that is no UTF-8
HALF = "an incomplete character (U+D83D); type the text again"


@pytest.fixture
def odd(desk: Path, tmp_path: Path) -> Path:
    """The desk, in a folder whose name is no UTF-8."""
    folder = tmp_path / f"desk {BYTE}"
    shutil.copytree(desk, folder, ignore=shutil.ignore_patterns("desk*"))
    return folder


def test_a_folder_whose_name_is_no_utf_8_is_a_configuration_like_any_other(marsad: Any, odd: Path) -> None:
    assert [marsad(command, "--config", odd).code for command in ("check", "once", "status")] == [0, 0, 0]
    for command in (["show", "rule", "kremlin"], ["sources", "list"], ["sources", "export"], ["status"]):
        shown = marsad(*command, "--config", odd)
        assert (shown.code, shown.err.count("internal error")) == (0, 0)
    [origin, *_] = marsad("show", "rule", "kremlin", "--json", "--config", odd).data
    assert origin["origin"]["file"].endswith("desk \N{REPLACEMENT CHARACTER}/rules/kremlin.yaml")


def test_its_last_good_copy_is_used_too(marsad: Any, odd: Path) -> None:
    marsad("once", "--config", odd)
    (odd / "rules" / "kremlin.yaml").write_text("rules: [", encoding="utf-8")
    held = marsad("status", "--config", odd)
    assert (held.code, "the last good one is in force" in held.out) == (1, True)


def test_a_rule_file_whose_name_is_no_utf_8_is_read_and_named(marsad: Any, desk: Path) -> None:
    path = desk / "rules" / f"bad {BYTE}.yaml"
    path.write_text("entities: {baku: {names: [Baku]}}\n", encoding="utf-8")
    assert marsad("show", "entity", "baku", "--json", "--config", desk).code == 0
    path.write_text("rules: [", encoding="utf-8")
    refused = marsad("check", "--json", "--config", desk)
    assert refused.code == 2
    assert "bad \N{REPLACEMENT CHARACTER}.yaml" in json.dumps(refused.data, ensure_ascii=False)


def test_an_article_whose_name_is_no_utf_8_is_read(marsad: Any, desk: Path) -> None:
    (desk / "articles" / f"two {BYTE}.txt").write_text("Putin speaks in Baku\n\nHe does.\n", encoding="utf-8")
    assert marsad("once", "--config", desk).code == 0
    assert marsad("status", "--json", "--config", desk).data["summary"]["articles"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "rule", f"x{BYTE}"],
        ["digest", "preview", f"x{BYTE}"],
        ["outbox", "drop", f"x{BYTE}"],
        ["sources", "add", f"http://{BYTE}.example.org/"],
        ["match", f"missing {BYTE}"],
        ["match", "--rules", f"missing {BYTE}"],
        [f"x{BYTE}"],
    ],
)
def test_an_argument_that_is_no_utf_8_is_refused_with_a_sentence(marsad: Any, desk: Path, arguments: list[str]) -> None:
    if arguments[0] in {"digest", "outbox"}:  # which look into the store first
        marsad("once", "--config", desk)
    refused = marsad(*arguments, "--config", desk)
    assert refused.code == 2
    assert "internal error" not in refused.err
    assert "dcff" in refused.err.casefold()


def test_an_argument_that_is_no_utf_8_is_written_with_a_mark_in_its_place(marsad: Any) -> None:
    suggested = marsad("entity", "suggest", f"Aliyev{BYTE}", "--json")
    assert (suggested.code, suggested.err.count("internal error")) == (0, 0)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rules/x.yaml", 'rules:\n  r: {title: "cut \\ud83d", any: [{text: abc}]}\n'),
        ("rules/x.yaml", 'rules:\n  "r\\ud83d": {title: t, any: [{text: abc}]}\n'),
        ("rules/x.yaml", 'rules:\n  r: {title: t, any: [{text: "\\ud83d\\ude00"}], examples: {match: ["\\udfff"]}}\n'),
        ("sources.yaml", 'sources:\n  - {id: "s\\ud83d", path: articles}\n'),
        ("digests.yaml", 'digests:\n  "n\\ud83d": {to: [desk@example.org], template: "\\ud83d"}\n'),
        ("people", 'people:\n  sami: {email: sami@example.org, name: "S\\ud83d"}\n'),
    ],
)
def test_half_a_character_in_a_file_is_refused_with_its_place(marsad: Any, desk: Path, file: str, text: str) -> None:
    if file == "people":
        file, text = "marsad.yaml", (desk / "marsad.yaml").read_text(encoding="utf-8") + text
    (desk / file).write_text(text, encoding="utf-8")
    refused = marsad("check", "--config", desk)
    assert refused.code == 2
    assert any(f"{file}:" in line and HALF in line for line in refused.err.splitlines())
    assert "internal error" not in refused.err


def test_an_environment_that_is_no_utf_8_ends_nothing(marsad: Any, desk: Path, monkeypatch: Any) -> None:
    for name in ("TZ", "LANG", "HOME", "TERM", "PW"):
        monkeypatch.setenv(name, f"x{BYTE}")
    channel = "{type: smtp, host: 127.0.0.1, port: 1, tls: none, from: m@example.org, user: u, password: {env: PW}}"
    (desk / "marsad.yaml").write_text(f"config: 1\nstate: state\nchannels: {{mail: {channel}}}\n", encoding="utf-8")
    for command in ("check", "once", "status"):
        done = marsad(command, "--config", desk)
        assert "internal error" not in done.err


def test_a_state_directory_whose_name_is_no_utf_8_is_used(marsad: Any, desk: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(desk / f"state {BYTE}"))
    main = desk / "marsad.yaml"
    main.write_text(main.read_text(encoding="utf-8").replace("state: state\n", ""), encoding="utf-8")
    assert [marsad(command, "--config", desk).code for command in ("once", "status")] == [0, 0]
    assert (desk / f"state {BYTE}" / "marsad.sqlite").exists()
