"""Which reports are the same report: keys, strongest first, that an article is known by within its source."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from monitor.model import derive_id
from monitor.text.normalize import fold

# Parameters that say where a reader came from, not what is read.
TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gclsrc|[gw]braid|dclid|yclid|ysclid|msclkid|twclid|mc_[ce]id|mkt_tok|igshid|mibextid|ref|ref_src"
    r"|cmp|cmpid|icid|ncid|ocid|s_cid|smid|spm|at_\w+|ns_\w+|wt[._]\w+|traffic_\w+|_hs(enc|mi)|_ga|_gl|xtor|rss"
    r"|echobox|ftag|intcid|ixzz\w+"
)
# What pages call one report among many. Any other number (#0, #.YbC12, #block-65a1) may be another at every poll, and
# would make an old report a new one.
REPORT_ANCHOR = re.compile(
    r"(comment|post|entry|item|msg|day|reply|note|update|[acpt])[-_]?[0-9]+|d[0-9]+t[0-9]+", re.IGNORECASE
)
# So long a headline stands for one report of a day, whatever guid and link say; a short one may be a column's name.
TELLING_HEADLINE = 48  # bytes of UTF-8: 8 words of English, 4 of Arabic or Russian, 16 Han characters
SHORT = "short:"


def make_keys(guid: str | None, url: str | None, headline: str, published: str) -> tuple[str, ...]:
    """Guid, link, and headline of the day it was `published`, which is "" for undated.

    Where an item has both, its guid counts together with its link: some feeds give one guid to many items. A short
    headline beside another key is kept as a weak one, for feeds whose other keys turn out to change all the time.
    """
    keys = []
    link = normalise_link(url) if url else None
    if guid and guid != url:
        keys.append(f"guid:{guid} {link}" if link else f"guid:{guid}")
    if link:
        keys.append(f"link:{link}")
    is_weak = bool(keys) and len(headline.encode("utf-8", "surrogatepass")) < TELLING_HEADLINE
    keys.append(f"{SHORT if is_weak else 'title:'}{derive_id(fold(headline), published)}")
    return tuple(keys)


def make_saved_keys(location: str, headline: str, body: str) -> tuple[str, ...]:
    """The same file and headline is the same article, edited; the same text elsewhere is the same one, moved."""
    return f"file:{location} {derive_id(fold(headline))}", f"text:{derive_id(headline, body)}"


def normalise_link(url: str) -> str:
    """The address by which two links to one report are the same.

    Without scheme, tracking parameters, a trailing slash, and an anchor that names a place of the page (#top);
    parameters in order.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not TRACKING.fullmatch(pair[0].lower())))
    host = parts.netloc.lower().removeprefix("www.")
    route = parts.fragment if _names_report(parts.fragment) else ""
    return urlunsplit(("", host, parts.path.rstrip("/"), query, route)).removeprefix("//")


def _names_report(fragment: str) -> bool:
    """Whether it is an address to the page's own script, or one of many reports of a page: #!/news/1, #comment-123."""
    return fragment.startswith(("!", "/")) or REPORT_ANCHOR.fullmatch(fragment) is not None


def cut_outlet(headline: str, outlet: str) -> str:
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
