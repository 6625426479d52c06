"""How a daemon ends: within a few seconds, but for a message that its server may already have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from monitor.pipeline.deliver import Outgoing
from monitor.pipeline.sweep import Sweep

log = structlog.get_logger()

GRACE_SECONDS = 3.0  # most of what is under way ends within them
LOSS_DRAIN_SECONDS = 5.0  # what cannot be committed any more need not be finished
DRAIN_SECONDS = 75.0  # below the unit's TimeoutStopSec; what is still in DATA then is sent again, with the same bytes


async def drain(servants: Sequence[asyncio.Task[None]], sweep: Sweep, outgoing: Outgoing, *, patient: bool) -> None:
    """Let what is under way end, then cut it short: a poll, a page or a digest is done again after the next start.

    A message after DATA has `DRAIN_SECONDS` for its answer when `patient`: without it, it would be sent twice.
    """
    polls = asyncio.create_task(sweep.finish(), name="polls")
    sends = asyncio.create_task(outgoing.finish(), name="messages")
    _, late = await asyncio.wait([*servants, polls, sends], timeout=GRACE_SECONDS)
    for task in late - {sends}:
        log.warning("daemon.cut_short", task=task.get_name())
        task.cancel()
    before = len(outgoing.under_way)
    await outgoing.cancel(sparing_handed_over=True)
    if ended := before - len(outgoing.under_way):
        log.warning("daemon.cut_short", task="messages", number=ended)
    _, unanswered = await asyncio.wait(
        [sends], timeout=(DRAIN_SECONDS if patient else LOSS_DRAIN_SECONDS) - GRACE_SECONDS
    )
    if unanswered:
        log.error("daemon.drain_timeout", task=sends.get_name())
        sends.cancel()
    await asyncio.gather(*servants, polls, sends, return_exceptions=True)
    await outgoing.cancel()
