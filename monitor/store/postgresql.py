"""PostgreSQL by psycopg 3: the same store for whoever has a server already."""

from __future__ import annotations

import re
from importlib.util import find_spec

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from monitor.errors import MarsadError, StoreUnavailable, StoreUnusable, UserMustFix
from monitor.store.columns import dump_json
from monitor.store.failures import describe_store_error, is_passing
from monitor.store.readers import SIZE

# Any constant does; held to the end of a transaction, it makes match numbers grow in the order of commits, as
# BEGIN IMMEDIATE does in SQLite, and keeps two processes from migrating at once.
WRITE_LOCK = 0x6D617273

# libpq keeps the SQLSTATE of a refused connection to itself, so its words have to do (and in another language they say
# nothing: then it counts as passing). What is not here passes: the server starts, stops, is full, or is not reached.
_REFUSED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|(role|database|file) .* does not exist"
    r"|is not permitted to log in|permission denied|but SSL was required|certificate verify failed"
    r"|does not match host name|invalid (sslmode|port|integer|connection option)",
    re.IGNORECASE,
)


def open_server(url: str, *, read_only: bool) -> tuple[Engine, Engine | None]:
    """Engines to read and to write the database at `url`.

    Raises StoreUnusable, StoreUnavailable while the server does not answer, or UserMustFix without psycopg.
    """
    if find_spec("psycopg") is None:
        raise UserMustFix(
            "a postgresql:// store needs psycopg, which is not installed: pip install 'psycopg[binary]' beside Marsad"
        )
    parsed = _parse(url)
    shown = parsed.set(drivername="postgresql").render_as_string()
    reading = _make_engine(parsed, "-c default_transaction_read_only=on")
    try:
        with reading.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    except SQLAlchemyError as error:
        reading.dispose()
        raise _explain(shown, error) from error
    if encoding != "UTF8":
        reading.dispose()
        raise StoreUnusable(f"{shown} is a {encoding} database: make one with ENCODING 'UTF8'")
    return reading, None if read_only else _make_writing_engine(parsed)


def _explain(shown: str, error: SQLAlchemyError) -> MarsadError:
    cause = describe_store_error(error)
    if not is_passing(error) or _REFUSED.search(cause):
        return StoreUnusable(f"{shown} refuses the connection ({cause}): check that this user may use the database")
    return StoreUnavailable(
        f"{shown} does not answer ({cause}): check that the database is running; Marsad tries again at its next start"
    )


def _parse(url: str) -> URL:
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise StoreUnusable("`store` is not a URL: write postgresql://user@host/database") from error


def _make_engine(url: URL, options: str = "") -> Engine:
    return create_engine(
        url,
        pool_size=SIZE,
        pool_pre_ping=True,
        json_serializer=dump_json,
        connect_args={"connect_timeout": 10, "application_name": "marsad", "options": options},
    )


def _make_writing_engine(url: URL) -> Engine:
    engine = _make_engine(url)

    @event.listens_for(engine, "begin")
    def take_turn(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

    return engine
