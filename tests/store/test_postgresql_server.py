"""PostgreSQL only: what can be wrong with a server."""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event
from waiting import PATIENCE_SECONDS, until, until_async

from monitor.errors import StoreUnavailable, StoreUnusable, Transient, UserMustFix
from monitor.model import FaultKind, Source, SourceId
from monitor.ports import PollRecord
from monitor.store.articles import write_matches
from monitor.store.open import open_store

pytestmark = pytest.mark.postgresql


def test_a_server_that_does_not_answer_is_for_waiting_and_named_without_its_password(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"marsad:\*\*\*@127.0.0.1:1/news does not answer \(.*refused") as caught:
        open_store("postgresql://marsad:geheim@127.0.0.1:1/news", state=tmp_path)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_whose_name_is_not_known_yet_is_for_waiting(tmp_path):
    with pytest.raises(
        StoreUnavailable, match=r"nowhere\.invalid/news does not answer .*Marsad tries again at its next start"
    ):
        open_store("postgresql://marsad@nowhere.invalid/news", state=tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("postgres@", "stranger@"), 'role "stranger" does not exist'),
        (("/postgres?", "/nowhere"), 'database "nowhere" does not exist'),
        (("?", "?sslmode=require"), "but SSL was required"),
        (("?", "?colour=red"), "invalid connection option"),
    ],
)
def test_a_server_that_refuses_the_connection_is_for_a_person(postgresql, tmp_path, change, said):
    url = postgresql.name_url("postgres?").replace(*change)
    with pytest.raises(StoreUnusable, match=rf"refuses the connection \(.*{said}.*\): check that this user may use"):
        open_store(url, state=tmp_path)


def test_a_server_that_has_no_connection_left_is_for_waiting(postgresql_place, tmp_path):
    name = postgresql_place.url.rpartition("/")[2]
    with psycopg.connect(postgresql_place.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE narrow_{name} LOGIN CONNECTION LIMIT 0".encode())
    url = postgresql_place.url.replace("postgres@", f"narrow_{name}@")
    with pytest.raises(StoreUnavailable, match="too many connections"):
        open_store(url, state=tmp_path)


@pytest.mark.parametrize("url", ["mysql://x", "sqlite:///x", "", "postgresql:/x"])
def test_another_kind_of_url_is_refused(url, tmp_path):
    with pytest.raises(StoreUnusable, match="must be sqlite or a URL like postgresql://"):
        open_store(url, state=tmp_path)


def test_a_url_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(StoreUnusable, match="is not a URL: write postgresql://"):
        open_store("postgresql://host:port/x", state=tmp_path)


def test_without_psycopg_the_command_that_brings_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserMustFix, match=r"pip install 'psycopg\[binary\]'"):
        open_store("postgresql://127.0.0.1/x", state=tmp_path)


def test_a_database_that_cannot_hold_every_script_is_refused(postgresql, tmp_path):
    url = postgresql.make_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreUnusable, match="is a LATIN1 database: make one with ENCODING 'UTF8'"):
        open_store(url, state=tmp_path)


def test_the_short_spelling_of_the_scheme_works(postgresql_place, tmp_path):
    url = postgresql_place.url.replace("postgresql://", "postgres://")
    open_store(url, state=tmp_path, read_only=True).close()


