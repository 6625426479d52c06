"""The Maildir: readable by others, idempotent, durable, and clear about what is wrong with it."""

from __future__ import annotations

import asyncio
import mailbox
import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.channels.maildir import MaildirChannel, Options
from monitor.errors import ChannelDown, UserMustFix
from monitor.model import Delivery, OutboxState

NOBODY = 65534


async def do_nothing() -> None:
    """A `before_data` for tests that do not look at it."""


@pytest.fixture
def channel(tmp_path: Path, reveal: Any) -> MaildirChannel:
    return MaildirChannel(Options(path=tmp_path / "deep" / "box"), reveal=reveal)


@pytest.fixture
def deliver(channel: MaildirChannel) -> Any:
    async def scenario(message: Any) -> Delivery:
        await channel.open()
        return await channel.send(message, before_data=do_nothing)

    return lambda message: asyncio.run(scenario(message))


def list_files(path: Path) -> list[str]:
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


def test_a_mail_program_finds_the_message_unread(deliver: Any, make_message: Any, tmp_path: Path) -> None:
    message = make_message()
    deliver(message)
    box = mailbox.Maildir(tmp_path / "deep" / "box", create=False)
    [key] = box.keys()
    assert box.get_bytes(key) == message.content
    assert box[key].get_subdir() == "new"
    assert box[key].get_flags() == ""


def test_the_bytes_on_disk_are_the_bytes_of_the_message(deliver: Any, make_message: Any, tmp_path: Path) -> None:
    message = make_message()
    delivery = deliver(message)
    [name] = list_files(tmp_path / "deep" / "box")
    assert delivery.reply == f"kept as {Path(name).name}"
    assert (tmp_path / "deep" / "box" / name).read_bytes() == message.content


@pytest.mark.parametrize("part", ["new", "cur"])
def test_other_bytes_of_the_same_id_are_another_file(
    deliver: Any, make_message: Any, tmp_path: Path, part: str
) -> None:
    box, first = tmp_path / "deep" / "box", make_message()
    second = replace(first, content=first.content.replace(b"Karabakh", b"Damascus"))
    deliver(first)
    if part == "cur":
        (box / "new" / f"{first.id}.marsad").rename(box / "cur" / f"{first.id}.marsad:2,S")
    delivery = deliver(second)
    assert delivery.state is OutboxState.SENT
    assert (box / "new" / delivery.reply.removeprefix("kept as ")).read_bytes() == second.content
    before = list_files(box)
    assert len(before) == 2
    for message in (first, second):
        deliver(message)
    assert list_files(box) == before


def test_a_link_of_the_right_name_is_not_taken_for_the_message(deliver: Any, make_message: Any, tmp_path: Path) -> None:
    box, message = tmp_path / "deep" / "box", make_message()
    (tmp_path / "elsewhere").write_bytes(message.content)
    (box / "new").mkdir(parents=True)
    (box / "new" / f"{message.id}.marsad").symlink_to(tmp_path / "elsewhere")
    name = deliver(message).reply.removeprefix("kept as ")
    assert (box / "new" / name).read_bytes() == message.content
    assert not (box / "new" / name).is_symlink()


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o777])
def test_only_its_owner_may_read_a_mail_whatever_the_umask(
    channel: MaildirChannel, deliver: Any, make_message: Any, tmp_path: Path, umask: int
) -> None:
    asyncio.run(channel.open())
    before = os.umask(umask)
    try:
        deliver(make_message())
    finally:
        os.umask(before)
    [name] = list_files(tmp_path / "deep" / "box")
    assert (tmp_path / "deep" / "box" / name).stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_place_of_the_draft_is_not_written_through(
    deliver: Any, make_message: Any, tmp_path: Path
) -> None:
    box, message, victim = tmp_path / "deep" / "box", make_message(), tmp_path / "victim"
    victim.write_bytes(b"precious")
    (box / "tmp").mkdir(parents=True)
    (box / "tmp" / f"{message.id}.marsad").symlink_to(victim)
    deliver(message)
    assert victim.read_bytes() == b"precious"
    [delivered] = (box / "new").iterdir()
    assert not delivered.is_symlink()
    assert delivered.read_bytes() == message.content


