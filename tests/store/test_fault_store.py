"""FaultStore, the same on both dialects."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from monitor.model import FaultKind

MINUTE = timedelta(minutes=1)


def test_failures_in_a_row_are_one_fault(store, make):
    async def scenario():
        faults, noon = store.faults, make.noon
        assert await faults.list_faults() == []
        await faults.record(FaultKind.DIGEST, "morning سامي@example.org", "line 3: 'headlin' is undefined", noon)
        again = await faults.record(
            FaultKind.DIGEST, "morning سامي@example.org", "\x00 line 4", noon + MINUTE, retry_at=noon + 2 * MINUTE
        )
        assert (again.since, again.last_at, again.count) == (noon, noon + MINUTE, 2)
        [listed] = await faults.list_faults()
        assert (listed.detail, listed.count, listed.retry_at) == ("� line 4", 2, noon + 2 * MINUTE)
        assert (listed.reported_at, listed.ended_at) == (None, None)

    asyncio.run(scenario())


def test_what_nobody_was_told_of_is_forgotten_when_it_works_again(store, make):
    async def scenario():
        await store.faults.record(FaultKind.TASK, "digesting", "IndexError", make.noon)
        ended = await store.faults.clear(FaultKind.TASK, "digesting", make.noon + MINUTE)
        assert ended is not None
        assert ended.ended_at == make.noon + MINUTE
        assert await store.faults.list_faults() == []
        assert await store.faults.clear(FaultKind.TASK, "digesting", make.noon) is None

    asyncio.run(scenario())


def test_the_end_of_a_reported_fault_is_listed_until_it_is_reported(store, make):
    async def scenario():
        faults, noon = store.faults, make.noon
        await faults.record(FaultKind.CHANNEL, "mail", "refused", noon)
        await faults.mark_reported(await faults.list_faults(), noon)
        await faults.clear(FaultKind.CHANNEL, "mail", noon + MINUTE)
        assert await faults.clear(FaultKind.CHANNEL, "mail", noon + 2 * MINUTE) is None
        [ended] = await faults.list_faults()
        assert (ended.reported_at, ended.ended_at) == (noon, noon + MINUTE)
        await faults.mark_reported([ended], noon)
        assert await faults.list_faults() == []

    asyncio.run(scenario())


def test_a_fault_that_comes_back_before_its_end_was_reported_goes_on(store, make):
    async def scenario():
        faults, noon = store.faults, make.noon
        await faults.record(FaultKind.CHANNEL, "mail", "refused", noon)
        await faults.mark_reported(await faults.list_faults(), noon)
        await faults.clear(FaultKind.CHANNEL, "mail", noon + MINUTE)
        await faults.record(FaultKind.CHANNEL, "mail", "refused", noon + 2 * MINUTE)
        [going_on] = await faults.list_faults()
        assert (going_on.since, going_on.count, going_on.reported_at, going_on.ended_at) == (noon, 2, noon, None)

    asyncio.run(scenario())
