"""Links as they are compared: whatever leads to the same page is written the same.

`LinkForms.full` is a link with all its parameters, `LinkForms.page` one without what says where a reader came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from monitor.text.urls import TRACKING

# Some sites track by these and some number their reports by them: a value with two digits is taken for a number.
TRACKING_OR_NUMBER = re.compile(r"ref|rss|cmp|cmpid|icid|ncid|ocid|s_cid|smid|spm|ftag|intcid|source|src|from|mod")
NUMBER = re.compile(r"\d.*\d")
SESSION = re.compile(r"phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken")
SESSION_IF_RANDOM = re.compile(r"sid|ssid|s|\w*sess(ion)?([_-]?(id|key))?|\w*token|oscsid|zenid|phpsid")
# A long value of these may well be what the report is called.
IDENTIFYING = re.compile(
    r"\w*(id|key|hash|code|number|no|name)|[adfhinpquv]|doc(ument)?|file|article|story|news|item|post|page|slug|title"
    r"|ur[ln]|ref(erence)?|notice|case"
)
SHORTEST_RANDOM = 16
TOKEN = re.compile(r"[\w.~=+%-]+")
PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;?]*|/\(S\([a-z0-9]{24}\)\)", re.IGNORECASE)
# Where on its page a reader begins, and what scripts append.
PLACE = re.compile(r"top|main|content|more|comments?|respond|readmore|:~:.*|\.[A-Za-z0-9_-]{4,12}|0", re.IGNORECASE)
ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
RESERVED = frozenset(":/?#[]@!$&'()+*,;=%")  # RFC 3986, 2.2: escaped they mean something else than as they are
DEFAULT_PORT = re.compile(r":(80|443)?$")


class Parameter(Enum):
    """What the name of a parameter says about its value."""

    SESSION = 1
    SESSION_IF_RANDOM = 2
    TRACKING = 3
    TRACKING_OR_NUMBER = 4
    IDENTIFYING = 5
    OTHER = 6


_KINDS = (
    (SESSION, Parameter.SESSION),
    (SESSION_IF_RANDOM, Parameter.SESSION_IF_RANDOM),
    (TRACKING, Parameter.TRACKING),
    (TRACKING_OR_NUMBER, Parameter.TRACKING_OR_NUMBER),
    (IDENTIFYING, Parameter.IDENTIFYING),
)


@lru_cache(maxsize=2048)
def classify(name: str) -> Parameter:
    return next((kind for names, kind in _KINDS if names.fullmatch(name)), Parameter.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkForms:
    full: str
    page: str


def read_link(url: str) -> LinkForms:
    """The forms in which `url` is compared. Any text is accepted; what is no address is compared as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return LinkForms(full=url, page=url)
    place = f"{_read_host(parts)}{_read_path(parts.path)}"
    if not parts.query and not parts.fragment:
        return LinkForms(full=place, page=place)
    pairs = sorted(_read_query(parts.query)) if parts.query else []
    fragment = unescape(parts.fragment)
    full = [pair for pair in pairs if not _is_session(*pair)]
    page = [pair for pair in full if not _is_noise(*pair)]
    return LinkForms(
        full=_join(place, full, fragment),
        page=_join(place, page, "" if _is_place(fragment) else fragment),
    )


def unescape(text: str) -> str:
    """Percent-escapes as the characters they stand for, but for reserved ones and bytes that are no UTF-8."""
    if "%" in text:
        text = ESCAPES.sub(_unescape_run, text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _unescape_run(match: re.Match[str]) -> str:
    raw = bytes.fromhex(match[0].replace("%", ""))
    return "".join(map(_write_character, raw.decode("utf-8", "surrogateescape")))


def _write_character(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"%{ord(char) - 0xDC00:02X}"
    return f"%{ord(char):02X}" if char in RESERVED or char < " " or char == "\x7f" else char


def _read_host(parts: SplitResult) -> str:
    host = DEFAULT_PORT.sub("", parts.netloc.rpartition("@")[2].lower()).removeprefix("www.")
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _read_path(path: str) -> str:
    if ";" in path or "(" in path:
        path = PATH_SESSION.sub("", path)
    return unescape(path).rstrip("/")


def _read_query(query: str) -> Iterator[tuple[str, str]]:
    """Each parameter's name in small letters, and the whole of it."""
    for part in query.replace("+", " ").split("&"):
        if pair := unescape(part).strip():
            yield pair.partition("=")[0].lower().removeprefix("amp;"), pair.removeprefix("amp;")


def _is_session(name: str, pair: str) -> bool:
    kind = classify(name)
    if kind is not Parameter.SESSION_IF_RANDOM:
        return kind is Parameter.SESSION
    value = pair.partition("=")[2]
    return is_random(value) or (len(value) >= SHORTEST_RANDOM and value.isalnum())


def _is_noise(name: str, pair: str) -> bool:
    kind, value = classify(name), pair.partition("=")[2]
    if kind is Parameter.TRACKING_OR_NUMBER:
        return NUMBER.search(value) is None
    return kind is Parameter.TRACKING or (kind is Parameter.OTHER and is_random(value))


def is_random(value: str) -> bool:
    """Whether it looks drawn by chance: 16 characters and more, most of them in pieces that mix letters and digits."""
    if len(value) < SHORTEST_RANDOM or not TOKEN.fullmatch(value):
        return False
    pieces = re.split(r"[-_.~=+%]", value)
    mixed = [piece for piece in pieces if any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))]
    return sum(map(len, mixed)) * 2 >= len(value)


def _is_place(fragment: str) -> bool:
    if not fragment:
        return True
    name = fragment.partition("=")[0].lower()
    return PLACE.fullmatch(fragment) is not None or classify(name) is Parameter.TRACKING


def _join(place: str, pairs: list[tuple[str, str]], fragment: str) -> str:
    query = "&".join(pair for _, pair in pairs)
    return f"{place}{f'?{query}' if query else ''}{f'#{fragment}' if fragment else ''}"
