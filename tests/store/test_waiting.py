"""A daemon that starts before its store waits for it, and gives up so that systemd starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import psycopg
import pytest
from waiting import until_async

from monitor.app import load_configuration
from monitor.errors import StoreUnavailable, StoreUnusable
from monitor.service import open_patiently
from monitor.store.sqlite import FILE_NAME

LONG = 300.0


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr("monitor.service.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("monitor.store.soundness.BUSY_SECONDS", 0.01)


@pytest.fixture
def configure(tmp_path):
    """The settings of a configuration with this store."""

    def write(store="sqlite"):
        folder = tmp_path / "desk"
        folder.mkdir()
        channel = "channels:\n  box: {type: maildir, path: mail}\n"
        (folder / "marsad.yaml").write_text(f"config: 1\nstate: {tmp_path}\nstore: {store}\n{channel}")
        (folder / "sources.yaml").write_text("sources: []\n")
        (folder / "digests.yaml").write_text("digests: {}\n")
        return load_configuration(folder, keep=False).settings

    return write


def let_in(server, url, is_open):
    """As a server that is starting refuses connections, and then takes them."""
    name = url.rpartition("/")[2]
    with psycopg.connect(server.name_url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {is_open}".encode())


async def wait_for_line(capsys, word):
    said = []

    def is_said():
        said.extend(capsys.readouterr())
        return word in "".join(said)

    await until_async(is_said, word)
    return "".join(said)


@pytest.mark.postgresql
def test_a_server_that_starts_after_the_daemon_is_used_once_it_answers(postgresql, postgresql_place, configure, capsys):
    url = postgresql_place.url
    let_in(postgresql, url, is_open=False)

    async def scenario():
        opening = asyncio.create_task(open_patiently(configure(url), holder="here", wait=LONG))
        assert "does not answer" in await wait_for_line(capsys, "service.waiting")
        assert not opening.done()
        let_in(postgresql, url, is_open=True)
        app = await opening
        assert (await app.store.archive.summarise(app.clock.now())).articles == 0
        await app.close()

    asyncio.run(scenario())


def test_a_store_that_is_locked_is_used_once_it_is_free(sqlite_place, configure, capsys):
    settings = configure()

    async def scenario():
        with contextlib.closing(sqlite3.connect(sqlite_place.state / FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            opening = asyncio.create_task(open_patiently(settings, holder="here", wait=LONG))
            assert "database is locked" in await wait_for_line(capsys, "service.waiting")
            other.execute("ROLLBACK")
            await (await opening).close()

    asyncio.run(scenario())


def test_a_store_that_goes_on_not_answering_is_for_the_next_start(configure, free_port):
    settings = configure(f"postgresql://marsad@127.0.0.1:{free_port()}/news")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        asyncio.run(open_patiently(settings, holder="here", wait=0.0))


def test_a_store_that_a_person_must_see_to_is_not_waited_for(configure, tmp_path):
    Path(tmp_path / FILE_NAME).write_bytes(b"something else")
    with pytest.raises(StoreUnusable, match="not a Marsad store"):
        asyncio.run(open_patiently(configure(), holder="here", wait=LONG))
