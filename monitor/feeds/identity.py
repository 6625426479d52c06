"""Which reports are the same report: keys, strongest first, that an article is known by within its source."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.model import derive_id
from monitor.text.normalize import fold

# Parameters that say where a reader came from, not what is read.
TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|yclid|msclkid|mc_[ce]id|igshid|ref|ref_src|cmpid|ocid|at_\w+|_ga|xtor)$"
)


def make_keys(guid: str | None, url: str | None, headline: str, day: str) -> tuple[str, ...]:
    """guid, link, and headline of a day. Where an item has both, its guid counts together with its link: some feeds

    give one guid to many items.
    """
    keys = []
    link = normalise_link(url) if url else None
    if guid and guid != url:
        keys.append(f"guid:{guid} {link}" if link else f"guid:{guid}")
    if link:
        keys.append(f"link:{link}")
    if not keys:
        keys.append(f"title:{derive_id(fold(headline), day)}")
    return tuple(keys)


def make_saved_keys(location: str, headline: str, body: str) -> tuple[str, ...]:
    """The same file and headline is the same article, edited; the same text elsewhere is the same one, moved."""
    return f"file:{location} {derive_id(fold(headline))}", f"text:{derive_id(headline, body)}"


def normalise_link(url: str) -> str:
    """The address without scheme, fragment, tracking parameters and a trailing slash; parameters in order."""
    parts = urlsplit(url)
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not TRACKING.match(pair[0].lower())))
    host = parts.netloc.lower().removeprefix("www.")
    return urlunsplit(("", host, parts.path.rstrip("/"), query, "")).removeprefix("//")


def clean_link(url: str | None) -> str | None:
    """The address if a browser may be sent there (http, https), else None. Credentials are cut out."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, parts.fragment))
