"""The command as a shell sees it, run inside this process so that failures have tracebacks and coverage."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from commands import Ran, run_command

from monitor.__main__ import main


@pytest.fixture
def marsad(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run one command and say how it ended."""

    return lambda *arguments: run_command(arguments, monkeypatch, capsys)


MARSAD = "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n"
SOURCES = "sources:\n  - {id: saved, path: articles, every: 1s}\n"
RULES = """\
entities:
  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}
rules:
  kremlin:
    title: Kremlin
    any: [putin]
    examples: {match: [Putin speaks], skip: [Rasputin speaks]}
"""
DIGESTS = """\
digests:
  morning: {to: [desk@example.org], at: "07:00"}
  now: {to: [desk@example.org], severity: urgent, schedule: immediate}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A configuration folder with one rule, one folder of articles, one Maildir and two digests."""
    files = {"marsad.yaml": MARSAD, "sources.yaml": SOURCES, "rules/kremlin.yaml": RULES, "digests.yaml": DIGESTS}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.txt").write_text("Путин выступил\n\nРечь Путина была короткой.\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def watching(tmp_path: Path) -> Path:
    """A configuration with a folder and a URL, as a person wrote it, and nothing else."""
    (tmp_path / "marsad.yaml").write_text(MARSAD, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(
        "# ours\nsources:\n  - id: saved  # by hand\n    path: articles\n"
        "  - id: wire\n    url: https://example.org/rss\n    tags: [wire, القوقاز]\n",
        encoding="utf-8",
    )
    (tmp_path / "articles").mkdir()
    return tmp_path


def write_polled(folder: Path, rules: str, texts: Mapping[str, tuple[str, str]]) -> Path:
    """A configuration with these rules in `folder`, whose articles were read; an item's id begins with its language."""
    items = [
        {"id": name, "title": headline, "content_text": body, "language": name[:2]}
        for name, (headline, body) in texts.items()
    ]
    files = {
        "marsad.yaml": "config: 1\nstate: state\n",
        "sources.yaml": SOURCES,
        "rules/own.yaml": rules,
        "articles/feed.json": json.dumps(
            {"version": "https://jsonfeed.org/version/1", "title": "Wire", "items": items}
        ),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["marsad", "once", "--config", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    return folder


@pytest.fixture(scope="session", name="write_polled")
def hand_out_write_polled() -> Callable[..., Path]:
    """`write_polled` for fixtures of a module, which cannot import it from here."""
    return write_polled
