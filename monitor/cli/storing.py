"""Runs the work of a command on the store in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from monitor.app import using_store
from monitor.settings.model import Settings
from monitor.store.open import Store

T = TypeVar("T")


def run_on_store(settings: Settings, work: Callable[[Store], Awaitable[T]], *, read_only: bool = False) -> T:
    """What `work` returns, once the store is closed again. Raises StoreUnusable or StoreUnavailable."""
    return asyncio.run(_run(settings, work, read_only=read_only))


async def _run(settings: Settings, work: Callable[[Store], Awaitable[T]], *, read_only: bool) -> T:
    async with using_store(settings, read_only=read_only) as store:
        return await work(store)
