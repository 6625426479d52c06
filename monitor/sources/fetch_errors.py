"""What went wrong on the network, in one line for a person, without credentials and without a server's own words."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from monitor.sources.address import Clearance
from monitor.sources.location import find_server, show_url

# What may come out of a request: aiohttp's own, and what it lets through from sockets and from odd host names.
NETWORK_ERRORS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


def explain_failure(error: Exception, url: URL, clearance: Clearance) -> str:
    """Why no whole answer came from `url`; `error` is one of NETWORK_ERRORS."""
    if clearance.refused:
        refused, server = clearance.refused[0], find_server(url)
        what = METADATA_REFUSED if clearance.is_metadata else f"is private; {ALLOW_HINT}"
        return f"{server} is at {refused}, which {what}" if refused != server else f"{server} {what}"
    explain = next((explain for kinds, explain in _EXPLANATIONS if isinstance(error, kinds)), None)
    return explain(error, find_server(url)) if explain else f"{find_server(url)} does not answer with HTTP"


def explain_status(status: int, url: str, headers: Mapping[str, str]) -> str:
    """An answer that is no feed."""
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    is_robot_check = headers.get("cf-mitigated") == "challenge"
    hint = ROBOT_CHECK if is_robot_check else _HINTS.get(status, "")
    return f"answered {name_status(status)} at {show_url(URL(url))}{hint}"


def name_status(status: int) -> str:
    """The number and its usual name; what the server calls it is not repeated."""
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase}" if known else str(status)


METADATA_REFUSED = "is a cloud's metadata service, which hands out credentials; it is never read"
ALLOW_HINT = "to allow it, add it to polling.allow_private"
ROBOT_CHECK = " with a robot check (Cloudflare's); ask the site for an address that programs may read"
_HINTS = {
    401: "; set `auth`, and write the URL that it redirects to: credentials are sent to no other server",
    410: "; the feed is gone for good",
}


def _explain_proxy_refusal(error: Any, server: str) -> str:
    return f"the proxy does not connect to {server}: {name_status(error.status)}"


def _explain_proxy_down(error: Any, server: str) -> str:
    return f"the proxy on the way to {server} cannot be reached ({error.os_error.strerror or 'no connection'})"


def _explain_tls(error: Any, server: str) -> str:
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate of {server} is not trusted: {cause.verify_message.rstrip('.')}"
    return f"no TLS connection to {server} ({getattr(cause, 'reason', None) or 'handshake failed'})"


def _explain_payload(error: Any, server: str) -> str:
    found = re.search(r"received (\d+) of (\d+) bytes", str(error.__cause__ or error))
    if found is None:
        return f"the answer of {server} is broken or ends too early"
    return (
        f"the answer of {server} ends too early: it has {found[1]} of the {found[2]} bytes that its Content-Length "
        "announces, or that header is wrong"
    )


def _explain_answer(error: Any, server: str) -> str:
    """By what aiohttp's parser says; what the server wrote is in it too, and is not repeated."""
    hints = (hint for pattern, hint in _BAD_ANSWERS if re.match(pattern, error.message, re.DOTALL))
    return f"{server} {next(hints, 'does not answer with HTTP')}"


_BAD_ANSWERS = (
    ("Data after", "sends more than its Content-Length announces; that header is wrong"),
    # A feed where the next answer would begin.
    (
        r"Bad status line.*\n\s*b['\"]\s*[<{\[]",
        "does not answer with HTTP, or sends more than its Content-Length announces",
    ),
    ("Duplicate Content-Length", "sends two different Content-Length headers"),
    ("Content-Length can't be", "sends both Content-Length and Transfer-Encoding"),
    ("Transfer-Encoding can't be", "sends both Content-Length and Transfer-Encoding"),
    ("Invalid character in Content-Length", "sends a Content-Length that is not a number"),
    ("Content-Length overflow", "sends a Content-Length that is not a number"),
    ("Invalid header", "sends an invalid HTTP header"),
)
# The first kind that fits explains; the special ones stand before those they derive from.
_EXPLANATIONS: tuple[tuple[tuple[type[Exception], ...], Callable[[Any, str], str]], ...] = (
    ((TimeoutError,), lambda _, server: f"{server} did not answer in time"),
    ((aiohttp.ClientHttpProxyError,), _explain_proxy_refusal),
    ((aiohttp.ClientProxyConnectionError,), _explain_proxy_down),
    ((aiohttp.ClientSSLError, ssl.SSLError), _explain_tls),
    (
        (aiohttp.ClientConnectorDNSError, UnicodeError),
        lambda _, server: f"the host name of {server} cannot be resolved",
    ),
    (
        (aiohttp.ClientConnectorError,),
        lambda error, server: f"{server} cannot be reached ({error.os_error.strerror or 'no connection'})",
    ),
    ((aiohttp.ClientPayloadError,), _explain_payload),
    ((aiohttp.ClientResponseError,), _explain_answer),
    ((aiohttp.ClientConnectionError,), lambda _, server: f"{server} broke the connection"),
)
