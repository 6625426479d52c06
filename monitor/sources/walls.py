"""Pages that stand between a program and a feed or an article: consent, cookies, logins, robot checks. Pure.

They answer 200 and look like success; an error that names them says what to do.
"""

from __future__ import annotations

import re

from yarl import URL

from monitor.sources.location import show_url

PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
FEED = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|rdf|channel|urlset|sitemapindex)[\s>]", re.IGNORECASE)
TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
LOOKED_AT = 4096  # bytes in which a page says that it is one
ROBOT, CONSENT, COOKIES, LOGIN, OFFER = (
    "a robot check",
    "a page that asks for consent",
    "a page that wants cookies",
    "a login page",
    "a page that sells subscriptions",
)
# In the address that a redirect led to.
BY_ADDRESS = (
    (ROBOT, frozenset(["captcha", "recaptcha", "challenge", "botcheck", "verify", "human", "robot", "turnstile"])),
    (
        CONSENT,
        frozenset(["consent", "consents", "gdpr", "dsgvo", "cmp", "tcf", "privacygate", "privacywall", "cookiewall"]),
    ),
    (
        COOKIES,
        frozenset(["cookie", "cookies", "cookieabsent", "nocookie", "nocookies", "setcookie", "cookiesnotsupported"]),
    ),
    (LOGIN, frozenset(["login", "signin", "logon", "sso", "auth", "oauth", "authorize", "saml", "accounts"])),
    (OFFER, frozenset(["subscribe", "subscription", "subscriptions", "paywall", "abo", "abonnement", "offers"])),
)
BY_TITLE = tuple(
    (wall, re.compile(pattern, re.IGNORECASE))
    for wall, pattern in (
        (ROBOT, r"just a moment|attention required|are you (a )?(human|robot)|access denied|captcha|ddos"),
        (CONSENT, r"before you continue|consent|zustimmung|datenschutz-?einstellungen|privacy (gate|settings)"),
        (COOKIES, r"cookies?\b"),
        (LOGIN, r"^\W*(log ?in|sign ?in|anmelden|connexion|вход|تسجيل الدخول)\b"),
    )
)


def is_page(body: bytes) -> bool:
    """Whether it is HTML in which no feed can be."""
    is_markup = body[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    return is_markup and bool(PAGE.search(body, 0, LOOKED_AT)) and not FEED.search(body)


def name_wall(asked: str, answered: str, body: bytes) -> str | None:
    """What kind of page keeps a program out: by where it was led, and by the page's title. None for others."""
    found = TITLE.search(body, 0, 4 * LOOKED_AT)
    title = found[1].decode("utf-8", "replace") if found else ""
    by_title = next((wall for wall, pattern in BY_TITLE if pattern.search(title)), None)
    return find_detour(asked, answered) or by_title


def find_detour(asked: str, answered: str) -> str | None:
    """What kind of page a redirect led to, by the words that its address has and the one asked for has not."""
    if strip_slash(answered) == strip_slash(asked):
        return None
    words = _list_words(answered) - _list_words(asked)
    return next((wall for wall, names in BY_ADDRESS if names & words), None)


def _list_words(url: str) -> set[str]:
    """Parts of the host's name, whole steps of the path, parameters: `/human-rights` is no robot check."""
    parts = re.split(r"[.?&=]|(?<!:)/(?!/)|://", url.lower())
    return {re.sub(r"[^a-z]", "", part) for part in parts}


def explain_page(asked: str, answered: str, body: bytes) -> str | None:
    """Why a page that came instead of a feed is none, where that is known; None for a page at the very address."""
    wall = name_wall(asked, answered, body)
    if strip_slash(answered) != strip_slash(asked):
        return f"leads to {show_url(URL(answered))}, which is {wall or 'a web page'}, not a feed{_HINTS.get(wall, '')}"
    return f"answers with {wall}, not a feed{_HINTS.get(wall, '')}" if wall else None


def strip_slash(url: str) -> str:
    """The address without its scheme and a slash at the end: whether those are there makes no other place of it."""
    return url.partition("://")[2].rstrip("/")


_HINTS: dict[str | None, str] = {
    ROBOT: "; ask the site for an address that programs may read",
    CONSENT: "; Marsad cannot consent: look for the feed's own address",
    COOKIES: "; Marsad keeps no cookies: look for the feed's own address",
    LOGIN: "; if you have one, give the source `auth`",
}
