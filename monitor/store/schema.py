"""Bring a store to this program's schema, or say why it cannot be; Alembic is imported only when there is work."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import StoreUnavailable, StoreUnusable
from monitor.store.creation import create_tables
from monitor.store.failures import describe_store_error, is_passing, translated
from monitor.store.tables import SCHEMA, VERSION_TABLE, metadata, store_facts
from monitor.store.turns import take_number_turn, take_write_turn

OLDEST = "oldest_schema"
MIGRATIONS = Path(__file__).parent / "migrations"


def copy_nothing(found: str) -> None:
    """For a server, whose databases people copy themselves."""


def prepare_schema(
    reading: Engine, writing: Engine | None, *, keep_former: Callable[[str], None] = copy_nothing
) -> None:
    """Make or upgrade the tables; without `writing` only check them. `keep_former` copies a store of an older schema.

    Raises StoreUnusable, or StoreUnavailable where it may work later, and changes nothing then.
    """
    try:
        with reading.connect() as connection:
            found = read_version(connection)
            is_usable = found == SCHEMA or (found is not None and _admits_this_program(connection, found))
        if not is_usable:
            refuse_unknown(found)
            if writing is not None and found is not None:
                keep_former(found)
            _bring_up_to_date(writing, found)
    except SQLAlchemyError as error:
        what = f"the store cannot be brought to schema {SCHEMA} ({describe_store_error(error)}); nothing was changed"
        if is_passing(error):
            raise StoreUnavailable(f"{what}: Marsad tries again at its next start") from error
        raise StoreUnusable(f"{what}: check that this user may create and change tables in it") from error


def _bring_up_to_date(writing: Engine | None, found: str | None) -> None:
    if writing is None:
        raise StoreUnusable(
            f"the store has {f'schema {found}' if found else 'no tables yet'}, and this program reads schema {SCHEMA}: "
            "`marsad run` or `marsad once` brings it up to date"
        )
    with writing.begin() as connection:
        take_write_turn(connection)
        take_number_turn(connection)  # that of earlier versions
        if connection.dialect.name != "sqlite":  # others wait behind a table's lock: rather try again than hold them up
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        # Another process may have done it between the look and the lock.
        present = read_version(connection)
        if present is None:
            create_tables(connection)
        elif present != SCHEMA:
            _upgrade(connection)


def read_version(connection: Connection) -> str | None:
    """The store's schema, None when it is empty. Raises StoreUnusable for tables that are not ours."""
    present = set(inspect(connection).get_table_names())
    if VERSION_TABLE in present:
        return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    # A server's database may be shared with others; a file of ours is not.
    refuse_strange(present if connection.dialect.name == "sqlite" else present & set(metadata.tables))
    return None


def _admits_this_program(connection: Connection, found: str) -> bool:
    """Whether a server has a newer schema that only adds to this one.

    While the machines that share a store are upgraded one after another, those that still run the old version restart.
    """
    if connection.dialect.name == "sqlite" or found < SCHEMA:
        return False
    query = select(store_facts.c.value).where(store_facts.c.name == OLDEST)
    oldest = connection.execute(query).scalar()
    return oldest is not None and oldest <= SCHEMA


def read_fact(engine: Engine, name: str) -> str:
    """What was made with the store: its random `id`, its `secret`. Raises Transient or StoreUnusable."""
    with translated(), engine.connect() as connection:
        query = select(store_facts.c.value).where(store_facts.c.name == name)
        return str(connection.execute(query).scalar_one())


def refuse_strange(tables: Collection[str]) -> None:
    """Raises StoreUnusable where there is any of `tables`, which are not Marsad's."""
    if tables:
        raise StoreUnusable(
            f"the database is not a Marsad store: it contains other tables ({', '.join(sorted(tables)[:5])}); "
            "nothing was changed: name another database"
        )


def refuse_unknown(found: str | None) -> None:
    """Raises StoreUnusable for a schema that this program cannot bring up to date."""
    if found is not None and not list(MIGRATIONS.glob(f"versions/{found}_*.py")):
        raise StoreUnusable(
            f"the store was made by a newer Marsad (schema {found}, this program knows {SCHEMA} and older); nothing "
            "was changed: install that Marsad again, or restore the backup from before the upgrade"
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
