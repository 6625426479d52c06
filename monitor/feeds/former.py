"""The keys that Marsad gave its articles up to schema 0006: stores of that time know by them what was reported."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor.feeds.identity import ITEM, fold_headline, identify, make_keys
from monitor.model import Article, Identity, derive_id

PREFIXES = ("guid:", "link:", "title:", "short:")
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|[gw]braid|dclid|yclid|ysclid|msclkid|twclid|mc_[ce]id|mkt_tok|igshid|mibextid|ref|ref_src"
    r"|cmp|cmpid|icid|ncid|ocid|s_cid|smid|spm|at_\w+|ns_\w+|wt[._]\w+|traffic_\w+|_hs(enc|mi)|_ga|_gl|xtor|rss"
    r"|echobox|ftag|intcid|ixzz\w+"
)
_REPORT_ANCHOR = re.compile(
    r"(comment|post|entry|item|msg|day|reply|note|update|[acpt])[-_]?[0-9]+|d[0-9]+t[0-9]+", re.IGNORECASE
)
_TELLING_HEADLINE = 48  # bytes of UTF-8


def list_former_keys(article: Article) -> tuple[str, ...]:
    """Guid with link, link, and the headline of a day, strongest first; a short headline beside others is weak.

    Where an aggregator named an outlet, that was part of the headline's key: it is not found by it.
    """
    if not article.keys[0].startswith(ITEM):
        return ()
    keys, guid, url = [], article.guid, article.url
    link = normalise_link(url) if url else None
    if guid and guid != url:
        keys.append(f"guid:{guid} {link}" if link else f"guid:{guid}")
    if link:
        keys.append(f"link:{link}")
    is_weak = bool(keys) and len(article.headline.encode("utf-8", "surrogatepass")) < _TELLING_HEADLINE
    day = f"{article.published_at:%Y-%m-%d}" if article.published_at else ""
    keys.append(f"{'short:' if is_weak else 'title:'}{derive_id(fold_headline(article.headline), day)}")
    return tuple(keys)


def normalise_link(url: str) -> str:
    """As those versions compared links; `feeds.links` does it now."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0].lower())))
    host = parts.netloc.lower().removeprefix("www.")
    names_report = parts.fragment.startswith(("!", "/")) or _REPORT_ANCHOR.fullmatch(parts.fragment) is not None
    route = parts.fragment if names_report else ""
    return urlunsplit(("", host, parts.path.rstrip("/"), query, route)).removeprefix("//")


def identify_former(article: Article) -> Identity:
    """What tells a report of such a store from others, read from its article, whose body may be its page's by now."""
    first = article.keys[0] if article.keys else ""
    guid = first.removeprefix("guid:") if first.startswith("guid:") else None
    if guid is not None and article.url:
        guid = guid.removesuffix(f" {normalise_link(article.url)}")
    keys = make_keys(guid, article.url, article.headline, article.published_at, "")
    return replace(identify(replace(article, keys=keys)), text=None)
