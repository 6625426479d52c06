"""Checked files become Settings: every default filled in, every path absolute, every value with its origin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.digests.model import Cron, Daily, DigestPlan, Immediate, Schedule, Threads
from monitor.model import ChannelName, DigestName, Login, Proxy, Recipient, Secret, Source, SourceId
from monitor.model.console import ConsoleSettings, TrustedProxy
from monitor.model.daemon import MetricsPlaces
from monitor.ports import Retention
from monitor.registry import MAIL_CHANNELS
from monitor.settings.model import ChannelConfig, Feedback, Operator, Polling
from monitor.settings.people import list_addresses
from monitor.settings.schema import (
    ConsoleShape,
    DigestShape,
    MarsadShape,
    MetricsShape,
    PersonShape,
    RetentionShape,
)
from monitor.settings.source_shape import LoginShape, ProxyShape, SourceShape
from monitor.settings.values import NO_PROXY

SEVEN = time(7)  # when a digest goes out that does not say
MONDAY = 0  # and on which day a report about rules


def find_state(directory: Path, written: str | None) -> Path:
    """The state directory: as written, else $STATE_DIRECTORY (systemd), else `state` beside the files."""
    if written:
        return directory / Path(written).expanduser()
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else directory / "state"


def build_source(shape: SourceShape, directory: Path) -> Source:
    """The interval and the first fetch are those of the source's kind where none are written."""
    ((traits, place),) = shape.list_places()
    return Source(
        id=SourceId(shape.id),
        traits=traits,
        url=place if traits.is_remote else None,
        path=None if traits.is_remote else directory / Path(place).expanduser(),
        tags=frozenset(shape.tags),
        language=shape.language,
        owner=shape.owner,
        country=shape.country,
        every=shape.every if "every" in shape.model_fields_set else traits.every,
        backfill=shape.backfill or traits.backfill,
        fulltext=shape.fulltext,
        paused=shape.paused,
        auth=build_login(shape.auth, directory) if shape.auth else None,
        proxy=build_proxy(shape.proxy, directory) if shape.proxy else None,
    )


def build_login(shape: LoginShape | ProxyShape, directory: Path) -> Login | None:
    """None for a proxy that wants none."""
    secret = shape.password or (shape.token if isinstance(shape, LoginShape) else None)
    return Login(user=shape.user, secret=place_secret(secret, directory)) if secret else None


def build_proxy(shape: ProxyShape | str, directory: Path) -> Proxy:
    if isinstance(shape, ProxyShape):
        return Proxy(url=shape.url, login=build_login(shape, directory))
    return Proxy(url=None if shape == NO_PROXY else shape)


def place_secret(secret: Secret, directory: Path) -> Secret:
    """A file beside the configuration gets its whole path."""
    return replace(secret, name=str(directory / Path(secret.name).expanduser())) if secret.kind == "file" else secret


