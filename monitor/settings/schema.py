"""The shape of the YAML files, key by key, as pydantic models; `json_schema` gives the same to editors.

What a value means is in values.py, what the keys of several files mean together in references.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from monitor.digests.model import MAX_SIZE, Cadence, Empty, Immediate, Threads
from monitor.model import Severity
from monitor.model.console import PORT
from monitor.model.story import Sections
from monitor.names.model import EntityKind, Include
from monitor.rules.model import MatchMode
from monitor.settings import fields as f
from monitor.settings.channels import describe_channels
from monitor.settings.console import find_open_door
from monitor.settings.fields import Shape
from monitor.settings.meanings import describe_keys, describe_other_keys
from monitor.settings.source_shape import SourcesShape, Through, make_sources_shape
from monitor.settings.values import FORMAT, Wrong


class DefaultsShape(Shape):
    timezone: f.Zone | None = None
    channel: f.Id | None = None
    language: f.DigestLanguage = "en"


class PersonShape(Shape):
    email: f.Email
    channels: tuple[f.Plain, ...] = ()
    language: f.DigestLanguage | None = None
    timezone: f.Zone | None = None


class OperatorShape(Shape):
    to: f.Plain
    channel: f.Id | None = None
    heartbeat_url: f.Url | None = None


class FeedbackShape(Shape):
    maildir: f.Plain
    address: f.Email


class PollingShape(Shape):
    contact: f.Plain | None = None
    allow_private: tuple[f.HostPort, ...] = ()
    host_delay: f.Delay = timedelta(seconds=1)
    proxy: Through | None = None
    shared_hosts: tuple[f.HostName, ...] = ()


class MetricsShape(Shape):
    """Where the daemon hands out metrics for Prometheus."""

    listen: f.Loopback | None = None
    socket: f.PathText | None = None
    textfile: f.PathText | None = None

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if not (self.listen or self.socket or self.textfile):
            raise Wrong("names no place", expected="listen, socket or textfile")
        return self


class TrustedProxyShape(Shape):
    header: f.HeaderName = "Remote-User"
    addresses: Annotated[tuple[f.Address, ...], Field(min_length=1)]


class ConsoleShape(Shape):
    """The web console: where it listens, and who may use it."""

    listen: f.Listen = ("127.0.0.1", PORT)
    socket: f.PathText | None = None
    hosts: tuple[f.HostName, ...] = ()
    operators: tuple[f.Plain, ...] = ()
    passwords: dict[f.Id, f.PasswordHash] = Field(default_factory=dict)
    proxy: TrustedProxyShape | None = None

    @model_validator(mode="after")
    def _lets_nobody_in_unasked(self) -> Self:
        if wrong := find_open_door(self.listen, has_login=bool(self.passwords or self.proxy)):
            raise wrong
        return self


class RetentionShape(Shape):
    articles: f.Keeping = timedelta(days=90)
    rejected: f.Keeping = timedelta(days=30)
    matches: f.Keeping = timedelta(days=400)
    disk: f.Size | None = None


class MarsadShape(Shape):
    """marsad.yaml: where Marsad keeps its state, and how it sends mail."""

    config: f.Format = FORMAT
    state: f.Plain | None = None
    store: f.StoreUrl = "sqlite"
    defaults: DefaultsShape = DefaultsShape()
    channels: dict[f.Id, dict[str, Any]] = Field(default_factory=dict)  # each by the Options of its type: channels.py
    people: dict[f.Id, PersonShape] = Field(default_factory=dict)
    operator: OperatorShape | None = None
    feedback: FeedbackShape | None = None
    polling: PollingShape = PollingShape()
    metrics: MetricsShape | None = None
    console: ConsoleShape = ConsoleShape()
    packs: tuple[f.Plain, ...] = ()
    retention: RetentionShape = RetentionShape()
    watch: bool = False


class DigestShape(Shape):
    to: Annotated[tuple[f.Plain, ...], Field(min_length=1)]
    rules: Annotated[tuple[f.Glob, ...], Field(min_length=1)] = ("*",)
    severity: Severity = Severity.LOW
    at: f.ClockTime | None = None
    days: Annotated[tuple[f.Day, ...], Field(min_length=1)] | None = None
    schedule: f.When | None = None
    group_wait: f.Delay | None = None
    group_interval: f.Delay | None = None
    max_per_hour: Annotated[int, Field(ge=1)] | None = None
    quiet_hours: f.Quiet | None = None
    empty: Empty = Empty.SILENT
    template: f.Template | None = None
    sections: Sections = Sections.NONE
    threads: Threads | None = None
    also: bool = False
    report: Cadence | None = None
    max_size: f.MailSize = MAX_SIZE
    channel: f.Id | None = None
    language: f.DigestLanguage | None = None
    timezone: f.Zone | None = None

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        if self.schedule is not None and (self.at is not None or self.days is not None):
            raise Wrong(
                "schedule is given together with at or days", expected="one of them", hint="at and days are a schedule"
            )
        if self.report is not None and (self.schedule is not None or len(self.days or ()) > 1):
            raise Wrong(
                "report: weekly is sent once a week",
                expected="one day, or none for Monday",
                hint="write days: [fri] and at: to choose the day and the time; it has no schedule",
            )
        instant = [key for key in ("group_wait", "group_interval", "max_per_hour") if getattr(self, key) is not None]
        if instant and not isinstance(self.schedule, Immediate):
            raise Wrong(
                f"{instant[0]} is given, and the schedule is not immediate",
                expected="schedule: immediate",
                hint="other digests report what came since the one before: remove the key",
            )
        return self


class DigestsShape(Shape):
    """digests.yaml: who gets which digest, and when."""

    digests: dict[f.Id, DigestShape] = Field(default_factory=dict)


NameList = Annotated[tuple[f.Name, ...], Field(min_length=1)]
Names = Annotated[
    Annotated[dict[f.TextLanguage, NameList], Tag(f.MAPPING)] | Annotated[NameList, Tag(f.OTHER)], f.BY_FORM
]


class SpikeShape(Shape):
    factor: f.Factor = 3.0
    over: f.Baseline = timedelta(days=14)


class SignalsShape(Shape):
    """What is reported of a rule or an entity as a whole, beside its articles."""

    spike: SpikeShape | None = None
    quiet_for: f.Silence | None = None
    first_mention: f.Absence | None = None

    @model_validator(mode="after")
    def _check_something(self) -> Self:
        if not any((self.spike, self.quiet_for, self.first_mention)):
            raise Wrong("signals is empty", expected="spike, quiet_for or first_mention", hint="quiet_for: 3d")
        return self


class EntityShape(Shape):
    kind: EntityKind = EntityKind.TOPIC
    names: Names = ()
    short: Names = ()
    near: tuple[f.Id, ...] = ()
    never: Annotated[Names, Field(alias="not")] = ()
    territory: f.Territory | None = None
    include: tuple[Include, ...] = ()
    since: f.Since | None = None
    former: bool = False
    signals: SignalsShape | None = None
    add: Names = ()
    remove: Names = ()

    @property
    def is_overlay(self) -> bool:
        """Whether it changes an entity that another file defines."""
        return bool(self.add or self.remove) or self.model_fields_set == {"signals"}

    @model_validator(mode="after")
    def _check_overlay(self) -> Self:
        written = [
            field.alias or name for name, field in type(self).model_fields.items() if name in self.model_fields_set
        ]
        changes = [key for key in written if key in {"add", "remove"}]
        others = [key for key in written if key not in {*changes, "signals"}]
        if changes and others:
            hint = "add and remove change the names of a pack's entity; the other keys define an entity"
            raise Wrong(f"both {others[0]} and {changes[0]}", expected="one of them", hint=hint)
        return self

    @model_validator(mode="after")
    def _check_findable(self) -> Self:
        if self.is_overlay:
            return self
        if not self.names and self.territory is None:
            raise Wrong("names or territory is missing", hint="without one of them, the entity cannot be found")
        if self.include and self.territory is None:
            raise Wrong("include needs a territory", hint="include adds to the names of a territory")
        return self


Zones = Annotated[tuple[Literal["headline", "body"], ...], Field(min_length=1)]


class ListsShape(Shape):
    """The keys of a condition that has operands; several of them must all hold."""

    all: Conditions | None = None
    any: Conditions | None = None
    none: Conditions | None = None
    at_least: Annotated[int, Field(ge=1)] | None = None
    of: Members | None = None
    score: f.Weights | None = None
    near: f.Neighbours | None = None

    @model_validator(mode="after")
    def _check_count(self) -> Self:
        if (self.at_least is None) != (self.of is None):
            what = "of is missing" if self.of is None else "at_least is missing"
            raise Wrong(what, expected="both", hint="at_least: 2 and of: [a, b, c]")
        if self.at_least and isinstance(self.of, tuple) and self.at_least > len(self.of):
            raise Wrong(f"at_least: {self.at_least} of {len(self.of)} conditions", hint="it can never hold")
        return self

    def lists_something(self, *, needed: bool = False) -> bool:
        """Whether a key is there; with `needed`, one that asks for something to be there."""
        keys = (self.all, self.any, self.of, self.score, self.near)
        return any(key is not None for key in keys) or (not needed and self.none is not None)


class ConditionShape(ListsShape):
    text: f.Name | None = None
    id: f.Id | None = None
    fields: Zones | None = None
    match: MatchMode | None = None
    case: bool = False

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        nested = self.lists_something()
        if sum(map(bool, (self.text, self.id, nested))) != 1:
            raise Wrong(
                "the condition is empty or mixes several kinds",
                expected="one of text, id, or all, any, none, at_least, score and near",
            )
        if self.fields and nested:
            raise Wrong(
                "fields is given beside all, any or none", hint="fields goes with text or id, or with the whole rule"
            )
        if (self.match or self.case) and self.text is None:
            raise Wrong("match and case need text", hint="use them with {text: …}; match also with the whole rule")
        return self


Condition = Annotated[Annotated[ConditionShape, Tag(f.MAPPING)] | Annotated[f.Id, Tag(f.OTHER)], f.BY_FORM]
Conditions = Annotated[tuple[Condition, ...], Field(min_length=1)]


def _members_form(value: Any) -> str:
    return f.OTHER if isinstance(value, str) else f.MAPPING


# Of `of`: the id of a group, or a list.
Members = Annotated[Annotated[f.Id, Tag(f.OTHER)] | Annotated[Conditions, Tag(f.MAPPING)], Discriminator(_members_form)]


class SelectorShape(Shape):
    id: f.Id | None = None
    tag: f.Id | None = None

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if (self.id is None) == (self.tag is None):
            raise Wrong("not a source or tag", expected="{tag: …} or a source's id")
        return self


Selector = Annotated[Annotated[SelectorShape, Tag(f.MAPPING)] | Annotated[f.Id, Tag(f.OTHER)], f.BY_FORM]


class ExampleShape(Shape):
    headline: f.Prose
    body: f.Body = ""
    language: f.TextLanguage | None = None


Example = Annotated[Annotated[ExampleShape, Tag(f.MAPPING)] | Annotated[f.Prose, Tag(f.OTHER)], f.BY_FORM]


class ExamplesShape(Shape):
    match: tuple[Example, ...] = ()
    skip: tuple[Example, ...] = ()


class RuleShape(ListsShape):
    title: f.Plain | None = None
    within: f.Distance | None = None
    fields: Zones = ("headline", "body")
    match: MatchMode = MatchMode.FUZZY
    languages: tuple[f.TextLanguage, ...] = ()
    sources: tuple[Selector, ...] = ()
    severity: Severity = Severity.NORMAL
    topic: f.Plain | None = None
    backfill: f.FirstFetch | None = None
    signals: SignalsShape | None = None
    examples: ExamplesShape = ExamplesShape()

    @model_validator(mode="after")
    def _check_condition(self) -> Self:
        if not self.lists_something(needed=True):
            raise Wrong("all or any is missing", hint="a rule needs at least one condition that must hold")
        if self.within and not self.all:
            raise Wrong("within needs all", hint="within sets the largest distance between the operands of all")
        return self


class RulesShape(Shape):
    """A file of rules/, or a pack: the entities to look for, and the rules that fire on them."""

    as_of: f.AsOf | None = None
    entities: dict[f.Id, EntityShape] = Field(default_factory=dict)
    groups: dict[f.Id, Annotated[tuple[f.Id, ...], Field(min_length=1)]] = Field(default_factory=dict)
    rules: dict[f.Id, RuleShape] = Field(default_factory=dict)


SHAPES: dict[str, type[Shape]] = {
    "marsad": MarsadShape,
    "sources": SourcesShape,
    "digests": DigestsShape,
    "rules": RulesShape,
}


def json_schema() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind of file, for completion in editors."""
    shapes = SHAPES | {"sources": make_sources_shape()}
    schemas = {kind: shape.model_json_schema(mode="validation") for kind, shape in shapes.items()}
    schemas["marsad"]["properties"]["channels"]["additionalProperties"] = describe_channels()
    describe_keys(schemas["rules"])
    describe_other_keys(schemas)
    for kind, schema in schemas.items():
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = f"Marsad: {kind}"
    return schemas
