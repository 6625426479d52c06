"""A rule, entity, digest or source as it is resolved, value by value, each with the place where it was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import time, timedelta
from typing import Any

from monitor.digests.build import is_selected
from monitor.digests.model import Cron, Daily, DigestPlan, Every, Immediate, QuietHours
from monitor.errors import UsageError
from monitor.model import Backfill, Login, Proxy, Secret, Source
from monitor.model.signal import SignalSettings
from monitor.names.model import Entity, Include, Name
from monitor.rules.model import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    EntityRef,
    Literal,
    Near,
    NoneOf,
    Rule,
    Weighted,
    Within,
)
from monitor.settings.model import Origin, Settings
from monitor.settings.times import DAYS
from monitor.text.quoting import quote, suggest_near
from monitor.text.territories import (
    list_brief_names,
    list_capitals,
    list_demonyms,
    list_other_spellings,
    list_short_names,
    list_territory_names,
    list_usual_names,
)

LISTS = {Include.SHORT_NAMES: list_short_names, Include.CAPITAL: list_capitals, Include.DEMONYMS: list_demonyms}


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedLine:
    """One value of the thing; `origin` is None for a default."""

    key: str
    value: str
    origin: Origin | None = None


def describe_thing(settings: Settings, kind: str, identifier: str) -> tuple[DescribedLine, ...]:
    """The lines of the thing called `identifier`. Raises UsageError that names what there is."""
    if kind not in _KINDS:
        raise UsageError(f"cannot show a {kind!r}; there are: {', '.join(_KINDS)}")
    section, list_things, list_values = _KINDS[kind]
    things = list_things(settings)
    if identifier not in things:
        known = ", ".join(list(things)[:10]) + (", …" if len(things) > 10 else "")
        hint = suggest_near(identifier, things) or f"there are: {known or 'none'}"
        raise UsageError(f"no {kind} is called {quote(identifier)}; {hint}")

    def is_written(key: str) -> bool:
        return f"{section}.{identifier}.{key}" in settings.origins

    thing = things[identifier]
    lines = tuple(
        DescribedLine(
            key=key, value=value, origin=find_origin(settings.origins, f"{section}.{identifier}", origin or key)
        )
        for key, value, origin in list_values(thing, is_written)
    )
    return (*lines, *_list_selected(settings, thing)) if isinstance(thing, DigestPlan) else lines


def find_origin(origins: Mapping[str, Origin], thing: str, key: str) -> Origin | None:
    """Where a value was written; "." is the thing itself."""
    return origins.get(thing if key == "." else f"{thing}.{key}")


Value = tuple[str, str, str]  # key, value, and the key of its origin where that is another one
IsWritten = Callable[[str], bool]  # whether a key of the thing stands in the file


def _list_source(source: Source, _: IsWritten) -> Iterator[Value]:
    for field in fields(source):
        value = getattr(source, field.name)
        if field.name == "traits":
            yield source.kind, source.location, ""
        elif field.name in {"url", "path"}:
            continue
        elif field.name == "every":
            yield "every", "auto" if value is None else write_duration(value), ""
        elif value is not None or field.name == "language":
            yield field.name, write_value(value), ""


def _list_entity(entity: Entity, _: IsWritten) -> Iterator[Value]:
    yield "id", entity.id, "."
    yield "kind", entity.kind, ""
    if entity.since:
        yield "since", entity.since, ""
    if entity.former:
        yield "former", "true", ""
    for key, names in (("names", entity.names), ("short", entity.short), ("not", entity.never)):
        yield from _list_names(key, names)
    yield "near", write_value(entity.near), ""
    yield "territory", write_value(entity.territory), ""
    yield "include", write_value(entity.include), ""
    yield from _list_territory_names(entity)
    yield from _list_signals(entity.signals)
    yield "pack", write_value(entity.pack) or "none", "."


def _list_territory_names(entity: Entity) -> Iterator[Value]:
    """What `territory:` and `include:` add to the names, one line for each language."""
    if entity.territory is None:
        return
    yield from _list_by_language("territory", "territory", _name_by_language(entity.territory))
    for include in sorted(entity.include):
        pairs = [*LISTS[include](entity.territory).items()]
        if include is Include.SHORT_NAMES:
            pairs += [(name, tag) for name, tags in list_usual_names(entity.territory).items() for tag in tags.split()]
        yield from _list_by_language(f"include.{include}", "include", pairs)


def _name_by_language(territory: str) -> Iterator[tuple[str, str]]:
    """Each name that a territory brings by itself with a language, brief names with each of theirs."""
    yield from (
        (name, tag) for name, tag in list_territory_names(territory).items() if name not in list_brief_names(territory)
    )
    yield from ((name, tag) for name, tags in list_brief_names(territory).items() for tag in tags.split())
    yield from ((name, "other") for name in list_other_spellings(territory))


def _list_by_language(key: str, written: str, pairs: Iterable[tuple[str, str]]) -> Iterator[Value]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, language in pairs:
        names[language].append(name)
    yield from ((f"{key}.{language}", ", ".join(names[language]), written) for language in sorted(names))


def _list_names(key: str, names: Iterable[Name]) -> Iterator[Value]:
    """Numbered within each language, as they are in the file."""
    counts: dict[str | None, int] = {}
    for name in names:
        number = counts[name.language] = counts.get(name.language, -1) + 1
        place = f"{key}.{name.language}" if name.language else key
        yield f"{place}[{number}]", name.text, ""


def _list_rule(rule: Rule, is_written: IsWritten) -> Iterator[Value]:
    yield "id", rule.id, "."
    yield "title", rule.title, ""
    yield from _list_operands(rule.condition, "", is_written)
    yield "within", write_value(rule.within), ""
    yield "fields", write_value(rule.fields), ""
    yield "match", rule.match, ""
    yield "languages", write_value(rule.languages) or "all", ""
    yield "sources", ", ".join(one.id or f"tag {one.tag}" for one in rule.sources) or "all", ""
    yield "severity", rule.severity, ""
    if rule.topic:
        yield "topic", rule.topic, ""
    yield "backfill", write_value(rule.backfill), ""
    yield from _list_signals(rule.signals)
    for key, fires in (("match", True), ("skip", False)):
        examples = [example for example in rule.examples if example.fires == fires]
        yield from ((f"examples.{key}[{number}]", one.headline, "") for number, one in enumerate(examples))
    yield "pack", write_value(rule.pack) or "none", "."


def _list_signals(signals: SignalSettings | None) -> Iterator[Value]:
    if signals is None:
        return
    if signals.spike is not None:
        yield "signals.spike.factor", f"{signals.spike.factor:g}", ""
        yield "signals.spike.over", write_value(signals.spike.over), ""
    if signals.quiet_for is not None:
        yield "signals.quiet_for", write_value(signals.quiet_for), ""
    if signals.first_mention is not None:
        yield "signals.first_mention", write_value(signals.first_mention), ""


def _list_operands(condition: Condition, path: str, is_written: IsWritten) -> Iterator[Value]:
    """A condition leaf by leaf, under the keys of the file; a group is one leaf with all its members."""
    if not isinstance(condition, (AllOf, AnyOf, NoneOf)):
        yield path or _name_key(condition), _write_leaf(condition), ""
        return
    keys = [key for key in (*_OPERATORS.values(), *_COUNTS.values()) if is_written(f"{path}.{key}" if path else key)]
    if path and not keys:
        yield path, " or ".join(map(_write_leaf, condition.operands)), ""
        return
    # Several keys side by side, and those of the rule itself, were wrapped into one AllOf.
    for operand in condition.operands if not path or len(keys) > 1 else (condition,):
        if not isinstance(operand, (AllOf, AnyOf, NoneOf)):
            key = _name_key(operand)
            yield f"{path}.{key}" if path else key, _write_leaf(operand), ""
        else:
            key = _OPERATORS[type(operand)]
            for number, below in enumerate(operand.operands):
                yield from _list_operands(below, f"{path}.{key}[{number}]" if path else f"{key}[{number}]", is_written)


def _write_leaf(condition: Condition) -> str:
    if isinstance(condition, (AllOf, AnyOf, NoneOf)):
        return " or ".join(map(_write_leaf, condition.operands))
    if isinstance(condition, (AtLeast, Weighted, Near)):
        return _write_count(condition)
    where = f" in {write_value(condition.fields)}" if condition.fields else ""
    if isinstance(condition, Literal):
        match = f", match {condition.match}" if condition.match else ""
        return f"the text {quote(condition.text)}{where}{match}{', in these capitals' if condition.is_cased else ''}"
    return f"{'' if isinstance(condition, EntityRef) else 'rule '}{condition.id}{where}"


def _name_key(condition: Condition) -> str:
    return _COUNTS.get(type(condition), "")


def _write_count(condition: AtLeast | Weighted | Near) -> str:
    operands = list(map(_write_leaf, condition.operands))
    if isinstance(condition, AtLeast):
        return f"{condition.count} of {', '.join(operands)}"
    if isinstance(condition, Weighted):
        weights = (f"{each}: {weight}" for each, weight in zip(operands, condition.weights, strict=True))
        return f"{condition.threshold} from {', '.join(weights)}"
    order = ", in this order" if condition.is_ordered else ""
    return f"{', '.join(operands)} within {write_value(condition.within)}{order}"


def _list_digest(plan: DigestPlan, _: IsWritten) -> Iterator[Value]:
    for recipient in plan.recipients:
        key = f"recipients.{recipient.email}"
        yield "to", recipient.email, key
        yield f"{recipient.email} language", recipient.language, f"{key}.language"
        yield f"{recipient.email} timezone", str(recipient.timezone), f"{key}.timezone"
    yield "rules", write_value(plan.rules), ""
    yield "severity", f"{plan.severity} and above", "severity"
    yield from _list_schedule(plan)
    yield "quiet_hours", write_value(plan.quiet_hours) or "none", ""
    yield "empty", plan.empty, ""
    yield "template", plan.template, ""
    yield "sections", plan.sections, ""
    yield "threads", plan.threads, ""
    yield "also", write_value(plan.also), ""
    if plan.is_report:
        yield "report", "weekly", ""
    yield "max_size", write_size(plan.max_size), ""
    yield "channel", plan.channel, ""


def _list_selected(settings: Settings, plan: DigestPlan) -> Iterator[DescribedLine]:
    """The rules whose matches it takes, each with the place of the rule."""
    for rule in settings.watchlist.rules.values():
        if is_selected(plan, rule.id, rule.severity):
            origin = settings.origins.get(f"rules.{rule.id}")
            yield DescribedLine(key=f"rule {rule.id}", value=f"{rule.title} ({rule.severity})", origin=origin)


def _list_schedule(plan: DigestPlan) -> Iterator[Value]:
    match plan.schedule:
        case Daily(at=at, days=days):
            yield "at", write_value(at), ""
            yield "days", ", ".join(DAYS[day] for day in sorted(days)), ""
        case Cron(line=line):
            yield "schedule", line, ""
        case Every(interval=interval):
            yield "schedule", f"every {write_duration(interval)}", ""
        case Immediate(group_wait=wait, group_interval=interval, max_per_hour=most):
            yield "schedule", "immediate", ""
            yield "group_wait", f"{write_duration(wait)}, 0s for urgent rules", ""
            yield "group_interval", f"{write_duration(interval)}, 0s for urgent rules", ""
            yield "max_per_hour", str(most), ""


def write_value(value: Any) -> str:
    """A value as it would stand in YAML, or nearly."""
    return next((writer(value) for kind, writer in _WRITERS.items() if isinstance(value, kind)), str(value))


def _write_backfill(backfill: Backfill) -> str:
    if backfill.items is not None:
        return str(backfill.items)
    return write_duration(backfill.age) if backfill.age else "all"


def write_duration(duration: timedelta) -> str:
    """In the largest unit that leaves a whole number."""
    milliseconds = duration // timedelta(milliseconds=1)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def write_size(size: int) -> str:
    """In the largest decimal unit that leaves a whole number."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size / 10**6:.3f}MB"


