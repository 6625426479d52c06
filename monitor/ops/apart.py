"""Work that takes seconds, in a thread that nobody has to wait for: a daemon that is to stop stops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def run_apart(work: Callable[[], T], stopping: asyncio.Event) -> T | None:
    """`work()`, or what it raises; None once `stopping` is set, and what the thread still does is for nobody.

    asyncio.to_thread would not do: the end of the event loop waits for its threads, and Python's end too.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - raised again where `done` is awaited
            _hand_over(loop, done, done.set_exception, error)
        else:
            _hand_over(loop, done, done.set_result, result)

    threading.Thread(target=run, name="apart", daemon=True).start()
    ending = asyncio.ensure_future(stopping.wait())
    waited: set[asyncio.Future[Any]] = {done, ending}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return done.result() if done.done() else None
    finally:
        ending.cancel()
        done.cancel()


def _hand_over(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[T],
    tell: Callable[[T], None] | Callable[[Exception], None],
    said: object,
) -> None:
    def tell_waiting() -> None:
        if not done.done():
            tell(said)  # type: ignore[arg-type]

    with suppress(RuntimeError):  # the loop has been closed meanwhile
        loop.call_soon_threadsafe(tell_waiting)
