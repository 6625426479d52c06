"""Work that takes seconds, in a thread of its own, so that the daemon can stop in the middle of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def run_apart(work: Callable[[], T], stopping: asyncio.Event) -> T | None:
    """The result of `work()`, or what it raises. None as soon as `stopping` is set: the result is then ignored.

    asyncio.to_thread would not do: the event loop and the interpreter wait for its threads when they end.
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
