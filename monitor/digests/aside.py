"""Work that takes long for a large digest, and is done in a thread there; for a small one the thread takes longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
FEW = 200  # matches or stories, which take a few milliseconds


async def work_out(work: Callable[[], T], size: int) -> T:
    """The result of `work` on so many matches or stories."""
    return work() if size <= FEW else await asyncio.to_thread(work)
