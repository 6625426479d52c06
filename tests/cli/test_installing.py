"""install-service: the unit of this installation, or why the service could not run from here."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import installing
from monitor.ops.unit import find_obstacle, make_unit

UNIT = Path(__file__).parent.parent.parent / "systemd" / "marsad.service"


def test_the_unit_runs_the_installed_command_wherever_the_shipped_one_is_named() -> None:
    made = make_unit(UNIT.read_text(encoding="utf-8"), Path("/opt/uv/marsad/bin/marsad"))
    assert "\nExecStart=/opt/uv/marsad/bin/marsad run\n" in made
    assert "/usr/local/bin" not in made
    assert made.count("/opt/uv/marsad/bin/marsad ") == UNIT.read_text(encoding="utf-8").count("/usr/local/bin/marsad ")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("/home/lina/.local/share/uv/tools/marsad/bin/marsad", "is under /home, which the service cannot see"),
        ("/root/.local/bin/marsad", "is under /root, which the service cannot see"),
        ("/tmp/venv/bin/marsad", "is under /tmp, which the service cannot see"),  # noqa: S108
        ("/opt/nowhere/bin/marsad", "/opt/nowhere: No such file or directory"),
    ],
)
def test_a_place_that_the_service_cannot_read_is_an_obstacle(place: str, why: str) -> None:
    assert why in (find_obstacle([Path("/usr/bin/env"), Path(place)]) or "")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_link_into_a_home_and_a_closed_folder_are_obstacles(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.ops.unit.HIDDEN", (str(place / "home"),))
    (place / "home").mkdir()
    (place / "home" / "python").touch()
    (place / "python").symlink_to(place / "home" / "python")
    assert "cannot see" in (find_obstacle([place / "python"]) or "")
    (place / "closed").mkdir()
    (place / "closed" / "marsad").touch(0o644)
    (place / "closed").chmod(0o750)
    assert f"{place / 'closed'} has mode 0750" in (find_obstacle([place / "closed" / "marsad"]) or "")
    (place / "closed").chmod(0o755)
    (place / "closed" / "marsad").chmod(0o644)
    assert find_obstacle([place / "closed" / "marsad"]) is None


def test_print_shows_the_unit_and_says_what_would_hinder_it(marsad: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/home/lina/venv")
    shown = marsad("install-service", "--print")
    assert shown.code == 0
    assert "\nExecStart=/home/lina/venv/bin/marsad run\n" in shown.out
    assert "/home/lina/venv/bin/marsad is under /home" in shown.err
    assert "pipx install --global marsad" in shown.err
    refused = marsad("install-service")
    assert (refused.code, refused.out) == (2, "")
    assert "/home/lina/venv/bin/marsad is under /home" in refused.err


def test_it_is_for_root_on_a_machine_with_systemd_and_without_the_package(
    marsad: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(installing, "find_obstacle", lambda _: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "run it as root" in marsad("install-service").err
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(installing, "PACKAGED", tmp_path)
    assert "remove the package first" in marsad("install-service").err
    monkeypatch.setattr(installing, "PACKAGED", tmp_path / "none")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert "does not run systemd" in marsad("install-service").err
