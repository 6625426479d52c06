"""The feedback mailbox: what is read of it, whatever lies there, and what is settled."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from monitor.channels.mailbox import HEAD, LARGEST, FeedbackMaildir
from monitor.errors import MailboxUnreadable
from monitor.model.feedback import MailRefusal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    return tmp_path


@pytest.fixture
def box(folder: Path) -> FeedbackMaildir:
    return FeedbackMaildir(folder)


def test_new_mails_are_listed_in_order_read_and_settled(folder: Path, box: FeedbackMaildir) -> None:
    for name in ("2.M1.host", "1.M1.host", ".hidden", "3.M1.host"):
        (folder / "new" / name).write_bytes(b"Subject: " + name.encode())
    assert asyncio.run(box.list_new(2)) == ["1.M1.host", "2.M1.host"]
    assert asyncio.run(box.read("1.M1.host")) == b"Subject: 1.M1.host"
    asyncio.run(box.settle("1.M1.host"))
    assert (folder / "cur" / "1.M1.host:2,S").exists()
    assert asyncio.run(box.list_new(9)) == ["2.M1.host", "3.M1.host"]


def test_what_somebody_else_took_away_is_no_failure(box: FeedbackMaildir) -> None:
    assert asyncio.run(box.read("gone")) is None
    asyncio.run(box.settle("gone"))


def test_nothing_but_a_file_is_opened(folder: Path, box: FeedbackMaildir) -> None:
    new = folder / "new"
    (folder / "secret").write_text("Subject: x", encoding="utf-8")
    (new / "link").symlink_to(folder / "secret")
    (new / "folder").mkdir()
    os.mkfifo(new / "pipe")
    for name in ("link", "folder", "pipe"):
        assert asyncio.run(box.read(name)) is MailRefusal.NO_FILE, name
        asyncio.run(box.settle(name))
    assert asyncio.run(box.list_new(9)) == []


def test_a_mail_is_read_as_far_as_its_headers_may_reach(folder: Path, box: FeedbackMaildir) -> None:
    (folder / "new" / "long").write_bytes(b"x" * LARGEST)
    (folder / "new" / "longer").write_bytes(b"x" * (LARGEST + 1))
    read = asyncio.run(box.read("long"))
    assert isinstance(read, bytes)
    assert len(read) == HEAD
    assert asyncio.run(box.read("longer")) is MailRefusal.TOO_LARGE


def test_a_missing_mailbox_is_said(folder: Path, box: FeedbackMaildir) -> None:
    (folder / "cur").rmdir()
    assert asyncio.run(box.list_new(9)) == []
    assert (folder / "cur").is_dir()
    (folder / "new").rmdir()
    for work in (box.list_new(9), box.settle("a")):
        with pytest.raises(MailboxUnreadable, match=r"cannot be used: No such file .*must be a Maildir"):
            asyncio.run(work)
