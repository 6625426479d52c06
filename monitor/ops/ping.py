"""Calls `operator.heartbeat_url`, so that a service such as healthchecks notices when Marsad no longer runs."""

from __future__ import annotations

import asyncio
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from monitor.errors import Transient
from monitor.text.urls import mask_url

TIMEOUT_SECONDS = 10.0


async def ping(url: str) -> None:
    """One GET. Raises Transient when there is no answer, or one that says no."""
    try:
        await asyncio.to_thread(_get, url)
    except HTTPError as error:
        error.close()  # it is the answer, with its connection
        raise Transient(f"operator.heartbeat_url {mask_url(url)} answered {error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Transient(f"operator.heartbeat_url {mask_url(url)} cannot be called: {error}") from error


def _get(url: str) -> None:
    request = Request(url, headers={"User-Agent": "marsad"})  # noqa: S310 - http or https, says the schema
    with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read(1)
