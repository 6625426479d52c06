"""What an operator types: worker setup, publish, drain, status --fleet; and what is said where something is missing."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import re
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Ran, run_command
from fleet_desk import RULES, Desk
from fleet_lab import Cluster

from monitor.cli import fleet as module
from monitor.errors import UserMustFix
from monitor.fleet.published import pack, unpack
from monitor.fleet.sharding import ALL
from monitor.store.fleet import Beat, Identity, Published, SqlFleetStore

pytestmark = [pytest.mark.xdist_group("fleet")]
NORTH = Identity(name="north", holder="here 1", home="here", machine="n1", pid=7, version="1")


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in this process."""

    return lambda config, *arguments: run_command(["--config", config, *arguments], monkeypatch, capsys)


def let_north_live(desk: Desk, beat: Beat) -> None:
    """As if it ran, and had everything."""

    async def join() -> None:
        with closing(SqlFleetStore(desk.url, timedelta(seconds=30))) as store:
            await store.join(NORTH)
            for share in ALL:
                await store.take(NORTH, share, [])
            await store.beat(NORTH, beat)

    asyncio.run(join())


@pytest.mark.postgresql
def test_a_folder_is_published_under_a_number_and_a_broken_one_is_not(desk: Desk, run: Run) -> None:
    desk.write("rules/own.yaml", RULES.format(name="broken", word=""))
    refused = run(desk.folder, "publish", desk.folder)
    assert refused.code == 2
    assert "own.yaml" in refused.err
    assert desk.ask("SELECT count(*) FROM configurations") == [(0,)]
    desk.write("rules/own.yaml", RULES.format(name="karabakh", word="Karabakh"))
    said = run(desk.folder, "publish", desk.folder)
    assert said.out == "configuration 1 is published: workers load it within seconds (`marsad status --fleet`)\n"
    assert json.loads(run(desk.folder, "--json", "publish", desk.folder).out)["number"] == 1


@pytest.mark.postgresql
def test_a_worker_is_drained_by_its_name(desk: Desk, run: Run) -> None:
    let_north_live(desk, Beat(shares=ALL))
    said = run(desk.folder, "worker", "drain", "north")
    assert said.code == 0
    assert "takes nothing until it is started again" in said.out
    assert "ago, drained" in run(desk.folder, "status", "--fleet").out
    unknown = run(desk.folder, "worker", "drain", "nobody")
    assert unknown.code == 2
    assert "there is no worker 'nobody'" in unknown.err


@pytest.mark.postgresql
def test_status_shows_who_has_what_and_is_good(desk: Desk, run: Run) -> None:
    let_north_live(desk, Beat(shares=ALL, polls=41))
    said = run(desk.folder, "status", "--fleet")
    assert said.code == 0
    assert said.out.endswith("all good\n")
    assert re.match(r"north +n1 +7 +1 +\d+ s ago +64 +16 +4 +yes +41 +own folder", said.out.splitlines()[1])


@pytest.mark.postgresql
def test_status_says_what_needs_attention(desk: Desk, run: Run) -> None:
    nobody = run(desk.folder, "status", "--fleet")
    assert nobody.code == 1
    assert "! no worker runs: `marsad run --fleet NAME` starts one" in nobody.out
    assert "! no worker has: lead, " in nobody.out
    refused = "configuration 7 cannot be loaded (rules.yaml:1:1); its own folder stays in force"
    let_north_live(desk, Beat(shares=ALL, clock_ahead=timedelta(seconds=600), trouble=refused))
    desk.ask("INSERT INTO attempts (source, crashes, last_at) VALUES ('saved', 3, 0)")
    said = run(desk.folder, "status", "--fleet")
    assert said.code == 1
    assert [line for line in said.out.splitlines() if line.startswith("!")] == [
        f"! worker north: {refused}",
        "! worker north: the clock of n1 is 600 s ahead",
        "! source saved is set aside: 3 workers ended while they polled it",
    ]
    desk.ask("UPDATE workers SET seen_at = seen_at - 95000000")
    found = json.loads(run(desk.folder, "--json", "status", "--fleet").out)
    assert found["troubles"][0].startswith("worker north on n1 has said nothing for ")


@pytest.mark.postgresql
def test_a_source_that_was_set_aside_is_tried_again(desk: Desk, run: Run) -> None:
    desk.ask("INSERT INTO attempts (source, crashes, last_at) VALUES ('saved', 3, 0)")
    assert run(desk.folder, "worker", "retry", "saved").out == "saved: polled again within ten minutes\n"
    assert desk.ask("SELECT count(*) FROM attempts") == [(0,)]
    again = run(desk.folder, "worker", "retry", "saved")
    assert again.code == 2
    assert "source 'saved' is not set aside" in again.err


@pytest.mark.postgresql
def test_setup_makes_the_tables_and_may_be_repeated(cluster: Cluster, tmp_path: Path, run: Run) -> None:
    desk = Desk(tmp_path / "new", cluster.make_database())
    assert run(desk.folder, "worker", "setup").out == "made the queue's tables\n"
    assert run(desk.folder, "worker", "setup").out == "the queue's tables are up to date\n"
    assert run(desk.folder, "status", "--fleet").code == 1


def test_what_is_missing_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "pgqueuer" else find(name))
    with pytest.raises(UserMustFix, match=r"need pgqueuer, not installed: pip install 'marsad\[fleet\]'"):
        module.require_extra()


def test_workers_need_a_server(tmp_path: Path, run: Run) -> None:
    (tmp_path / "marsad.yaml").write_text("state: state\nchannels: {box: {type: maildir, path: mail}}\n")
    (tmp_path / "sources.yaml").write_text("sources: [{id: saved, path: articles}]\n")
    (tmp_path / "articles").mkdir()
    for command in (["run", "--fleet", "a"], ["worker", "setup"]):
        said = run(tmp_path, *command)
        assert said.code == 2, command
        assert "several workers need a PostgreSQL store" in said.err


@pytest.mark.parametrize(
    ("name", "kind"), [("../evil", tarfile.REGTYPE), ("/evil", tarfile.REGTYPE), ("evil", tarfile.SYMTYPE)]
)
def test_an_archive_writes_nothing_outside_its_folder(tmp_path: Path, name: str, kind: bytes) -> None:
    out, entry = io.BytesIO(), tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "/etc/passwd"
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        archive.addfile(entry, io.BytesIO())
    one = Published(
        number=1, sha256="", files=out.getvalue(), made_at=datetime(2026, 3, 1, tzinfo=UTC), made_by="somebody"
    )
    with pytest.raises(UserMustFix, match=f"configuration 1 holds '{name}', which is no file of its folder"):
        unpack(one, tmp_path / "state")
    assert not (tmp_path / "state" / "published" / "1").exists()


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
