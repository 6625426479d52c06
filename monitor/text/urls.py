"""URLs as they may be shown to anybody: without logins, tokens and long random parts that are as good as a password.

And as they stand in a mail: without what tells a site where its reader came from.

What is hidden too much costs nothing; names of parameters, hosts and readable paths stay, so that a source is still
recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

HIDDEN = "…"
# Parameters that say where a reader came from; nobody numbers reports by them.
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|[gw]braid|dclid|yclid|ysclid|msclkid|twclid|mc_[ce]id|mkt_tok|igshid|mibextid|ref_src"
    r"|at_(medium|campaign|custom\w*|link\w*|format|ptr\w*|bbc\w*|creation)|ns_\w+|_hs(enc|mi)|_ga|_gl|xtor|echobox|ixzz\w*"
    r"|wt[._]\w+|traffic_\w+"
)
# Of a name in lower case without `-`, `_` and `.`.
SECRET_NAME = re.compile(
    r"token|secret|passw|passphrase|password|pwd|apikey|key$|auth(?!or)|signature|^sign?$|hmac|cred|sess|jwt|bearer"
    r"|private|ticket|cookie|policy|otp$|^(pass|pw|sid|ck|k|h|hash|pin|mac|code|nonce)$"
)
WEB_URL = re.compile(r"https?://[^\s<>\"'`\\]+", re.IGNORECASE)
AFTER_URL = ".,;:!?)]}"  # belongs to the sentence around a URL
SHORT, LONG = 12, 16  # characters of a random part, of three kinds and of any
HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A readable beginning and a file's ending stay: private-0a1b….ics
SEGMENT = re.compile(r"((?:[a-z]{2,10}[-_])?)(.*?)((?:\.(?:xml|rss|atom|rdf|json|ics|opml|php|html?|txt))?)", re.DOTALL)
VOWELS = frozenset("aeiouy")


def mask_url(url: str, *, every_value: bool = False) -> str:
    """The URL for people and logs; with `every_value`, of the query only the names. Masking twice changes nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    masked = parts._replace(
        netloc=f"{HIDDEN}@{host}" if host != parts.netloc else host,
        path="/".join(_mask_path(parts.path)),
        query=_mask_query(parts.query, every_value=every_value),
        fragment=_mask_query(parts.fragment, every_value=False),
    )
    return url if masked == parts else urlunsplit(masked)


def strip_tracking(url: str) -> str:
    """The URL without parameters that follow a reader; every other byte stays."""
    address, mark, fragment = url.partition("#")
    before, question, query = address.partition("?")
    pairs = query.split("&")
    kept = [pair for pair in pairs if not TRACKING.fullmatch(unquote(pair.partition("=")[0]).lower())]
    if len(kept) == len(pairs):
        return url
    return before + (question + "&".join(kept) if kept else "") + mark + fragment


def mask_text(text: str) -> str:
    """A text for people and logs, in which every URL is masked."""
    return WEB_URL.sub(_mask_found, text) if "://" in text else text


def _mask_found(found: re.Match[str]) -> str:
    url = found[0].rstrip(AFTER_URL)
    return mask_url(url) + found[0][len(url) :]


def _mask_path(path: str) -> Iterator[str]:
    before = ""
    for segment in path.split("/"):
        first, *parameters = segment.split(";")
        is_told = is_secret_name(before) and len(first) >= 6 and any(letter.isdigit() for letter in first)
        shown = HIDDEN if is_told else _mask_value(first)
        yield ";".join((shown, *(_mask_pair(pair, every_value=False) for pair in parameters)))
        before = first


def _mask_query(query: str, *, every_value: bool) -> str:
    return "&".join(_mask_pair(pair, every_value=every_value) for pair in query.split("&"))


def _mask_pair(pair: str, *, every_value: bool) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        is_odd = len(name) >= 6 and any(letter.isdigit() for letter in name)
        return HIDDEN if name and (every_value or is_odd) else _mask_value(name)
    if not value:
        return pair
    if every_value or is_secret_name(name):
        return f"{name}={HIDDEN}"
    return f"{name}={value if _is_id(name, value) else _mask_value(value)}"


def is_secret_name(name: str) -> bool:
    """Whether what bears this name is likely a secret: `token`, `api_key`, `X-Amz-Signature`."""
    return bool(SECRET_NAME.search(re.sub(r"[-_.\[\]]", "", unquote(name)).lower()))


def _is_id(name: str, value: str) -> bool:
    """What names itself an id stays readable (a channel's, a playlist's), unless it is a UUID or a long hash."""
    is_hash = UUID.search(value) or (len(value) >= 2 * LONG and HEX.fullmatch(value))
    return name.lower().endswith("id") and len(value) <= 40 and not is_hash


def _mask_value(text: str) -> str:
    """A path's segment or a parameter's value; of a URL inside it only what is secret there."""
    plain = unquote_plus(text)
    if "://" in plain:
        masked = mask_url(plain)
        return text if masked == plain else quote(masked, safe=":/?=@").replace(quote(HIDDEN), HIDDEN)
    if not looks_random(plain):
        return text
    found = SEGMENT.fullmatch(plain)
    start, ending = (found[1], found[3]) if found else ("", "")
    return f"{start}{HIDDEN}{ending}"


def looks_random(text: str) -> bool:
    """Whether a part of a URL is no words and no plain number, but chosen by dice."""
    if not text.isascii():
        return False
    pieces = re.findall(r"[0-9A-Za-z]+", text)
    together = "".join(pieces)
    # base64url has separators of its own, wherever they fall
    is_code = len(together) >= 20 and _count_turns(together) >= 0.5 * len(together)
    return bool(UUID.search(text)) or is_code or any(map(_is_random, pieces))


def _is_random(piece: str) -> bool:
    size, turns = len(piece), _count_turns(piece)
    has_digit, has_letter = not piece.isalpha(), not piece.isdigit()
    if size < LONG:
        is_mixed = has_digit and has_letter and not piece.islower() and not piece.isupper()
        return size >= SHORT and is_mixed and turns >= 0.5 * size
    if size >= 2 * LONG or not has_letter or (has_digit and (HEX.fullmatch(piece) or turns >= 0.25 * size)):
        return True
    if piece.islower() or piece.isupper():
        return size >= 20 and not has_digit and sum(letter in VOWELS for letter in piece.lower()) < 0.2 * size
    return turns >= 0.45 * size


def _count_turns(piece: str) -> int:
    """How often digits, small and capital letters follow one another."""
    kinds = [letter.isdigit() + 2 * letter.isupper() for letter in piece]
    return sum(one != other for one, other in pairwise(kinds))
