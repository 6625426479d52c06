"""How things are told to the reader of a page: words, numbers and times in their language and zone. A door to Babel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal

from monitor.text.catalogue import SOURCE_LANGUAGE, Catalogue, find_locale, list_languages, open_catalogue

DOMAIN = "console"
COMMAS = {"ar": "، ", "fa": "، ", "zh": "、"}
NOW = timedelta(seconds=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader: `language` is that of the interface."""

    language: str
    zone: ZoneInfo

    @property
    def catalogue(self) -> Catalogue:
        return _open(self.language)

    @property
    def direction(self) -> str:
        return self.catalogue.direction

    @property
    def locale(self) -> Locale:
        return self.catalogue.locale

    @property
    def comma(self) -> str:
        """Between the parts of a list."""
        return COMMAS.get(self.language, ", ")

    def say(self, text: str, **values: object) -> str:
        """The text in the reader's language, with `{name}` filled in."""
        said = self.catalogue.say(text)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """The form for a number: `{number}` is the number as the reader writes it."""
        return self.catalogue.count(one, many, number).format(**values, number=self.number(number))

    def number(self, number: float) -> str:
        return str(format_decimal(number, locale=self.locale))

    def ago(self, moment: datetime, now: datetime) -> str:
        """How long ago it was, or how soon it will be."""
        passed = moment - now
        if abs(passed) < NOW:
            return self.say("just now")
        return str(format_timedelta(passed, add_direction=True, locale=self.locale))

    def span(self, length: timedelta) -> str:
        """A length of time."""
        return str(format_timedelta(length, locale=self.locale))

    def exact(self, moment: datetime) -> str:
        """With the zone, so that nobody has to ask which."""
        local = moment.astimezone(self.zone)
        return str(format_datetime(local, "d MMM y, HH:mm z", locale=self.locale))

    def clock(self, moment: datetime) -> str:
        return str(format_time(moment.astimezone(self.zone), "HH:mm", locale=self.locale))

    def day(self, day: date) -> str:
        return str(format_date(day, "EEEE, d MMMM", locale=self.locale))

    def short_day(self, day: date) -> str:
        return str(format_date(day, "d MMM", locale=self.locale))

    def midnight(self, now: datetime) -> datetime:
        """The last one in the reader's zone."""
        local = now.astimezone(self.zone)
        return datetime(local.year, local.month, local.day, tzinfo=self.zone)

    def name_language(self, tag: str | None) -> str:
        """What a language is called; the tag itself where there is no name for it."""
        if not tag:
            return self.say("unknown language")
        return str(self.locale.languages.get(tag.split("-")[0].lower(), tag))


@cache
def _open(language: str) -> Catalogue:
    return open_catalogue(DOMAIN, language)


@cache
def list_interface_languages() -> Mapping[str, str]:
    """The languages in which there are words, with what each calls itself."""
    own = {language: str(find_locale(language).get_display_name() or language) for language in list_languages(DOMAIN)}
    return {language: name[:1].upper() + name[1:] for language, name in own.items()}


def choose_language(wanted: str | None, accepted: str) -> str:
    """What the reader chose, else the first language of the browser that there are words in (RFC 9110, 12.5.4)."""
    known = list_interface_languages()
    if wanted in known:
        return str(wanted)
    return next((one for one in _list_accepted(accepted) if one in known), SOURCE_LANGUAGE)


def _list_accepted(header: str) -> Iterable[str]:
    """Primary tags, the best first."""
    found = []
    for position, part in enumerate(header.split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        found.append((-weight, position, tag.strip().lower().partition("-")[0]))
    return [tag for _, _, tag in sorted(found)]
