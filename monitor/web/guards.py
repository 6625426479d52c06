"""What every request has to pass, and what every answer carries.

A page of another site may send a browser here: the Host header says by which name (a name of theirs is DNS rebinding),
Sec-Fetch-Site or Origin from where, and the token of a form is known to our own pages only.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache, private",
}


def read_host(header: str) -> str:
    """The name without the port."""
    return (urlsplit(f"//{header}").hostname or "").rstrip(".")


def is_known_host(header: str, known: Collection[str]) -> bool:
    """Whether the console is meant by that name."""
    try:
        host = read_host(header)
    except ValueError:
        return False
    return host in LOOPBACK or host in known


def is_from_here(request: web.Request) -> bool:
    """Whether a page of ours sent the form: what browsers say, and nothing else can."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host


def is_token(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)
