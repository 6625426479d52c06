"""What a configuration directory says once it is checked: plain frozen types, no YAML and no pydantic in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.digests.model import DigestPlan
from monitor.model import ChannelName, Problem, Proxy, Source
from monitor.model.console import ConsoleSettings
from monitor.model.daemon import MetricsPlaces
from monitor.ports import Retention
from monitor.rules.model import Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """`options` is an instance of the `Options` dataclass of the channel's own module."""

    name: ChannelName
    type: str  # a key of registry.CHANNELS
    options: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who is told when Marsad itself needs help."""

    to: str
    channel: ChannelName
    heartbeat_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Where what recipients answer is delivered, and the address to which they write."""

    maildir: Path
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """`shared_hosts` serve many unrelated feeds: the Retry-After of one says nothing about the others."""

    contact: str | None = None
    allow_private: frozenset[str] = frozenset()
    host_delay: timedelta = timedelta(seconds=1)
    proxy: Proxy = field(default_factory=Proxy)
    shared_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value was written; `line` counts from 1."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One whole configuration, every default filled in, every path absolute."""

    directory: Path
    state: Path
    store: str  # "sqlite" (a file under `state`) or a postgresql:// URL
    channels: Mapping[ChannelName, ChannelConfig] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    watchlist: Watchlist = field(default_factory=Watchlist)
    digests: tuple[DigestPlan, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)  # addresses by id
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # where neither a person nor a digest has one
    operator: Operator | None = None
    feedback: Feedback | None = None
    polling: Polling = Polling()
    metrics: MetricsPlaces | None = None
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    retention: Retention = field(default_factory=Retention)
    watch: bool = False  # whether an edit is put in force without a reload
    origins: Mapping[str, Origin] = field(default_factory=dict)  # "rules.karabakh.title" -> where


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The outcome of reading a configuration: settings when no problem is an error, and every problem either way."""

    settings: Settings | None
    problems: tuple[Problem, ...] = ()
