"""What is watched: the nouns of sources.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NewType

SourceId = NewType("SourceId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret is to be read: a systemd credential, an environment variable or a file. Never its value."""

    kind: str  # "credential" | "env" | "file"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to answer a server that asks who is there: a user and a password, or a bearer token where `user` is None."""

    user: str | None = None
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Through which server to fetch; `url` None means through none."""

    url: str | None = None
    login: Login | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What a source's first fetch may alert about: the newest `items`, or what is younger than `age`; else all."""

    items: int | None = None
    age: timedelta | None = None


class Fulltext(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One feed URL or one folder; exactly one of `url` and `path` is set."""

    id: SourceId
    url: str | None = None
    path: Path | None = None
    tags: frozenset[str] = frozenset()
    language: str | None = None
    owner: str | None = None
    every: timedelta | None = None  # None: adaptive
    backfill: Backfill = Backfill()
    fulltext: Fulltext = Fulltext.AUTO
    paused: bool = False  # not polled until a person resumes it
    auth: Login | None = None
    proxy: Proxy | None = None  # None: the one of `polling`, if any

    @property
    def kind(self) -> str:
        """The key of `registry.SOURCES`."""
        return "url" if self.url is not None else "path"


class EventKind(StrEnum):
    """What may become of a source that a reader of its news should know."""

    BROKEN = "broken"
    SILENT = "silent"
    DISABLED = "disabled"
    BACK = "back"
    GAP = "possible gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvent:
    """Something became of a source; `number` grows with every event, 0 before it is recorded."""

    source: SourceId
    kind: EventKind
    at: datetime
    detail: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long the articles of a source took to their first mail: at most so many seconds for half, and for 95 of 100.

    From when Marsad first fetched the item; and from the date that the item bears, None where none has any.
    """

    source: SourceId
    delivered: int
    fetched_p50: float | None
    fetched_p95: float | None
    published_p50: float | None
    published_p95: float | None
