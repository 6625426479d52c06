"""Which reports are the same report: the keys that an article is known by within its source.

docs/polling.md, "What is new", has the rules; `pipeline.sorting` follows them.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from monitor.feeds.links import read_link
from monitor.model import Article, Identity, derive_id
from monitor.text.normalize import fold

# A key says by its beginning what it is. An item's own comes first, and no two reports of a feed have the same.
ITEM, GUID, PAGE, HEADLINE = "item:", "id:", "page:", "headline:"
KEYS_KEPT = 8192  # between a poll that looks its keys up and its commit, some 100 bytes each
# So long a headline, or a text, stands for one report; a short one may be a column's name.
TELLING_SIZE = 48  # bytes of UTF-8: 8 words of English, 4 of Arabic or Russian, 16 Han characters


def make_keys(
    guid: str | None, url: str | None, headline: str, published_at: datetime | None, body: str
) -> tuple[str, ...]:
    """The item's own key, then its guid, page and headline, as far as it has them.

    A guid that equals the link counts as a link. An item without both is told from others by when it was published,
    an undated one by its text.
    """
    link = read_link(url) if url else None
    name = _read_guid(guid) if guid else None
    if link and name == f"//{link.full}":
        name = None
    title = fold_headline(headline)
    rest = "" if name or link else published_at.isoformat() if published_at else f"text {derive_id(body)}"
    keys = [f"{ITEM}{derive_id(name or '', link.full if link else '', title, rest)}"]
    if name:
        keys.append(f"{GUID}{name}")
    if link:
        keys.append(f"{PAGE}{link.page}")
    keys.append(f"{HEADLINE}{derive_id(title)}")
    return tuple(keys)


@lru_cache(maxsize=16)
def fold_headline(headline: str) -> str:
    """Folding is most of what keys cost, and each headline is asked for twice."""
    return fold(headline)


def _read_guid(guid: str) -> str | None:
    """As it is, but for an address, of which scheme and session do not count."""
    plain = guid.strip()
    if plain[:7].lower() == "http://" or plain[:8].lower() == "https://":
        return f"//{read_link(plain).full}"
    return plain or None


def identify(article: Article) -> Identity:
    """What tells an item of a feed from others. A saved article has none: its keys are enough."""
    numbers = {key.partition(":")[0]: _count(hash_key(key)) for key in article.keys[1:]}
    return Identity(
        guid=numbers.get("id"),
        page=numbers.get("page"),
        headline=numbers["headline"],
        text=_count(derive_id(article.body)),
        published_at=article.published_at,
    )


@lru_cache(maxsize=KEYS_KEPT)
def hash_key(key: str) -> str:
    """A key or location as it is looked up: short and storable whatever is in it."""
    return derive_id(key)


def _count(hashed: str) -> int:
    """The first 64 bits of an id as databases hold them."""
    return int(hashed[:16], 16) - 2**63


def is_telling(text: str) -> bool:
    """Whether two items of a feed that have it in common can hardly be two reports."""
    return len(text) >= TELLING_SIZE or len(text.encode("utf-8", "surrogatepass")) >= TELLING_SIZE


def make_saved_keys(location: str, headline: str, body: str) -> tuple[str, ...]:
    """The same file and headline is the same article, edited; the same text elsewhere is the same one, moved."""
    return f"file:{location} {derive_id(fold_headline(headline))}", f"text:{derive_id(headline, body)}"


def cut_known_outlet(headline: str, outlet: str) -> str:
    """Aggregators write "Headline - Outlet"; a watched name in the outlet's is no news."""
    cut = headline.removesuffix(f" - {outlet}") if outlet else headline
    return cut.strip() or headline


def clean_link(url: str | None, base: str = "") -> str | None:
    """The address if a browser may be sent there (http, https), else None. Credentials are cut out.

    A relative one is relative to `base`, if that is an address on the web.
    """
    if not url:
        return None
    try:
        parts = urlsplit(urljoin(base if base.startswith(("http://", "https://")) else "", url.strip()))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    return urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, parts.fragment))
