"""What is watched: the nouns of sources.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NewType
from urllib.parse import urlsplit

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTraits:
    """What the sources of one kind have in common, as data. The defaults are those of a feed on the web.

    The code of a kind is a `ports.SourceKind`, which `registry.SOURCES` lists.
    """

    kind: str = "url"  # the key in sources.yaml and in `registry.SOURCES`
    noun: str = "feed"  # what messages call such a source
    meaning: str = "a feed"  # what the key stands for
    # It is read from a server: the key takes a URL, and the server's answers say when to poll again. Else a path.
    is_remote: bool = True
    # It lists the latest items only: new ones replace older ones, so that gaps and silence can be noticed.
    is_rolling: bool = True
    every: timedelta | None = None  # the interval where none is written; None: adaptive
    auto_every: timedelta | None = None  # the interval of `every: auto`; None: adaptive
    backfill: Backfill = Backfill(items=0)  # of the first fetch, where none is written


class Fulltext(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One feed URL or one folder, or what else a kind reads: `url` is set where it is remote, else `path`."""

    id: SourceId
    traits: SourceTraits = field(default=SourceTraits(), repr=False)
    url: str | None = None
    path: Path | None = None
    tags: frozenset[str] = frozenset()
    language: str | None = None
    owner: str | None = None
    country: str | None = None  # an ISO 3166 code
    every: timedelta | None = None  # None: adaptive
    backfill: Backfill = Backfill()
    fulltext: Fulltext = Fulltext.AUTO
    paused: bool = False  # not polled until a person resumes it
    auth: Login | None = None
    proxy: Proxy | None = None  # None: the one of `polling`, if any

    @property
    def kind(self) -> str:
        """The key of `registry.SOURCES`."""
        return self.traits.kind

    @property
    def location(self) -> str:
        """Where it is read, as the configuration says: its URL or its path."""
        return self.url or str(self.path)

    @property
    def host(self) -> str:
        """The server that it is polled at; a source that is not remote has a name that no server has."""
        return _find_host(self.url) if self.url else f"{self.kind} {self.id}"


@lru_cache(maxsize=16_384)
def _find_host(url: str) -> str:
    return urlsplit(url).hostname or url


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
