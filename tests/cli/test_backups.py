"""backup and restore, as an administrator uses them: a dated copy, another machine, and no mail again by accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SECOND = "Putin visits Baku\n\nThe president will stay for two days.\n"


def read_mail(desk: Path) -> int:
    """Digests in the desk's Maildir."""
    return len([path for path in (desk / "mail").rglob("*.marsad*") if path.is_file()])


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def copied(marsad: Any, desk: Path, backups: Path) -> Path:
    """A backup of a desk that reported one article; another article was reported since."""
    assert marsad("once", "--all", "--config", desk).code == 0
    made = marsad("backup", backups, "--config", desk, "--json")
    assert made.code == 0
    (desk / "articles" / "two.txt").write_text(SECOND, encoding="utf-8")
    assert marsad("once", "--all", "--config", desk).code == 0
    return Path(made.data["backup"])


def test_a_backup_has_the_store_the_configuration_and_what_is_in_them(copied: Path, desk: Path) -> None:
    names = {path.relative_to(copied).as_posix() for path in copied.rglob("*") if path.is_file()}
    assert {"marsad.sqlite", "manifest.json", "configuration/marsad.yaml", "configuration/rules/kremlin.yaml"} <= names
    assert (copied / "configuration" / "digests.yaml").read_bytes() == (desk / "digests.yaml").read_bytes()
    manifest = json.loads((copied / "manifest.json").read_bytes())
    assert manifest["files"]["marsad.sqlite"]["bytes"] == (copied / "marsad.sqlite").stat().st_size
    assert copied.stat().st_mode & 0o077 == 0


def test_resumed_from_now_nothing_is_mailed_again_and_what_comes_then_is(
    marsad: Any, desk: Path, copied: Path, backups: Path
) -> None:
    before = read_mail(desk)
    done = marsad("restore", backups, "--resume-from", "now", "--config", desk)
    assert done.code == 0, done.err
    assert f"restored {copied} into {desk / 'state'}" in done.out
    assert "the next poll of 1 source remembers what is there and reports nothing" in done.out
    assert marsad("once", "--all", "--config", desk).code == 0
    assert read_mail(desk) == before
    (desk / "articles" / "three.txt").write_text(SECOND.replace("Baku", "Yerevan"), encoding="utf-8")
    assert marsad("once", "--all", "--config", desk).code == 0
    assert read_mail(desk) == before + 1
    assert marsad("status", "--config", desk).code == 0


def test_resumed_from_the_backup_what_came_since_is_mailed_again(marsad: Any, desk: Path, copied: Path) -> None:
    before = read_mail(desk)
    done = marsad("restore", copied, "--resume-from", "backup", "--config", desk)
    assert (done.code, "is sent again" in done.out) == (0, True)
    assert marsad("once", "--all", "--config", desk).code == 0
    assert read_mail(desk) == before + 1


def test_without_a_choice_nothing_is_changed(marsad: Any, desk: Path, copied: Path) -> None:
    store = (desk / "state" / "marsad.sqlite").read_bytes()
    done = marsad("restore", copied, "--config", desk)
    assert done.code == 2
    assert "add --resume-from now (report nothing of before) or --resume-from backup (mail again)" in done.err
    assert (desk / "state" / "marsad.sqlite").read_bytes() == store


def test_on_a_new_machine_the_configuration_comes_with_it(marsad: Any, desk: Path, copied: Path, backups: Path) -> None:
    new = desk / "new"
    done = marsad("restore", backups, "--resume-from", "now", "--config", new)
    assert done.code == 0, done.err
    assert f"wrote the configuration to {new}" in done.out
    assert (new / "rules" / "kremlin.yaml").read_bytes() == (copied / "configuration/rules/kremlin.yaml").read_bytes()
    assert marsad("outbox", "list", "--all", "--config", new).code == 0


def test_a_configuration_that_is_there_stays(marsad: Any, desk: Path, copied: Path) -> None:
    (desk / "digests.yaml").write_text("digests:\n  own: {to: [desk@example.org]}\n", encoding="utf-8")
    done = marsad("restore", copied, "--resume-from", "now", "--config", desk)
    assert "has a configuration, which stays as it is" in done.err
    assert "own" in (desk / "digests.yaml").read_text(encoding="utf-8")


def test_a_backup_that_was_changed_or_cut_off_is_refused_and_the_store_stays(
    marsad: Any, desk: Path, copied: Path, backups: Path
) -> None:
    store = (desk / "state" / "marsad.sqlite").read_bytes()
    content = bytearray((copied / "marsad.sqlite").read_bytes())
    content[5000] ^= 1
    (copied / "marsad.sqlite").write_bytes(content)
    done = marsad("restore", copied, "--resume-from", "now", "--config", desk)
    assert (done.code, "marsad.sqlite is not as it was written: use another backup" in done.err) == (2, True)
    (copied / "marsad.sqlite").unlink()
    done = marsad("restore", copied, "--resume-from", "now", "--config", desk)
    assert (done.code, "marsad.sqlite is missing: use another backup" in done.err) == (2, True)
    (copied / "manifest.json").unlink()
    done = marsad("restore", backups, "--resume-from", "now", "--config", desk)
    assert (done.code, f"there is no backup in {backups}" in done.err) == (2, True)
    assert (desk / "state" / "marsad.sqlite").read_bytes() == store


def test_only_the_newest_are_kept_and_what_is_no_backup_is_left_alone(marsad: Any, desk: Path, backups: Path) -> None:
    assert marsad("once", "--config", desk).code == 0
    for name in ("marsad-2026-01-01T000000Z", "marsad-2026-01-02T000000Z"):
        (backups / name).mkdir(parents=True)
        (backups / name / "manifest.json").write_text("{}", encoding="utf-8")
    (backups / ".marsad-draft-of-one-that-was-killed").mkdir()
    (backups / "notes").mkdir()
    done = marsad("backup", backups, "--keep", 2, "--config", desk)
    assert (done.code, "removed 1 old backup; 2 are left" in done.out) == (0, True)
    old, new, notes = sorted(path.name for path in backups.iterdir())
    assert (old, new > old, notes) == ("marsad-2026-01-02T000000Z", True, "notes")


def test_where_no_backup_can_be_written_it_is_said_and_nothing_is_left(marsad: Any, desk: Path, tmp_path: Path) -> None:
    assert marsad("once", "--config", desk).code == 0
    (tmp_path / "file").touch()
    done = marsad("backup", tmp_path / "file", "--config", desk)
    assert (done.code, "no backup was made" in done.err) == (2, True)


def test_a_running_daemon_must_be_stopped_first(marsad: Any, desk: Path, copied: Path) -> None:
    from monitor.ops.statelock import hold_state

    with hold_state(desk / "state", command="run"):
        done = marsad("restore", copied, "--resume-from", "now", "--config", desk)
    assert (done.code, "is in use by `marsad run`" in done.err) == (1, True)
