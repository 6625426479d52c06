"""What an operator types: worker setup, publish, drain, status --fleet; and what is said where something is missing."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from fleet_lab import Fleet

from monitor.cli import fleet as module
from monitor.errors import UserMustFix
from monitor.fleet.published import pack, unpack
from monitor.store.fleet import Published

pytestmark = [pytest.mark.xdist_group("fleet")]
COMMAND = Path(sys.executable).parent / "marsad"
BROKEN = "rules: {kremlin: {title: Kremlin, any: [putn]}}\n"
MORE = "rules: {more: {title: More, any: [putin]}}\n"


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(COMMAND), "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_status(config: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(config, "--json", "status", "--fleet").stdout)
    return found


@pytest.mark.postgresql
def test_a_configuration_is_published_to_all_workers_and_a_broken_one_to_none(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    desk = fleet.write("desk")
    rules = desk / "rules" / "more.yaml"
    rules.write_text(BROKEN)
    refused = run(desk, "publish", str(desk))
    assert refused.returncode == 2
    assert "more.yaml" in refused.stderr
    rules.write_text(MORE)
    number = json.loads(run(desk, "--json", "publish", str(desk)).stdout)["number"]
    fleet.wait_for(
        lambda: fleet.count("workers", f"name IN ('a', 'b') AND configuration = {number}") == 2, "both to run it"
    )
    for name in ("a", "b"):
        folder = (
            f'"directory": "{fleet.workers[name].config}/state/published/{number}", "event": "configuration.in_force"'
        )
        fleet.wait_for(lambda name=name, folder=folder: folder in fleet.workers[name].read(), "the rules to hold")
    assert json.loads(run(desk, "--json", "publish", str(desk)).stdout)["number"] == number
    spoil = "UPDATE configurations SET files = 'spoilt', number = number + 1, sha256 = 'x'"
    fleet.write_row(spoil)
    fleet.wait_for(lambda: fleet.count("workers", "trouble LIKE 'configuration%'") == 2, "both to say why")
    found = read_status(desk)
    assert {worker["configuration"] for worker in found["workers"] if worker["trouble"]} == {number}
    assert any("cannot be loaded" in trouble for trouble in found["troubles"])
    fleet.write_row("DELETE FROM configurations")


@pytest.mark.postgresql
def test_a_drained_worker_gives_back_what_it_has_and_status_says_so(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    config = fleet.workers["a"].config
    said = run(config, "worker", "drain", "b")
    assert said.returncode == 0
    assert "takes nothing until it is started again" in said.stdout
    fleet.wait_for(lambda: fleet.are_even("a"), "a to have everything")
    workers = {worker["name"]: worker for worker in read_status(config)["workers"]}
    assert workers["b"]["drained"]
    assert workers["b"]["shares"] == []
    unknown = run(config, "worker", "drain", "nobody")
    assert unknown.returncode == 2
    assert "there is no worker 'nobody'" in unknown.stderr
    fleet.workers["b"].end()


@pytest.mark.postgresql
def test_status_shows_who_has_what_and_names_a_worker_that_is_silent(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    config = fleet.workers["a"].config
    fleet.workers["b"].end()
    fleet.write_row("UPDATE workers SET seen_at = seen_at - 60000000 WHERE name = 'b'")
    found = run(config, "status", "--fleet")
    assert found.returncode == 1
    assert "! worker b on " in found.stdout
    assert "jobs poll: " in found.stdout
    assert "poll 1" in found.stdout


@pytest.mark.postgresql
def test_a_source_at_which_three_workers_died_is_set_aside_and_the_operator_is_told(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    config = fleet.workers["a"].config
    fleet.write_row("INSERT INTO attempts (source, crashes, last_at) VALUES ('s0', 3, 0)")
    for name in ("a", "b"):
        fleet.workers[name].send(signal.SIGTERM)
        assert fleet.workers[name].wait() == 0
    fleet.ensure("a", "b")
    said = "source s0 is set aside: 3 workers ended while they polled it"
    fleet.wait_for(lambda: ("ops@example.org", True) in list_mails(fleet, said), "the operator's mail")
    assert said in read_status(config)["troubles"]
    assert run(config, "worker", "retry", "s0").returncode == 0
    assert said not in read_status(config)["troubles"]
    again = run(config, "worker", "retry", "s0")
    assert again.returncode == 2
    assert "source 's0' is not set aside" in again.stderr


def list_mails(fleet: Fleet, said: str) -> list[tuple[str, bool]]:
    """To whom each mail went, and whether `said` stands in it."""
    return [
        (recipient, said in str(message_from_bytes(copies[0], policy=default).get_body()))
        for (_, recipient), copies in list(fleet.mails.copies.items())
    ]


def test_what_is_missing_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "pgqueuer" else find(name))
    with pytest.raises(UserMustFix, match=r"need pgqueuer, not installed: pip install 'marsad\[fleet\]'"):
        module.require_extra()


def test_workers_need_a_server(tmp_path: Path) -> None:
    (tmp_path / "marsad.yaml").write_text("state: state\nchannels: {box: {type: maildir, path: mail}}\n")
    (tmp_path / "sources.yaml").write_text("sources: [{id: saved, path: articles}]\n")
    (tmp_path / "articles").mkdir()
    for command in (["run", "--fleet", "a"], ["worker", "setup"]):
        said = run(tmp_path, *command)
        assert said.returncode == 2, command
        assert "several workers need a PostgreSQL store" in said.stderr


def test_a_published_folder_comes_out_as_it_went_in(tmp_path: Path) -> None:
    folder, state = tmp_path / "desk", tmp_path / "state"
    (folder / "rules" / "deep").mkdir(parents=True)
    for name in ("marsad.yaml", "sources.yaml", "digests.yaml", "rules/deep/کرملین.yaml"):
        (folder / name).write_text(f"# {name} Кремль\n")
    sha256, files = pack(folder)
    assert pack(folder) == (sha256, files)
    places = []
    for number in (1, 2, 3):
        one = Published(
            number=number, sha256=sha256, files=files, made_at=datetime(2026, 3, 1, tzinfo=UTC), made_by="me"
        )
        places.append(unpack(one, state))
        assert unpack(one, state) == places[-1]
    assert [path.exists() for path in places] == [False, True, True]
    assert (places[2] / "rules/deep/کرملین.yaml").read_text() == "# rules/deep/کرملین.yaml Кремль\n"
    (folder / "digests.yaml").write_text("# other\n")
    assert pack(folder)[0] != sha256
