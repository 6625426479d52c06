"""Another user's state is refused with the line that works."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import UserMustFix
from monitor.ops.ownership import check_ownership

NOBODY = pwd.getpwnam("nobody").pw_uid
NAMELESS = 64999


@pytest.fixture
def give(require: Callable[[object, str], None]) -> Callable[[Path, int], Path]:
    """Make a folder another user's, which only root can."""
    require(os.geteuid() == 0, "root, to give folders away")

    def give(path: Path, owner: int) -> Path:
        path.mkdir(exist_ok=True)
        os.chown(path, owner, -1)
        return path

    return give


def test_ones_own_state_is_fine_and_one_to_be_made(tmp_path: Path) -> None:
    check_ownership(tmp_path)
    check_ownership(tmp_path / "still" / "to" / "be" / "made")


def test_the_state_of_another_user_is_refused(
    tmp_path: Path, give: Callable[[Path, int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = give(tmp_path / "state", NOBODY)
    monkeypatch.delenv("MARSAD_CONFIG", raising=False)
    monkeypatch.setattr(sys, "argv", ["pytest", "outbox", "drop", "two words"])
    with pytest.raises(UserMustFix) as refused:
        check_ownership(state)
    assert f"{state} belongs to nobody, and you are root" in str(refused.value)
    assert str(refused.value).endswith("sudo -u nobody marsad outbox drop 'two words'")


def test_a_state_to_be_made_in_another_users_folder_is_refused(
    tmp_path: Path, give: Callable[[Path, int], Path]
) -> None:
    folder = give(tmp_path / "theirs", NAMELESS)
    with pytest.raises(UserMustFix, match=rf"{folder} belongs to #{NAMELESS}, .*sudo -u '#{NAMELESS}' marsad"):
        check_ownership(folder / "state")


@pytest.mark.parametrize(
    ("arguments", "suggested"),
    [
        (["once"], "--config /etc/desk once"),
        (["--config", "/srv", "once"], "--config /srv once"),
        (["once", "--config=/srv"], "once --config=/srv"),
    ],
)
def test_the_line_names_the_program_and_the_configuration(
    tmp_path: Path,
    give: Callable[[Path, int], Path],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    suggested: str,
) -> None:
    program = tmp_path / "bin" / "marsad"
    monkeypatch.setenv("MARSAD_CONFIG", "/etc/desk")
    monkeypatch.setattr(sys, "argv", [str(program), *arguments])
    with pytest.raises(UserMustFix) as refused:
        check_ownership(give(tmp_path / "state", NOBODY))
    assert str(refused.value).endswith(f"sudo -u nobody {os.path.realpath(program)} {suggested}")


def test_below_roots_folder_whoever_may_can_make_it(
    tmp_path: Path, give: Callable[[Path, int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = give(tmp_path / "roots", 0)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    check_ownership(folder / "state")
    with pytest.raises(UserMustFix, match="belongs to root, and you are nobody"):
        check_ownership(folder)


def test_what_cannot_be_looked_at_is_for_who_opens_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    check_ownership(tmp_path / "file" / "state")
