"""The shares that a worker serves at this moment, whichever connection to the queue they were offered over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from monitor.ports.fleet import Serve, ShareName

log = structlog.get_logger()
FAILED = timedelta(seconds=1)


class Tenures:
    """Serves each share once at a time. A tenure does not end when the connection does that its offer came over.

    When the queue is back, it offers the share again: who offers it then waits for the tenure that goes on.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._under_way: dict[ShareName, asyncio.Task[timedelta]] = {}

    async def serve(self, share: ShareName, lost: asyncio.Event) -> timedelta:
        """Serve a share until its tenure ends or the connection is `lost`; how long it then is not offered."""
        tenure = self._under_way.get(share)
        if tenure is None:
            tenure = asyncio.ensure_future(self._serve(share))
            self._under_way[share] = tenure
            tenure.add_done_callback(lambda _: self._under_way.pop(share))
        waiting = asyncio.create_task(lost.wait())
        try:
            await asyncio.wait([tenure, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not tenure.done():
            return timedelta(0)
        if (error := tenure.exception()) is not None:  # a defect; the share is offered again
            log.error("fleet.share_failed", share=share, exc_info=error)
            return FAILED
        return tenure.result()

    async def finish(self) -> None:
        """Wait until all have ended."""
        if under_way := list(self._under_way.values()):
            await asyncio.wait(under_way)

    async def cancel(self) -> None:
        """End what is under way."""
        under_way = list(self._under_way.values())
        for tenure in under_way:
            tenure.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
