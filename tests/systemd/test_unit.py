"""What systemd's own checkers say of the three files, with the command replaced by one that exists everywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from monitor.__main__ import USER_MUST_FIX
from monitor.cli.running import BAD_CONFIGURATION
from monitor.daemon import HEARTBEAT_SECONDS
from monitor.drain import DRAIN_SECONDS
from monitor.service import WAIT_SECONDS

pytestmark = pytest.mark.systemd

UNIT = Path(__file__).parent.parent.parent / "systemd" / "marsad.service"
EXPOSURE_LIMIT = 12  # 1.2 of 10


class Directives(dict[str, list[str]]):
    """A unit's settings may be repeated: each has a list."""

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.fixture(scope="session")
def service() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def test_systemd_understands_the_units_of_the_console_and_they_are_exposed_to_little(
    tmp_path: Path, require: Any
) -> None:
    require(shutil.which("systemd-analyze"), "systemd-analyze (package systemd)")
    for name in ("marsad-console.service", "marsad-console.socket"):
        text = UNIT.with_name(name).read_text().replace("/usr/local/bin/marsad", "/bin/true")
        (tmp_path / name).write_text(text)
    units = [tmp_path / "marsad-console.service", tmp_path / "marsad-console.socket"]
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    gate = ["systemd-analyze", "security", "--offline=true", "--threshold=12", "--no-pager", units[0]]
    rated = subprocess.run(gate, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout


@pytest.fixture
def unit(tmp_path: Path, require: Any) -> Path:
    require(shutil.which("systemd-analyze"), "systemd-analyze (package systemd)")
    written = tmp_path / "marsad.service"
    written.write_text(UNIT.read_text().replace("/usr/local/bin/marsad", "/bin/true"))
    return written


def test_systemd_understands_every_line(unit: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_a_line_that_systemd_does_not_understand_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert "PrivateTemp" in checked.stderr


def test_the_service_is_exposed_to_little(unit: Path) -> None:
    gate = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", "--no-pager", unit]
    rated = subprocess.run(gate, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout


def test_the_drop_in_for_newer_systemd_changes_the_way_of_a_reload_only(service: dict[str, list[str]]) -> None:
    text = UNIT.with_name("notify-reload.conf").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines == ["[Service]", "Type=notify-reload", "ExecReload=", f"ExecReload={service['ExecReload'][1]}"]


def test_a_service_exposed_to_more_would_be_noticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("CapabilityBoundingSet=\n", "").replace("NoNewPrivileges=yes\n", ""))
    gate = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_LIMIT}", "--no-pager", unit]
    assert subprocess.run(gate, capture_output=True, check=False).returncode != 0


def test_the_unit_fits_the_daemon(service: dict[str, list[str]]) -> None:
    assert service["Type"] == ["notify"]
    assert int(service["TimeoutStopSec"][0]) > DRAIN_SECONDS
    assert int(service["WatchdogSec"][0]) > 10 * HEARTBEAT_SECONDS
    assert str(BAD_CONFIGURATION) in service["RestartPreventExitStatus"][0].split()
    assert service["StateDirectory"] == ["marsad"]
    assert service["User"] == service["Group"] == ["marsad"]


def test_what_may_pass_is_started_again_for_ever_and_what_a_person_must_fix_is_not(
    service: dict[str, list[str]],
) -> None:
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"][0].split() == [str(USER_MUST_FIX), str(BAD_CONFIGURATION)]
    assert service["StartLimitIntervalSec"] == ["0"]
    assert int(service["RestartSec"][0]) >= 5
    assert int(service["TimeoutStartSec"][0]) > WAIT_SECONDS + 20


def test_a_reload_takes_over_what_is_good_and_then_tells_what_is_not(service: dict[str, list[str]]) -> None:
    assert [line.split()[0].rpartition("/")[2] for line in service["ExecReload"]] == ["kill", "marsad"]
    assert service["ExecReload"][1].endswith(" check --quiet")


@pytest.mark.parametrize("name", ["sysusers", "tmpfiles"])
def test_user_and_folders_can_be_made(name: str, tmp_path: Path, require: Any) -> None:
    tool = f"systemd-{name}"
    require(shutil.which(tool), f"{tool} (package systemd)")
    (tmp_path / "etc").mkdir()
    files = [UNIT.with_name("marsad.sysusers.conf"), UNIT.with_name(f"marsad.{name}.conf")]
    tools = {"sysusers": ["systemd-sysusers"], "tmpfiles": ["systemd-tmpfiles", "--create"]}
    for tool_name, file in zip(("sysusers", name), files, strict=True):
        done = subprocess.run(
            [*tools[tool_name], f"--root={tmp_path}", file], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert "marsad:" in (tmp_path / "etc" / "passwd").read_text()
    assert "marsad:" in (tmp_path / "etc" / "group").read_text()
