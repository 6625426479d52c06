"""A few pieces of work at once: their results in order, none of one name beside another, and none left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest

from monitor.pipeline.abreast import Job, run_abreast

TURNS = 5  # of the loop that a job takes


class Desk:
    """Writes down who begins, who ends, and how many are at work."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.at_work: list[str] = []
        self.most = 0

    async def work(self, name: str, job: str, turns: int = TURNS, error: Exception | None = None) -> str:
        assert name not in self.at_work
        self.at_work.append(name)
        self.most = max(self.most, len(self.at_work))
        self.log.append(f"begins {job}")
        try:
            for _ in range(turns):
                await asyncio.sleep(0)
            if error is not None:
                raise error
        finally:
            self.at_work.remove(name)
            self.log.append(f"ends {job}")
        return job

    def job(self, name: str, job: str, **how: Any) -> tuple[str, Callable[[], Coroutine[Any, Any, str]]]:
        return name, partial(self.work, name, job, **how)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_two_at_once_and_the_results_in_order(desk: Desk) -> None:
    jobs = [desk.job(f"n{number}", f"j{number}", turns=TURNS * (7 - number)) for number in range(7)]
    assert asyncio.run(run_abreast(jobs, 2)) == [f"j{number}" for number in range(7)]
    assert desk.most == 2
    assert desk.log[:2] == ["begins j0", "begins j1"]


def test_jobs_of_one_name_come_one_after_the_other(desk: Desk) -> None:
    jobs = [desk.job("sami", "first"), desk.job("sami", "second"), desk.job("ana", "third")]
    assert asyncio.run(run_abreast(jobs, 2)) == ["first", "second", "third"]
    assert desk.log[:3] == ["begins first", "ends first", "begins second"]
    assert desk.most == 2


def test_what_one_raises_is_raised_and_the_others_end_before(desk: Desk) -> None:
    jobs = [
        desk.job("a", "j0", turns=1000),
        desk.job("b", "j1", error=OSError("the store is gone")),
        desk.job("c", "j2"),
    ]
    with pytest.raises(OSError, match="the store is gone"):
        asyncio.run(run_abreast(jobs, 2))
    assert desk.at_work == []
    assert desk.log == ["begins j0", "begins j1", "ends j1", "ends j0"]


def test_a_job_is_asked_for_when_it_can_begin(desk: Desk) -> None:
    """A process of a fleet may lose a recipient while others are built."""

    def list_jobs() -> Iterator[Job[str]]:
        for number in range(3):
            desk.log.append(f"asked for j{number}")
            yield desk.job("sami", f"j{number}", turns=1)

    assert asyncio.run(run_abreast(list_jobs(), 1)) == ["j0", "j1", "j2"]
    assert desk.log.index("asked for j2") > desk.log.index("ends j0")


def test_nothing_to_do_is_done_at_once() -> None:
    assert asyncio.run(run_abreast(iter([]), 2)) == []
