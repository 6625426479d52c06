"""SessionStore and ActionStore: people who use the web console."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from monitor.model.console import IDLE, Action, Session
from monitor.store.console_tables import console_log, console_sessions
from monitor.store.database import Database

SEEN_EVERY = timedelta(minutes=5)  # a session is not written with each request
FIELDS = ("key", "user", "begun_at", "seen_at", "agent")


class SqlSessionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, session: Session) -> None:
        over = delete(console_sessions).where(console_sessions.c.seen_at < session.seen_at - IDLE)
        new = insert(console_sessions).values({name: getattr(session, name) for name in FIELDS})
        await self._database.write(lambda connection: (connection.execute(over), connection.execute(new)))

    async def find(self, key: str, now: datetime) -> Session | None:
        query = select(console_sessions).where(console_sessions.c.key == key)
        row = await self._database.read(lambda connection: connection.execute(query).mappings().first())
        found = None if row is None else Session(**row)
        if found is None or found.is_over(now):
            return None
        if now - found.seen_at > SEEN_EVERY:
            seen = update(console_sessions).where(console_sessions.c.key == key).values(seen_at=now)
            await self._database.write(lambda connection: connection.execute(seen))
        return found

    async def end(self, keys: Collection[str]) -> int:
        gone = delete(console_sessions).where(console_sessions.c.key.in_(keys))
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)

    async def list_sessions(self, now: datetime) -> Sequence[Session]:
        query = select(console_sessions).where(console_sessions.c.seen_at >= now - IDLE)
        query = query.order_by(console_sessions.c.seen_at.desc(), console_sessions.c.key)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [Session(**row) for row in rows]


class SqlActionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, action: Action) -> None:
        row = {"at": action.at, "user": action.user, "what": action.what, "subject": action.subject}
        await self._database.write(lambda connection: connection.execute(insert(console_log).values(row)))

    async def list_actions(self, limit: int) -> Sequence[Action]:
        one = console_log.c
        query = select(one.at, one.user, one.what, one.subject).order_by(one.number.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).mappings().all())
        return [Action(**row) for row in rows]
