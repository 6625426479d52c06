"""Names are looked up beside the loop's own threads."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from waiting import PATIENCE_SECONDS

from monitor.sources.names import Names


def test_a_name_of_this_machine_is_found() -> None:
    async def scenario() -> None:
        names = Names()
        found = await names.resolve("localhost", 8080, socket.AF_INET)
        assert {(one["hostname"], one["host"], one["port"], one["family"]) for one in found} == {
            ("localhost", "127.0.0.1", 8080, socket.AF_INET)
        }
        await names.close()

    asyncio.run(scenario())


def test_a_name_that_nobody_has_is_an_os_error() -> None:
    async def scenario() -> None:
        names = Names()
        with pytest.raises(OSError):  # noqa: PT011 - getaddrinfo's own words differ
            await names.resolve("no-such-host.invalid")
        await names.close()

    asyncio.run(scenario())


def test_look_ups_that_hang_leave_the_loops_threads_free() -> None:
    release = threading.Event()

    def hang(host: str, *arguments: object, **options: object) -> object:
        assert threading.current_thread().name.startswith("names")
        assert release.wait(PATIENCE_SECONDS)
        return socket.getaddrinfo("localhost", *arguments, **options)  # type: ignore[arg-type]

    async def scenario() -> None:
        names = Names(hang)
        waiting = [asyncio.create_task(names.resolve(f"{number}.example.org", 80)) for number in range(20)]
        assert await asyncio.gather(*(asyncio.to_thread(int, "7") for _ in range(20))) == [7] * 20
        assert not any(task.done() for task in waiting)
        release.set()
        assert all(found[0]["host"] == "127.0.0.1" for found in await asyncio.gather(*waiting))
        await names.close()

    asyncio.run(scenario())
