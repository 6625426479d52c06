"""PostgreSQL by psycopg 3: the same store for whoever has a server already."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from monitor.errors import StoreUnusable, UserMustFix
from monitor.store.columns import write_json
from monitor.store.readers import SIZE

# Any constant does; held to the end of a transaction, it makes match numbers grow in the order of commits, as
# BEGIN IMMEDIATE does in SQLite, and keeps two processes from migrating at once.
WRITE_LOCK = 0x6D617273


def open_server(url: str, *, read_only: bool) -> tuple[Engine, Engine | None]:
    """Engines to read and to write the database at `url`. Raises StoreUnusable, or UserMustFix without psycopg."""
    if find_spec("psycopg") is None:
        raise UserMustFix(
            "a postgresql:// store needs psycopg, which is not here: pip install 'psycopg[binary]' beside Marsad"
        )
    parsed = _parse(url)
    reading = _make_engine(parsed, "-c default_transaction_read_only=on")
    try:
        with reading.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    except SQLAlchemyError as error:
        reading.dispose()
        cause = " ".join(str(getattr(error, "orig", error)).split())
        shown = parsed.render_as_string()
        raise StoreUnusable(f"{shown} does not answer ({cause}): see that it runs and lets this user in") from error
    if encoding != "UTF8":
        reading.dispose()
        raise StoreUnusable(f"{parsed.render_as_string()} is a {encoding} database: make one with ENCODING 'UTF8'")
    return reading, None if read_only else _make_writing_engine(parsed)


def _parse(url: str) -> URL:
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise StoreUnusable("`store` is no URL: write postgresql://user@host/database") from error


def _make_engine(url: URL, options: str = "") -> Engine:
    return create_engine(
        url,
        pool_size=SIZE,
        pool_pre_ping=True,
        json_serializer=write_json,
        connect_args={"connect_timeout": 10, "application_name": "marsad", "options": options},
    )


def _make_writing_engine(url: URL) -> Engine:
    engine = _make_engine(url)

    @event.listens_for(engine, "begin")
    def take_turn(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    return engine