def test_a_folder_in_the_place_of_the_draft_is_said(channel: MaildirChannel, make_message: Any, tmp_path: Path) -> None:
    box, message = tmp_path / "deep" / "box", make_message()
    (box / "tmp" / f"{message.id}.marsad").mkdir(parents=True)

    async def scenario() -> None:
        with pytest.raises(ChannelDown, match="cannot write into the Maildir"):
            await channel.send(message, before_data=do_nothing)

    asyncio.run(scenario())


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ",S=312:2,RS"])
def test_a_second_delivery_changes_nothing_even_after_somebody_read_it(
    deliver: Any, make_message: Any, tmp_path: Path, flags: str
) -> None:
    box = tmp_path / "deep" / "box"
    deliver(make_message())
    [name] = list_files(box)
    (box / name).rename(box / "cur" / f"{Path(name).name}{flags}")
    before = list_files(box)
    assert deliver(make_message()).state is OutboxState.SENT
    assert list_files(box) == before


def test_different_messages_are_different_files(deliver: Any, make_message: Any, tmp_path: Path) -> None:
    for recipient in ("desk@example.org", "chief@example.org"):
        for headline in ("قره باغ", "Карабах"):
            deliver(make_message(headline, recipient))
    assert len(list_files(tmp_path / "deep" / "box" / "new")) == 4


def test_a_message_left_half_written_by_a_crash_is_delivered_whole(
    deliver: Any, make_message: Any, tmp_path: Path
) -> None:
    box, message = tmp_path / "deep" / "box", make_message()
    (box / "tmp").mkdir(parents=True)
    (box / "tmp" / f"{message.id}.marsad").write_bytes(message.content[:10])
    deliver(message)
    assert list_files(box) == [f"new/{message.id}.marsad"]
    assert (box / "new" / f"{message.id}.marsad").read_bytes() == message.content


def test_a_file_in_the_way_is_for_a_person(channel: MaildirChannel, tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("in the way")
    for attempt in (channel.open, channel.probe):
        with pytest.raises(UserMustFix, match=r"cannot make the Maildir .*deep/box: Not a directory"):
            asyncio.run(attempt())


@contextmanager
def limit_file_size(size: int) -> Iterator[None]:
    """What a full disk does, for this process alone: no file grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_passing_and_leaves_nothing_behind(
    channel: MaildirChannel, make_message: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        await channel.open()
        with limit_file_size(10), pytest.raises(ChannelDown, match=r"cannot write into .*: File too large"):
            await channel.send(make_message(), before_data=do_nothing)
        assert list_files(tmp_path) == []
        delivery = await channel.send(make_message(), before_data=do_nothing)
        assert delivery.state is OutboxState.SENT

    asyncio.run(scenario())


@contextmanager
def become_nobody() -> Iterator[None]:
    """Root may write everywhere: for a while this process is nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.parametrize(("parts", "why"), [((), "Permission denied"), (("tmp", "new", "cur"), "by this user")])
def test_a_folder_of_somebody_else_is_for_a_person(reveal: Any, parts: tuple[str, ...], why: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder)
        for part in parts:
            (box / part).mkdir(mode=0o555)
        box.chmod(0o555)
        channel = MaildirChannel(Options(path=box), reveal=reveal)
        with become_nobody(), pytest.raises(UserMustFix, match=why):
            asyncio.run(channel.open())
        box.chmod(0o755)


def test_an_id_can_never_lead_out_of_the_maildir(deliver: Any, make_message: Any, tmp_path: Path) -> None:
    deliver(replace(make_message(), id="../../*"))
    assert list_files(tmp_path) == ["deep/box/new/..%2F..%2F%2A.marsad"]


def test_the_sender_is_checked() -> None:
    with pytest.raises(ValueError, match="must be exactly one mail address"):
        Options(path=Path("box"), from_="Marsad")
