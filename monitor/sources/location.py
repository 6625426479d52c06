"""URLs as a fetch needs them: without user and password, told apart by origin, and fit to be shown to anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from yarl import URL

from monitor.errors import FetchError
from monitor.model import derive_id
from monitor.text.urls import HIDDEN, mask_url

AUTHORITY = re.compile(rb"(?:[A-Za-z][\w+.-]*:)?//[^/?#]*")
KEPT = 16_384  # URLs of sources; each is looked at half a dozen times in a poll


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and password, or a bearer token where `user` is None. Never shown."""

    user: str | None
    secret: str

    def __repr__(self) -> str:
        return "Credentials(…)"


@lru_cache(maxsize=KEPT)
def read_url(text: str) -> tuple[URL, Credentials | None]:
    """The URL without userinfo and fragment, and what the userinfo said. Raises FetchError where it is no web URL."""
    try:
        url = URL(text)
    except ValueError:
        raise FetchError("its URL cannot be read; correct `url`") from None
    check_web(url)
    credentials = Credentials(url.user or "", url.password or "") if url.raw_user or url.raw_password else None
    return strip_url(url), credentials


def strip_url(url: URL) -> URL:
    """Without userinfo and fragment."""
    url = url.with_user(None) if url.raw_user or url.raw_password else url
    return url.with_fragment(None) if url.raw_fragment else url


def repair_location(written: str) -> str:
    """A Location header as a URL. Its bytes are UTF-8 or, of older servers, another coding: then its path goes back as

    the server wrote it, and only a host's name is read, as Latin-1. aiohttp leaves such bytes as surrogates.
    """
    line = written.strip().encode("utf-8", "surrogateescape")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        start = AUTHORITY.match(line)
        host = start[0].decode("latin-1") if start else ""
        rest = line[start.end() :] if start else line
        return host + "".join(chr(byte) if byte < 128 else f"%{byte:02X}" for byte in rest)


def check_web(url: URL) -> None:
    """Raises FetchError for anything but http and https with a host."""
    if url.scheme not in {"http", "https"}:
        raise FetchError(
            f"leads to {url.scheme or 'no'}:, which is not a web address; only http and https are supported"
        )
    if not url.raw_host or url.port == 0:
        raise FetchError("leads to a URL without a host")


@lru_cache(maxsize=KEPT)
def find_host(url: URL) -> str:
    """The name by which visits to a host are counted."""
    return (url.raw_host or "").lower().removesuffix(".")


def find_server(url: URL) -> str:
    """The URL's host:port."""
    return f"{find_host(url)}:{url.port}"


def show_url(url: URL) -> str:
    """The URL for error texts: no userinfo, no fragment, of the query only the names, and no secret in the path."""
    return mask_url(str(strip_url(url)), every_value=True)


@lru_cache(maxsize=KEPT)
def name_location(url: URL) -> str:
    """What validators of a stripped URL are remembered by: the names in its query, and a short hash for its values.

    Its path stays whole: relative links of a feed start from it.
    """
    if not url.raw_query_string:
        return str(url)
    names = "&".join(f"{part.partition('=')[0]}={HIDDEN}" for part in url.raw_query_string.split("&") if "=" in part)
    return f"{url.with_query(None)}?{names or HIDDEN}#{derive_id(str(url))[:8]}"
