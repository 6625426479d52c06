from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

GOOD = '{"id": 1, "headline": "Путина ждут", "body": "в Кремле", "other": null}\n'


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_one_line_per_rule_with_code_point_offsets(marsad, desk: Path) -> None:
    lines = write_lines(desk / "in.jsonl", GOOD, "\n", '{"id": "b", "headline": "", "body": "🙂 وبوتين"}\n')
    done = marsad("match", lines, "--config", desk)
    assert done.code == 0
    first, second = map(json.loads, done.out.splitlines())
    assert (first["id"], first["rule"], first["score"]) == (1, "kremlin", 95)
    assert first["evidence"] == [
        {
            "entity": "putin",
            "term": "Путин",
            "field": "headline",
            "start": 0,
            "end": 6,
            "text": "Путина",
            "tier": "inflected",
            "score": 95,
        }
    ]
    [evidence] = second["evidence"]
    assert (evidence["start"], evidence["end"], evidence["tier"]) == (2, 8, "proclitic")


def test_entities_whatever_the_rules_from_these_files_only(marsad, desk: Path) -> None:
    lines = write_lines(desk / "in.jsonl", GOOD)
    done = marsad("match", "--entities", "--rules", desk / "rules", lines)
    assert done.code == 0
    assert [json.loads(line)["entity"] for line in done.out.splitlines()] == ["putin"]
    assert "configuration:" not in done.err


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{\n", "is not JSON"),
        (b"[1]\n", "expected an object"),
        (b'{"headline": "x"}\n', 'has no "id"'),
        (b'{"id": 1, "headline": 5}\n', '"headline" must be text, got int'),
        (b'{"id": 1, "headline": "\xff"}\n', "is not UTF-8 (byte"),
        (b'{"id": ' + b"1" * 5000 + b"}\n", "cannot be read: Exceeds the limit"),
        (b"[" * 100_000 + b"\n", "is not JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(marsad, desk: Path, line: bytes, why: str) -> None:
    (desk / "in.jsonl").write_bytes(line + GOOD.encode())
    done = marsad("match", desk / "in.jsonl", "--config", desk)
    assert done.code == 1
    assert f"in.jsonl:1: {why}" in done.err
    assert len(done.out.splitlines()) == 1


def test_standard_input_is_read_where_no_file_is_named(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ([], ["-"]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
        assert len(marsad("match", *arguments, "--config", desk).out.splitlines()) == 1


def test_the_source_of_a_line_decides_about_rules_for_sources(marsad, desk: Path) -> None:
    rules = (desk / "rules" / "kremlin.yaml").read_text(encoding="utf-8")
    (desk / "rules" / "kremlin.yaml").write_text(rules + "    sources: [saved]\n", encoding="utf-8")
    other = "  - {id: other, path: articles}\n"
    (desk / "sources.yaml").write_text((desk / "sources.yaml").read_text(encoding="utf-8") + other, encoding="utf-8")
    rows = [{"id": name, "headline": "Putin", "source": name} for name in ("saved", "other", "unheard-of")]
    lines = write_lines(desk / "in.jsonl", *(json.dumps(row) + "\n" for row in rows))
    done = marsad("match", lines, "--config", desk)
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["saved", "unheard-of"]


def test_missing_files_and_broken_rules_are_for_the_user_to_mend(marsad, desk: Path) -> None:
    assert "in.jsonl: No such file" in marsad("match", desk / "in.jsonl", "--config", desk).err
    missing = marsad("match", "--rules", desk / "nothing.yaml")
    assert missing.code == 2
    assert "no such file or folder" in missing.err
    (desk / "rules" / "kremlin.yaml").write_text("rules: [1]\n", encoding="utf-8")
    broken = marsad("match", "--rules", desk / "rules")
    assert broken.code == 2
    assert "kremlin.yaml:1:" in broken.err


def run_on_terminal(*arguments: str | Path) -> tuple[str, str]:
    """What the command writes to a file, and to a terminal that shows its stderr."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "monitor", *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    seen = b""
    # A file, not a pipe: a full pipe would stop the command while only its stderr is read here.
    with tempfile.TemporaryFile() as out:
        with subprocess.Popen(command, stdout=out, stderr=theirs, env=environment):
            os.close(theirs)
            while chunk := read_some(ours):
                seen += chunk
        os.close(ours)
        out.seek(0)
        return out.read().decode(), seen.decode()


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side has closed
        return b""


def test_a_terminal_sees_a_bar_and_the_pipe_only_data(desk: Path) -> None:
    lines = write_lines(desk / "in.jsonl", GOOD * 500)
    for jobs in ("1", "2"):
        out, seen = run_on_terminal("match", "--jobs", jobs, lines, "--config", desk)
        assert len(out.splitlines()) == 500
        assert all(line.startswith("{") for line in out.splitlines())
        assert "matching" in seen
        assert "%" in seen
    out, seen = run_on_terminal("once", "--all", "--config", desk)
    assert "polling" in seen
    assert "polling" not in out


def test_without_a_terminal_there_is_no_bar(marsad, desk: Path) -> None:
    lines = write_lines(desk / "in.jsonl", GOOD)
    assert "matching" not in marsad("match", lines, "--config", desk).err
    assert "polling" not in marsad("once", "--all", "--config", desk).err