def _write_secret(secret: Secret) -> str:
    return f"{{{secret.kind}: {secret.name}}}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    frozenset: lambda values: ", ".join(sorted(map(str, values))),
    tuple: lambda values: ", ".join(map(str, values)),
    timedelta: write_duration,
    time: lambda at: f"{at:%H:%M}",
    QuietHours: lambda hours: f"{hours.start:%H:%M}-{hours.end:%H:%M}",
    Within: lambda within: f"{within.count} {within.unit}" if within.count else str(within.unit),
    Backfill: _write_backfill,
    Login: lambda login: (
        f"{f'user {login.user}, password' if login.user else 'token'} in {_write_secret(login.secret)}"
    ),
    Proxy: lambda proxy: ", ".join(filter(None, (proxy.url or "none", write_value(proxy.login)))),
}
_OPERATORS = {AllOf: "all", AnyOf: "any", NoneOf: "none"}
_COUNTS: Mapping[type, str] = {AtLeast: "at_least", Weighted: "score", Near: "near"}
_KINDS: dict[str, tuple[str, Callable[[Settings], Mapping[Any, Any]], Callable[[Any, IsWritten], Iterator[Value]]]] = {
    "rule": ("rules", lambda settings: settings.watchlist.rules, _list_rule),
    "entity": ("entities", lambda settings: settings.watchlist.entities, _list_entity),
    "digest": ("digests", lambda settings: {plan.name: plan for plan in settings.digests}, _list_digest),
    "source": ("sources", lambda settings: {source.id: source for source in settings.sources}, _list_source),
}
