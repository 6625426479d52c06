"""What the words of a written date mean: months and weekdays in fifty languages, time zones, halves of the day.

The names are data (data/dates.json). A word that is not known here makes a date unreadable: it may be the one that
changes the meaning ("since", a month of the Islamic year).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.text.normalize import fold

LONGEST_NAME = 3  # words: "segunda feira", "çərşənbə axşamı"
_TOKEN = re.compile(r"\d+|\s+|(?:[^\W\d_]|[\u0300-\u036f\u0610-\u065f\u0900-\u0dff\u200c])+|.", re.DOTALL)
_OURS = str.maketrans("<>@", "   ")  # the signs in which a date that was read is written
_INVISIBLE = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
# Signs that ask for no look-up, in the order in which they are rewritten.
_SIGNS = (
    (re.compile(r"[\u2010-\u2015\u2212]"), "-"),
    (re.compile(r"(?<=[+-]\d{4})\s*\([^()]*\)"), " "),
    (re.compile(r"\([月火水木金土日一二三四五六월화수목금토일]\)"), " "),
    (re.compile(r"(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일"), " "),
    (re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]?"), r" \1-\2-\3 "),
    (re.compile(r"(\d{1,2})\s*[時时点點시]\s*(\d{1,2})\s*[分분](?:\s*\d{1,2}\s*[秒초])?"), r" \1:\2 "),
    (re.compile(r"(\d{1,2})\s*[時时点點시](?!\s*\d)"), r" \1:00 "),
    (re.compile(r"上午|午前|오전|ق\.\s?ظ|π\.\s?μ"), " AM "),
    (re.compile(r"下午|午後|오후|ب\.\s?ظ|μ\.\s?μ"), " PM "),
    (re.compile(r"(?<=\d)\s?[hu]\s?(?=\d\d(?!\d))", re.IGNORECASE), ":"),
    (re.compile(r"(?<=\d)T(?=\d)|(?<=[\d:\s])T(?=\d\d:)", re.IGNORECASE), " "),
    (re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE), r" \1m "),
    (re.compile(r"(?<=\d)(?:st|nd|rd|th|er|ère|ero|o|a|-го|-е|-й|-ին)(?!\w)", re.IGNORECASE), " "),
    (re.compile(r"(?<=\d{4})\s*(?:م|թ|წ|г|р)(?!\w)\.?"), " "),
)
# Minutes east of Greenwich. What means one thing here and another there (BST, AST, AMT) is left out.
_ZONES = {
    "utc": 0, "gmt": 0, "ut": 0, "z": 0, "wet": 0, "west": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120,
    "met": 60, "mest": 120, "eet": 120, "eest": 180, "msk": 180, "мск": 180, "msd": 240, "trt": 180, "samt": 240,
    "azt": 240, "get": 240, "uzt": 300, "yekt": 300, "almt": 300, "novt": 420, "irst": 210, "pkt": 300, "npt": 345,
    "ict": 420, "wib": 420, "wita": 480, "wit": 540, "hkt": 480, "sgt": 480, "myt": 480, "pht": 480, "awst": 480,
    "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "acst": 570, "acdt": 630, "nzst": 720, "nzdt": 780,
    "wat": 60, "cat": 120, "sast": 120, "eat": 180, "brt": -180, "art": -180, "clt": -240, "vet": -240, "nst": -210,
    "ndt": -150, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
_PLACES = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
_OF_LANGUAGE = {
    "cst": {"zh": "Asia/Shanghai", "en": "Etc/GMT+6", "es": "Etc/GMT+6"},
    "ist": {"he": "Asia/Jerusalem", "hi": "Asia/Kolkata", "en-in": "Asia/Kolkata"},
}
_GAP = re.compile(r"-|\s+")
_CLOCK_END = re.compile(r"(?:\d:\d\d(?:[.,]\d+)?|[AP]M)\s*$")
_PLACE = re.compile(
    r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z]+(?:[_/][A-Za-z]+){0,3}"
)


@dataclass(slots=True)
class Read:
    """A written date in one alphabet: months are `<11>`, `<10&11>` or solar `<s8>`, a zone is `@0`, its index."""

    text: str = ""
    zones: list[tzinfo] = field(default_factory=list)
    weekdays: frozenset[int] = frozenset()  # Monday is 0; of a word that languages disagree on, all

    def add_zone(self, zone: tzinfo) -> str:
        self.zones.append(zone)
        return f" @{len(self.zones) - 1} "


def read_words(text: str, language: str | None = None) -> Read | None:
    """None where a word is not known."""
    read = Read()
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_OURS).replace("،", ",").replace("٫", ".")
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain)
    plain = _PLACE.sub(lambda place: _write_place(place[0], read), plain)
    for sign, meaning in _SIGNS:
        plain = sign.sub(meaning, plain)
    pieces = list(_write_pieces(_TOKEN.findall(plain), read, (language or "").lower()))
    if None in pieces:
        return None
    read.text = _settle("".join(filter(None, pieces)))
    return read


def _write_place(name: str, read: Read) -> str:
    try:
        return read.add_zone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return name


def _write_pieces(tokens: Sequence[str], read: Read, language: str) -> Iterator[str | None]:
    at, written = 0, ""
    while at < len(tokens):
        piece: str | None = " " if tokens[at] in "()[]" or tokens[at].isspace() else tokens[at]
        width = 1
        if tokens[at][0].isalpha():
            piece, width = _read_name(tokens[at:], read, language, follows_clock=_CLOCK_END.search(written) is not None)
        yield piece
        written += piece or ""
        at += width


def _read_name(tokens: Sequence[str], read: Read, language: str, *, follows_clock: bool) -> tuple[str | None, int]:
    """What the longest name at the beginning means, and how many tokens it has.

    `pt` is Friday in Polish, and after a clock the Pacific time.
    """
    if follows_clock and (zone := _find_zone(fold(tokens[0]), language)):
        return read.add_zone(zone), 1
    for width in range(2 * LONGEST_NAME - 1, 0, -2):  # a blank or hyphen between two words
        if _is_name(tokens[:width]):
            name = " ".join(fold(token.replace("\u200c", "")) for token in tokens[:width:2])
            meaning = _find_meaning(name, read, language)
            if meaning is not None:
                return meaning, width
    return None, 1


def _is_name(tokens: Sequence[str]) -> bool:
    """Words with a blank or a hyphen between two."""
    words, gaps = tokens[::2], tokens[1::2]
    return len(words) > len(gaps) and all(word[0].isalpha() for word in words) and all(map(_GAP.fullmatch, gaps))


def _find_meaning(name: str, read: Read, language: str) -> str | None:
    """What a name is written as; None for one that is unknown."""
    found = _load_names()
    weekdays = found["weekdays"].get(name)
    if month := _find_month(found, name, language):
        if weekdays and not read.weekdays:
            read.weekdays = frozenset(weekdays)
        return f"<{month}{'w' if weekdays else ''}>"
    if weekdays:
        read.weekdays = frozenset(weekdays)
        return " "
    if name in found["halves"]:
        return f" {found['halves'][name]} "
    if zone := _find_zone(name, language):
        return read.add_zone(zone)
    return " " if name in found["noise"] else None


def _find_month(found: Mapping[str, Any], name: str, language: str) -> str:
    if name in found["solar"]:
        return f"s{found['solar'][name]}"
    meaning = found["months"].get(name) or found["months"].get(name.removeprefix("ב"))
    if isinstance(meaning, dict):
        of_language = meaning.get(language.partition("-")[0])
        return str(of_language) if of_language else "&".join(map(str, sorted(set(meaning.values()))))
    return str(meaning or "")


def _find_zone(name: str, language: str) -> tzinfo | None:
    if name in _OF_LANGUAGE:
        place = _OF_LANGUAGE[name].get(language) or _OF_LANGUAGE[name].get(language.partition("-")[0])
        return ZoneInfo(place) if place else None
    if name in _PLACES:
        return ZoneInfo(_PLACES[name])
    return timezone(timedelta(minutes=_ZONES[name])) if name in _ZONES else None


def _settle(text: str) -> str:
    """A word that is a month here and a weekday there (`mar`) is the weekday beside another month.

    One month by both of its Arabic names (نوفمبر/تشرين الثاني) is one month.
    """
    if text.count("<") > 1:
        text = re.sub(r"<[^<>]*w>", " ", text)
    return re.sub(r"<([^<>]+)>\s*[/-]?\s*<\1>", r"<\1>", text.replace("w>", ">"))


@cache
def _load_names() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files("monitor.feeds").joinpath("data/dates.json").read_text(encoding="utf-8"))
    return data
