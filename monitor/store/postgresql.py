"""PostgreSQL by psycopg 3: the same store for whoever has a server already."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from monitor.errors import MarsadError, StoreUnavailable, StoreUnusable, UserMustFix
from monitor.store.columns import dump_json
from monitor.store.failures import describe_store_error, is_passing
from monitor.store.readers import SIZE

# A process that is stopped, or cut off, in the middle of a transaction keeps others waiting: the server ends it. Our
# own statements follow one another as fast as a busy interpreter lets them.
IDLE_SECONDS = 15
# The server tells a machine that has gone by these, in seconds; by default it waits for two hours.
_LINK = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3, "tcp_user_timeout": 20_000}
WRITING = " ".join(
    f"-c {name}={value}"
    for name, value in {"idle_in_transaction_session_timeout": IDLE_SECONDS * 1000, **_LINK}.items()
)
# The same for this side of the link.
_CLIENT_LINK = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}

# libpq keeps the SQLSTATE of a refused connection to itself, so its words have to do (and in another language they say
# nothing: then it counts as passing). What is not here passes: the server starts, stops, is full, or is not reached.
_REFUSED = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|(role|database|file) .* does not exist"
    r"|is not permitted to log in|permission denied|but SSL was required|certificate verify failed"
    r"|does not match host name|invalid (sslmode|port|integer|connection option)",
    re.IGNORECASE,
)


def open_server(url: str, *, read_only: bool, holder: str | None = None) -> tuple[Engine, Engine | None]:
    """Engines to read and to write the database at `url`; `holder` is who writes.

    Raises StoreUnusable, StoreUnavailable while the server does not answer, or UserMustFix without psycopg.
    """
    if find_spec("psycopg") is None:
        raise UserMustFix(
            "a postgresql:// store needs psycopg, which is not installed: pip install 'psycopg[binary]' beside Marsad"
        )
    parsed = _parse(url)
    shown = parsed.set(drivername="postgresql").render_as_string()
    # Each statement by itself: in a transaction of READ COMMITTED it saw no more, and it took two journeys longer.
    reading = _make_engine(parsed, "-c default_transaction_read_only=on", isolation_level="AUTOCOMMIT")
    try:
        with reading.connect() as connection:
            encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    except SQLAlchemyError as error:
        reading.dispose()
        raise _explain(shown, error) from error
    if encoding != "UTF8":
        reading.dispose()
        raise StoreUnusable(f"{shown} is a {encoding} database: make one with ENCODING 'UTF8'")
    return reading, None if read_only else _make_engine(parsed, WRITING, name=name_sessions(holder))


def name_sessions(holder: str | None) -> str:
    """The application_name of the sessions in which `holder` writes. PostgreSQL cuts it after 63 bytes."""
    return f"marsad {holder[-50:]}" if holder else "marsad"


def open_beating(url: str) -> Engine:
    """For the few statements by which workers say that they live. Raises StoreUnusable for a URL that is none."""
    options = {"statement_timeout": 5000, "lock_timeout": 4000, "idle_in_transaction_session_timeout": 5000, **_LINK}
    return _make_engine(_parse(url), " ".join(f"-c {name}={value}" for name, value in options.items()))


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


def _make_engine(url: URL, options: str, *, name: str = "marsad", **more: Any) -> Engine:
    return create_engine(
        url,
        pool_size=SIZE,
        pool_pre_ping=True,
        json_serializer=dump_json,
        connect_args={"connect_timeout": 10, "application_name": name, "options": options, **_CLIENT_LINK},
        **more,
    )
