"""Edits on a real file system, made as editors and git make them; only the two seconds are shorter."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from waiting import until_async

from monitor.ops.file_watch import Edit, FileWatch, identify_text, make_edit
from monitor.settings.files import survey_files


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "desk"
    (made / "rules").mkdir(parents=True)
    (made / "templates").mkdir()
    for name in ("marsad.yaml", "sources.yaml", "rules/قره-باغ.yaml", "templates/digest.txt.j2"):
        (made / name).write_text("first", encoding="utf-8")
    return made


def watch(folder: Path, scenario: Callable[[list[Edit]], Awaitable[None]], **more: object) -> list[list[str]]:
    """The files of each edit that was found while the scenario ran; a last, known edit ends it."""
    edits: list[Edit] = []

    async def run() -> None:
        files = FileWatch(partial(survey_files, folder), sleep=sleep, **more)
        task = asyncio.create_task(files.run(edits.append))
        await scenario(edits)
        (folder / "digests.yaml").write_text("end", encoding="utf-8")
        await until_async(lambda: edits and folder / "digests.yaml" in edits[-1].files, "the last edit")
        task.cancel()

    asyncio.run(run())
    return [[file.relative_to(folder).as_posix() for file in edit.files] for edit in edits]


def save_by_rename(path: Path, text: str) -> None:
    """As vim does: a probe, a swap file, a backup, the text under another name."""
    (path.parent / "4913").write_text("", encoding="utf-8")
    (path.parent / "4913").unlink()
    (path.parent / f".{path.name}.swp").write_text("swap", encoding="utf-8")
    (path.parent / f"{path.name}~").write_bytes(path.read_bytes() if path.exists() else b"")
    draft = path.with_name("draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def test_a_save_by_rename_is_one_edit(folder: Path) -> None:
    async def scenario(edits: list[Edit]) -> None:
        save_by_rename(folder / "rules" / "قره-باغ.yaml", "second")
        await until_async(lambda: edits, "the edit")
        assert edits[0].login == getpass.getuser()

    assert watch(folder, scenario) == [["rules/قره-باغ.yaml"], ["digests.yaml"]]


def test_what_editors_leave_and_the_same_text_again_are_no_edit(folder: Path) -> None:
    async def scenario(_: list[Edit]) -> None:
        for name in (".x.yaml.swp", "4913", "rules/x.yaml~", "rules/.hidden.yaml", "notes.txt", "templates/x.j2~"):
            (folder / name).write_text("x", encoding="utf-8")
        (folder / "marsad.yaml").write_text("first", encoding="utf-8")

    assert watch(folder, scenario) == [["digests.yaml"]]


def test_files_saved_one_after_the_other_are_one_edit(folder: Path) -> None:
    async def scenario(_: list[Edit]) -> None:
        (folder / "marsad.yaml").write_text("", encoding="utf-8")
        (folder / "marsad.yaml").write_text("second", encoding="utf-8")
        (folder / "templates" / "digest.txt.j2").write_text("second", encoding="utf-8")

    assert watch(folder, scenario) == [["digests.yaml", "marsad.yaml", "templates/digest.txt.j2"]]


def test_a_new_folder_of_rules_is_watched(folder: Path) -> None:
    async def scenario(edits: list[Edit]) -> None:
        (folder / "rules" / "кавказ").mkdir()
        (folder / "rules" / "кавказ" / "a.yaml").write_text("first", encoding="utf-8")
        await until_async(lambda: len(edits) == 1, "the first edit")
        (folder / "rules" / "кавказ" / "a.yaml").write_text("second", encoding="utf-8")
        await until_async(lambda: len(edits) == 2, "the second edit")

    assert watch(folder, scenario)[:2] == [["rules/кавказ/a.yaml"]] * 2


def test_a_folder_that_vanishes_and_returns_is_followed(folder: Path) -> None:
    async def scenario(edits: list[Edit]) -> None:
        away = folder.with_name("away")
        await asyncio.to_thread(folder.rename, away)
        looks = 0

        async def pass_by() -> bool:
            nonlocal looks
            looks += 1
            return looks > 5

        await until_async(pass_by, "some looks at nothing")
        assert edits == []
        await asyncio.to_thread(away.rename, folder)
        (folder / "sources.yaml").write_text("second", encoding="utf-8")
        await until_async(lambda: edits, "the edit")

    assert watch(folder, scenario)[0] == ["sources.yaml"]


def test_what_was_saved_before_the_watch_began_is_found(folder: Path) -> None:
    async def scenario(edits: list[Edit]) -> None:
        await until_async(lambda: edits, "the edit")

    known = {folder / "marsad.yaml": "another text"}
    assert watch(folder, scenario, known=known)[0] == ["marsad.yaml"]


def test_what_a_reload_has_read_is_no_edit_any_more(folder: Path) -> None:
    async def run() -> list[Edit]:
        edits: list[Edit] = []
        files = FileWatch(partial(survey_files, folder), sleep=sleep)
        (folder / "sources.yaml").unlink()
        (folder / "marsad.yaml").write_text("second", encoding="utf-8")
        rules = folder / "rules" / "قره-باغ.yaml"
        files.learn({folder / "marsad.yaml": identify_text(b"second"), rules: identify_text(b"first")})
        task = asyncio.create_task(files.run(edits.append))
        (folder / "templates" / "digest.txt.j2").write_text("second", encoding="utf-8")
        await until_async(lambda: edits, "the edit of the template")
        task.cancel()
        return edits

    [edit] = asyncio.run(run())
    assert edit.files == (folder / "templates" / "digest.txt.j2",)


def test_without_events_the_texts_are_compared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the user has no more watches."""
    monkeypatch.setattr("watchfiles.awatch", refuse)

    async def scenario(edits: list[Edit]) -> None:
        (folder / "marsad.yaml").write_text("second", encoding="utf-8")
        await until_async(lambda: edits, "the edit")

    assert watch(folder, scenario)[0] == ["marsad.yaml"]


def refuse(*_: object, **__: object) -> None:
    raise OSError("OS file watch limit reached.")


def test_the_owner_of_the_newest_file_saved_an_edit(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for file in (old, new):
        file.write_text("x", encoding="utf-8")
    assert make_edit({}, {new: "1", old: "1"}).login == getpass.getuser()
    assert make_edit({tmp_path / "gone": "1"}, {}).login is None
    if os.geteuid() == 0:
        os.chown(new, 61234, -1)
        assert make_edit({}, {new: "1", old: "1"}).login is None


def test_the_same_texts_are_the_same_edit(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    first, again = (make_edit(before, {file: "2"}) for before in ({file: "1"}, {file: "3"}))
    assert first.text == again.text != make_edit({}, {file: "3"}).text