@dataclass(frozen=True, slots=True)
class KnownRecipients:
    """Who `to:` may mean, and what holds for them where neither they nor the digest say otherwise."""

    main: MarsadShape
    channels: Mapping[ChannelName, ChannelConfig]

    def build_digest(self, name: str, shape: DigestShape) -> DigestPlan:
        return DigestPlan(
            name=DigestName(name),
            recipients=self._build_recipients(shape),
            rules=tuple(shape.rules),
            severity=shape.severity,
            schedule=_build_schedule(shape),
            quiet_hours=shape.quiet_hours
            if shape.quiet_hours and shape.quiet_hours.start != shape.quiet_hours.end
            else None,
            empty=shape.empty,
            template=shape.template or ("report" if shape.report else "digest"),
            sections=shape.sections,
            threads=shape.threads or (Threads.STORY if isinstance(shape.schedule, Immediate) else Threads.NONE),
            also=shape.also,
            is_report=shape.report is not None,
            max_size=shape.max_size,
            channel=self.pick_channel(shape.channel),
        )

    def build_operator(self) -> Operator | None:
        shape = self.main.operator
        if shape is None:
            return None
        person = self.main.people.get(shape.to)
        to = person.email if person else shape.to
        return Operator(to=to, channel=self.pick_channel(shape.channel), heartbeat_url=shape.heartbeat_url)

    def pick_channel(self, written: str | None) -> ChannelName:
        mail = (name for name, channel in self.channels.items() if channel.type in MAIL_CHANNELS)
        return ChannelName(written or self.main.defaults.channel or next(mail, next(iter(self.channels))))

    def _build_recipients(self, shape: DigestShape) -> tuple[Recipient, ...]:
        """One for each address, however often it is named."""
        people = self.main.people
        found = [one for reader in shape.to for one in list_addresses(reader, people)]
        recipients = [self._build_recipient(address, people.get(owner), shape) for address, owner in found]
        return tuple({recipient.email.casefold(): recipient for recipient in reversed(recipients)}.values())[::-1]

    def _build_recipient(self, address: str, person: PersonShape | None, shape: DigestShape) -> Recipient:
        """A person's own language and zone win over the digest's, and those over the defaults."""
        defaults = self.main.defaults
        language = (person and person.language) or shape.language or defaults.language or "en"
        timezone = (person and person.timezone) or shape.timezone or defaults.timezone or ZoneInfo("UTC")
        channel = ChannelName(address.partition(":")[0]) if ":" in address else None
        size: int | None = getattr(self.channels[channel].options, "max_size", None) if channel else None
        return Recipient(email=address, language=language, timezone=timezone, channel=channel, max_size=size)


def _build_schedule(shape: DigestShape) -> Schedule:
    if isinstance(shape.schedule, str):
        return Cron(line=shape.schedule)
    if isinstance(shape.schedule, Immediate):
        given = {key: getattr(shape, key) for key in ("group_wait", "group_interval", "max_per_hour")}
        return Immediate(**{key: value for key, value in given.items() if value is not None})
    if shape.schedule is not None:
        return shape.schedule
    usual = {MONDAY} if shape.report else range(7)
    days = frozenset(usual if shape.days is None else shape.days)
    return Daily(at=SEVEN if shape.at is None else shape.at, days=days)


def build_polling(main: MarsadShape, directory: Path) -> Polling:
    shape = main.polling
    return Polling(
        contact=shape.contact,
        allow_private=frozenset(shape.allow_private),
        host_delay=shape.host_delay,
        proxy=build_proxy(shape.proxy or NO_PROXY, directory),
        shared_hosts=frozenset(shape.shared_hosts),
    )


def build_metrics(shape: MetricsShape | None, directory: Path) -> MetricsPlaces | None:
    if shape is None:
        return None
    return MetricsPlaces(
        listen=shape.listen,
        socket=directory / shape.socket if shape.socket else None,
        textfile=directory / shape.textfile if shape.textfile else None,
    )


def build_console(shape: ConsoleShape, directory: Path) -> ConsoleSettings:
    proxy = shape.proxy
    return ConsoleSettings(
        listen=shape.listen,
        socket=directory / shape.socket if shape.socket else None,
        hosts=frozenset(shape.hosts),
        operators=frozenset(shape.operators),
        passwords=dict(shape.passwords),
        proxy=TrustedProxy(header=proxy.header, addresses=frozenset(proxy.addresses)) if proxy else None,
    )


def build_feedback(main: MarsadShape, directory: Path) -> Feedback | None:
    shape = main.feedback
    return Feedback(maildir=directory / Path(shape.maildir).expanduser(), address=shape.address) if shape else None


def build_retention(shape: RetentionShape) -> Retention:
    return Retention(articles=shape.articles, rejected=shape.rejected, matches=shape.matches, disk_bytes=shape.disk)


def build_sources(shapes: Iterable[SourceShape], directory: Path) -> tuple[Source, ...]:
    return tuple(build_source(shape, directory) for shape in shapes)
