"""The demo inside this process, and the errors at the process boundary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.options import hoist


@pytest.mark.untraced
def test_the_demo_prints_the_digest_and_where_it_is(marsad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = marsad("demo")
    assert done.code == 0, done.err
    said = dict(line.split(":", 1) for line in done.out.splitlines()[-4:] if ":" in line)
    assert Path(said["Maildir"].strip()).is_dir()
    assert (Path(said["configuration"].strip()) / "marsad.yaml").is_file()
    assert "بوتين" in done.out
    assert done.out.count("HTML part:") == 1
    assert list((Path(said["Maildir"].strip()) / "new").iterdir())


@pytest.mark.untraced
def test_the_demo_as_json(marsad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = marsad("demo", "--json").data
    [message] = told["messages"]
    assert "بوتين" in message["text"]
    assert Path(told["html"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [delivery["state"] for delivery in told["outcome"]["deliveries"]] == ["sent"]


@pytest.mark.parametrize(
    ("given", "hoisted"),
    [
        (["check", "--json"], ["--json", "check"]),
        (["check", "--config", "x", "--verbose"], ["--config", "x", "--verbose", "check"]),
        (["check", "--config=x"], ["--config=x", "check"]),
        (["match", "--", "--json"], ["match", "--", "--json"]),
        (["check", "--config"], ["check", "--config"]),
        (["digest", "send", "now", "--json"], ["--json", "digest", "send", "now"]),
        ([], []),
    ],
)
def test_global_options_work_before_and_after_the_command(given: list[str], hoisted: list[str]) -> None:
    assert hoist(given) == hoisted


def test_both_places_do_the_same(marsad, desk: Path) -> None:
    before = marsad("--config", desk, "--json", "show", "rule", "kremlin")
    after = marsad("show", "rule", "kremlin", "--json", "--config", desk)
    assert before == after
    assert before.code == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_ends_the_command_quietly(
    desk: Path, monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    lines = desk / "in.jsonl"
    lines.write_text('{"id": 1, "headline": "Путина ждут"}\n' * 2000, encoding="utf-8")
    command = [sys.executable, "-m", "monitor", "match", str(lines), "--config", str(desk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        said = process.stderr.read().decode()
    assert process.returncode == 1
    assert said.splitlines() == [f"configuration: {desk} (--config)"]


def test_ctrl_c_ends_with_130_and_no_traceback(desk: Path) -> None:
    command = [sys.executable, "-m", "monitor", "match", "--config", str(desk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write('{"id": 1, "headline": "Путина ждут"}\n'.encode() * 200)
        process.stdin.flush()
        assert process.stdout.read(1) == b"{"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in said


def test_a_bug_is_one_line_and_a_traceback_on_demand(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as where a broken launcher closed it
    quiet = marsad("match", "--config", desk)
    assert quiet.code == 1
    assert quiet.err.splitlines()[-1].startswith("marsad: internal error: AttributeError: ")
    assert "Traceback" not in quiet.err
    assert "Traceback" in marsad("match", "--verbose", "--config", desk).err


def test_an_unreadable_store_is_for_a_person(marsad, desk: Path) -> None:
    marsad("once", "--config", desk)
    [store] = (desk / "state").glob("*.sqlite*")
    store.write_bytes(b"not a database" * 100)
    refused = marsad("status", "--config", desk)
    assert refused.code == 2
    assert os.fspath(store) in refused.err


def test_the_collector_is_back_once_all_is_imported_and_leaves_that_alone() -> None:
    program = (
        "import gc, sys; from monitor.__main__ import main; sys.argv = ['marsad', 'schema', 'rules']; main(); "
        "sys.exit(0 if gc.isenabled() and gc.get_freeze_count() > 100_000 else 3)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
