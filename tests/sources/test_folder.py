"""The folder source on real files: what is new is read once, what cannot be read is said once, nothing blocks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import FetchError
from monitor.model import Answer, Document, NotModified, PollState, Source, SourceId, Unreadable
from monitor.sources.folder import LARGEST, FolderKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def fetch(root: Path, state: PollState | None = None) -> tuple[Sequence[Answer], PollState]:
    """One fetch, and the state that a poll makes of it."""
    source = Source(id=SourceId("saved"), traits=FolderKind.traits, path=root)
    state = state or PollState(source=source.id, next_poll_at=NOW)
    answers = asyncio.run(FolderKind().fetch(source, state, NOW))
    known = {answer.location: answer.validator for answer in answers if answer.validator}
    return answers, replace(state, validators=known)


def name_kinds(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    return [(answer.location, type(answer).__name__) for answer in answers]


def test_every_article_and_feed_in_depth_and_nothing_else(tmp_path: Path) -> None:
    for name in ["b.txt", "a/خبر.txt", "a/feed.XML", "c.rss", "d.atom", "e.rdf", "f.json"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    for name in [".hidden.txt", "b.txt~", "#b.txt", "~b.txt", "picture.png", ".git/x.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    answers, _ = fetch(tmp_path)
    assert {location for location, _ in name_kinds(answers)} == {
        "b.txt", "a/خبر.txt", "a/feed.XML", "c.rss", "d.atom", "e.rdf", "f.json",
    }  # fmt: skip
    assert all(isinstance(answer, Document) for answer in answers)


def test_a_second_poll_reads_only_what_changed(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("one")
    _, state = fetch(tmp_path)
    (tmp_path / "new.txt").write_text("two")
    answers, state = fetch(tmp_path, state)
    assert name_kinds(answers) == [("new.txt", "Document"), ("old.txt", "NotModified")]
    (tmp_path / "old.txt").write_text("three")
    answers, _ = fetch(tmp_path, state)
    assert name_kinds(answers) == [("new.txt", "NotModified"), ("old.txt", "Document")]


def test_a_touched_file_is_not_parsed_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("same")
    _, state = fetch(tmp_path)
    os.utime(path, (1, 1))
    [answer], after = fetch(tmp_path, state)
    assert isinstance(answer, NotModified)
    assert after.validators["a.txt"].etag != state.validators["a.txt"].etag


def test_an_empty_file_is_said_once_and_read_when_it_has_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    [answer], state = fetch(tmp_path)
    assert isinstance(answer, Unreadable)
    assert "empty" in answer.reason
    [again], state = fetch(tmp_path, state)
    assert isinstance(again, NotModified)
    path.write_text("text")
    [answer], _ = fetch(tmp_path, state)
    assert isinstance(answer, Document)


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    with (tmp_path / "huge.xml").open("wb") as file:
        file.truncate(LARGEST + 1)
    (tmp_path / "good.txt").write_text("x")
    answers, _ = fetch(tmp_path)
    reasons = {answer.location: answer.reason for answer in answers if isinstance(answer, Unreadable)}
    assert "regular file" in reasons["pipe.txt"]
    assert "No such file" in reasons["gone.txt"]
    assert "at most 10 MB" in reasons["huge.xml"]
    assert ("good.txt", "Document") in name_kinds(answers)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_access_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    path.chmod(0)
    [answer], _ = fetch(tmp_path)
    assert isinstance(answer, Unreadable)
    assert "read access" in answer.reason


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="make the folder, or correct `path` of source saved"):
        fetch(tmp_path / "none")


def test_a_single_file_is_a_source_too(tmp_path: Path) -> None:
    path = tmp_path / "feed.anything"
    path.write_text("x")
    [answer], _ = fetch(path)
    assert (answer.location, type(answer)) == ("feed.anything", Document)


def test_a_deleted_file_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    _, state = fetch(tmp_path)
    path.unlink()
    answers, after = fetch(tmp_path, state)
    assert (list(answers), dict(after.validators)) == ([], {})


def test_its_files_are_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("عنوان الخبر\n\nالنص", encoding="utf-8")
    [document], _ = fetch(tmp_path)
    assert isinstance(document, Document)
    source = Source(id=SourceId("saved"), traits=FolderKind.traits, path=tmp_path)
    [article] = asyncio.run(FolderKind().parse(source, document)).articles
    assert (article.headline, article.body, article.first_seen_at) == ("عنوان الخبر", "النص", NOW)