def test_a_user_who_may_only_read_reads(postgresql_place, make, tmp_path):
    writer = postgresql_place.open()
    asyncio.run(writer.polls.commit_poll(make.poll("a")))
    name = postgresql_place.url.rpartition("/")[2]
    with psycopg.connect(postgresql_place.url) as connection:
        connection.execute(f"CREATE ROLE analyst_{name} LOGIN".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO analyst_{name}".encode())
    url = postgresql_place.url.replace("postgres@", f"analyst_{name}@")
    reader = open_store(url, state=tmp_path, read_only=True)
    assert asyncio.run(reader.archive.summarise(make.noon)).articles == 1
    reader.close()
    writer.close()


def test_a_user_who_may_not_make_tables_is_told(postgresql, tmp_path):
    url = postgresql.make_database()
    name = url.rpartition("/")[2]
    with psycopg.connect(url) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(f"CREATE ROLE guest_{name} LOGIN".encode())
    with pytest.raises(StoreUnusable, match=r"permission denied .*check that this user may create and change tables"):
        open_store(url.replace("postgres@", f"guest_{name}@"), state=tmp_path)


def test_a_lost_link_is_passing_and_the_next_request_connects_again(postgresql_place, make):
    def cut():
        with psycopg.connect(postgresql_place.url, autocommit=True) as connection:
            ours = "FROM pg_stat_activity WHERE application_name = 'marsad' AND datname = current_database()"
            connection.execute(f"SELECT pg_terminate_backend(pid) {ours}")
            until(lambda: connection.execute(f"SELECT count(*) {ours}").fetchone() == (0,), "its sessions to end")

    store = postgresql_place.open()

    async def scenario():
        await store.polls.commit_poll(make.poll("a"))
        cut()
        assert await store.polls.commit_poll(make.poll("b")) == 1
        assert (await store.archive.summarise(make.noon)).articles == 2

        def cut_midway(connection):
            cut()
            connection.exec_driver_sql("SELECT 1")

        with pytest.raises(Transient, match="the store did not answer"):
            await store.database.write(cut_midway)
        with pytest.raises(Transient, match="the store did not answer"):
            await store.database.read(cut_midway)
        assert await store.polls.commit_poll(make.poll("c")) == 1

    asyncio.run(scenario())
    store.close()


def count_waiting(url):
    """Who waits for a turn to write."""
    with psycopg.connect(url) as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return connection.execute(query).fetchone()[0]


def test_a_match_gets_its_number_in_the_order_of_commits_and_nothing_else_waits(postgresql_place, make):
    first, second = postgresql_place.open(), postgresql_place.open()

    async def scenario():
        started, free = threading.Event(), threading.Event()

        def write_slowly(connection):
            write_matches(connection, [make.match("slow")], make.noon)
            started.set()
            assert free.wait(PATIENCE_SECONDS)

        slow = asyncio.create_task(first.database.write(write_slowly))
        await asyncio.to_thread(started.wait)
        assert await second.polls.commit_poll(make.poll("plain", matches=())) == 0
        quick = asyncio.create_task(second.polls.commit_poll(make.poll("a")))
        await until_async(
            lambda: quick.done() or count_waiting(postgresql_place.url), "the second to wait for the first"
        )
        assert not quick.done()
        free.set()
        await slow
        assert await quick == 1

    asyncio.run(scenario())
    first.close()
    second.close()


def test_what_reads_before_it_writes_is_written_in_turn(postgresql_place, make):
    first, second = postgresql_place.open(), postgresql_place.open()

    async def scenario():
        faults = [store.faults for store in (first, second)] * 20
        await asyncio.gather(*(one.record(FaultKind.TASK, "polling", "it fails", make.noon) for one in faults))
        (fault,) = await first.faults.list_faults()
        assert fault.count == 40

    asyncio.run(scenario())
    first.close()
    second.close()


def test_polls_of_a_moment_take_few_journeys(postgresql_place, make):
    store = postgresql_place.open()
    sources = [Source(id=SourceId(f"s{number}"), url=f"https://s{number}.example/") for number in range(64)]
    asked = []

    def make_loud(state):
        after = replace(state, next_poll_at=make.noon + timedelta(hours=1), last_polled_at=make.noon)
        article = make.article(f"of {state.source}", source=state.source)
        match = make.match(article.id) if state.source == "s7" else None
        return PollRecord(state=after, polled_at=make.noon, articles=(article,), matches=(match,) if match else ())

    async def scenario():
        await store.polls.register_sources(sources, make.noon - timedelta(hours=1))
        await store.polls.claim([source.id for source in sources], make.noon)
        states = [await store.polls.read_poll_state(source.id) for source in sources]
        event.listen(store.database._writer._engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        counts = await asyncio.gather(*(store.polls.commit_poll(make_loud(state)) for state in states))
        assert counts == [int(source.id == "s7") for source in sources]
        assert (await store.archive.summarise(make.noon)).articles == 64

    asyncio.run(scenario())
    assert len(asked) <= 10
    store.close()


def test_two_processes_write_in_turn(postgresql_place, make):
    first, second = postgresql_place.open(), postgresql_place.open()

    async def scenario():
        subscription = await make.subscribe(first)
        names = [f"n{number}" for number in range(60)]
        stores = [first, second] * 30
        await asyncio.gather(
            *(store.polls.commit_poll(make.poll(name)) for store, name in zip(stores, names, strict=True))
        )
        seqs = [record.seq for record in (await first.digests.list_pending(subscription)).records]
        assert len(seqs) == 60
        assert seqs == sorted(set(seqs))

    asyncio.run(scenario())
    first.close()
    second.close()
