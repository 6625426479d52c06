"""The values of values.py as field types, and the mapping that holds them.

pydantic calls each value's function; JSON Schema gets its pattern and examples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Discriminator, ValidationInfo, model_validator
from pydantic_core import CoreSchema, core_schema

from monitor.digests.model import Every, Immediate, QuietHours
from monitor.model import Backfill, Secret
from monitor.rules.model import Within
from monitor.settings import amounts, conditions, console, times, values


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """`take` turns what YAML says into the value, or raises `values.Wrong`."""

    take: Callable[[Any], Any]
    pattern: str | None = None
    examples: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None  # where it is more than a text

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.take)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = dict(self.schema or {"type": "string"})
        if self.pattern:
            schema["pattern"] = self.pattern
        if self.examples:
            schema["examples"] = list(self.examples)
        return schema


class Shape(BaseModel):
    """A mapping whose keys are all known; it tells whoever explains errors which ones those are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _note_shape(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            info.context[id(data)] = cls
        return data

    @classmethod
    def list_keys(cls) -> list[str]:
        """The keys as they are written in YAML."""
        return [field.alias or name for name, field in cls.model_fields.items()]


_DURATION = r"^[0-9]+(\.[0-9]+)? *(ms|s|m|h|d|w)$"
_SECRET = {
    "oneOf": [
        {"type": "object", "required": [kind], "additionalProperties": False, "properties": {kind: {"type": "string"}}}
        for kind in ("credential", "env", "file")
    ]
}

Id = Annotated[str, Taken(values.take_id, r"^[^*?\[\]]*$")]
Name = Annotated[str, Taken(values.take_name)]
Plain = Annotated[str, Taken(values.take_plain)]
Prose = Annotated[str, Taken(values.take_prose)]
Body = Annotated[str, Taken(values.take_body)]
Glob = Annotated[str, Taken(values.take_glob, examples=("karabakh-*",))]
Duration = Annotated[timedelta, Taken(amounts.take_duration, _DURATION, ("30s", "5m", "1h"))]
Delay = Annotated[timedelta, Taken(amounts.take_delay, _DURATION, ("1s", "500ms"))]
SourceEvery = Annotated[timedelta | None, Taken(amounts.take_every, f"^auto$|{_DURATION}", ("auto", "10s", "5m"))]
Keeping = Annotated[timedelta | None, Taken(amounts.take_keeping, f"^forever$|{_DURATION}", ("90d", "forever"))]
Factor = Annotated[float, Taken(amounts.take_factor, schema={"type": "number", "minimum": 1, "maximum": 100})]
Baseline = Annotated[timedelta, Taken(amounts.take_baseline, _DURATION, ("14d", "8w"))]
Silence = Annotated[timedelta, Taken(amounts.take_silence, _DURATION, ("3d", "12h"))]
Absence = Annotated[timedelta, Taken(amounts.take_absence, _DURATION, ("90d",))]
_SIZE = r"^[0-9]+(\.[0-9]+)? *[KMGTkmgt][Ii]?[Bb]$"
Size = Annotated[int, Taken(amounts.take_size, _SIZE, ("5GB",))]
MailSize = Annotated[int, Taken(amounts.take_mail_size, _SIZE, ("10MB",))]
ClockTime = Annotated[time, Taken(times.take_time, r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$", ("07:00",))]
Quiet = Annotated[QuietHours, Taken(times.take_quiet_hours, examples=("22:00-06:00",))]
Day = Annotated[int, Taken(times.take_day, schema={"type": "string", "enum": list(times.DAYS)})]
Zone = Annotated[ZoneInfo, Taken(times.take_zone, examples=("Asia/Baku", "Europe/Paris", "UTC"))]
DigestLanguage = Annotated[str, Taken(values.take_locale, examples=("en", "ar-SY"))]
TextLanguage = Annotated[str, Taken(values.take_language, examples=("ar", "ru", "en"))]
AsOf = Annotated[date, Taken(times.take_date, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_SINCE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
Since = Annotated[
    str,
    Taken(
        times.take_since,
        _SINCE,
        ("2014", "2014-04", "2014-04-06"),
        {"type": ["integer", "string"], "minimum": 1000, "maximum": times.LAST_YEAR},
    ),
]
Template = Annotated[str, Taken(values.take_template, examples=("digest",))]
Territory = Annotated[str, Taken(values.take_territory, r"^[A-Za-z]{2}$", ("AZ",))]
Distance = Annotated[Within, Taken(amounts.take_within, r"^([0-9]+ words?|sentence|paragraph|headline)$")]
_WEIGHTS: dict[str, Any] = {
    "type": "object",
    "required": ["at_least"],
    "properties": {"at_least": {"type": "integer", "minimum": 1}},
    "additionalProperties": {"type": "integer"},
}
_NEIGHBOURS: dict[str, Any] = {
    "type": "object",
    "required": ["within"],
    "properties": {"within": {"type": "string"}, "ordered": {"type": "boolean"}},
    "additionalProperties": {"type": "null"},
}
Weights = Annotated[conditions.Weights, Taken(conditions.take_weights, schema=_WEIGHTS)]
Neighbours = Annotated[conditions.Neighbours, Taken(conditions.take_neighbours, schema=_NEIGHBOURS)]
When = Annotated[
    str | Every | Immediate, Taken(times.take_schedule, examples=("immediate", "every 2h", "0 7 * * sun-thu"))
]
FirstFetch = Annotated[
    Backfill,
    Taken(amounts.take_backfill, examples=("24h", "all"), schema={"type": ["integer", "string"]}),
]
SecretPlace = Annotated[Secret, Taken(values.take_secret, schema=_SECRET)]
HostPort = Annotated[str, Taken(values.take_host_port, examples=("10.0.0.5:8080",))]
Loopback = Annotated[tuple[str, int], Taken(values.take_loopback, examples=("127.0.0.1:9187",))]
Listen = Annotated[tuple[str, int], Taken(console.take_listen, examples=("127.0.0.1:8642",))]
PasswordHash = Annotated[str, Taken(console.take_password_hash, r"^scrypt:")]
HeaderName = Annotated[str, Taken(console.take_header, examples=("Remote-User",))]
Address = Annotated[str, Taken(console.take_address, examples=("10.0.0.5", "unix"))]
Email = Annotated[str, Taken(values.take_email, examples=("desk@example.org",))]
Url = Annotated[str, Taken(values.take_url, r"^https?://")]
ProxyUrl = Annotated[str, Taken(values.take_proxy, examples=("http://proxy.example.org:3128", "none"))]
HostName = Annotated[str, Taken(values.take_host, examples=("feeds.example.org",))]
PathText = Annotated[Path, Taken(values.take_path)]
Format = Annotated[int, Taken(values.take_format, schema={"const": values.FORMAT})]
StoreUrl = Annotated[str, Taken(values.take_store, examples=("sqlite", "postgresql:///marsad"))]


def _name_form(value: Any) -> str:
    return MAPPING if isinstance(value, dict) else OTHER


# The forms a value may take; they appear in the places that pydantic reports, and in nobody's keys.
MAPPING, OTHER = "‹mapping›", "‹other›"
FORMS = frozenset({MAPPING, OTHER})
BY_FORM = Discriminator(_name_form)
