"""A pass that is killed at any call into the kernel loses nothing, and repeats only what it was handing over, as it was.

`make proofs` tries a sample of the calls, the same each time; `make kill-points` tries all (MARSAD_KILL_POINTS=all). CI
kills around some of the commits and commands.
"""

from __future__ import annotations

import math
import os
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from killing import CannotTrace, Killer, Point, kill_passes

pytestmark = pytest.mark.untraced

SAMPLED = os.environ.get("MARSAD_KILL_POINTS", "40")  # passes that were killed, for each way to get articles
# What changes files or talks to servers is tried more often than what reads.
TELLING = {"fdatasync", "fsync", "ftruncate", "unlink", "rename", "connect", "sendto", "write", "mkdir", "pwrite64"}
SEED = 17
ALL = SAMPLED == "all"
EVENTS = 90  # of those without strace; a pass has a hundred
STEP = 1 if ALL else 15


def choose(points: Iterable[Point]) -> list[Point]:
    """In such an order that the first so many are some of each call and thread, most of those with many points."""
    groups: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in points:
        groups[(point.call, point.thread)].append(point)
    chance = random.Random(SEED)
    order = [
        (place / math.sqrt(len(group)) * (1 if call in TELLING else 3), chance.random(), point)
        for (call, _), group in groups.items()
        for place, point in enumerate(chance.sample(group, len(group)))
    ]
    return [point for *_, point in sorted(order)]


@pytest.fixture(
    scope="module",
    params=[pytest.param(one, marks=pytest.mark.xdist_group(f"killed {one}")) for one in ("folder", "http")],
)
def town(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"over_{request.param}")


@pytest.fixture(scope="module")
def killer(town: Any) -> Iterator[Killer]:
    with kill_passes(town.folder) as made:
        yield made


def check(town: Any, killed_at: object) -> None:
    outcomes = town.recover()
    told = town.judge(outcomes)
    assert (told.lost, told.twice, told.altered, told.is_stuck) == ([], [], set(), False), killed_at
    assert told.repeated <= told.resent, killed_at  # a message is there twice only where Marsad said that it may be


@pytest.mark.proof
def test_killed_at_any_call_it_loses_nothing(town: Any, killer: Killer, require: Any) -> None:
    require(shutil.which("strace"), "strace")
    killed = 0
    try:
        town.forget()
        points = choose(killer.count())
        wanted = len(points) if ALL else int(SAMPLED)
        for point in points:
            if killed < wanted:
                town.forget()
                killed += killer.kill(point)  # a few are not reached again, as threads take turns differently
                check(town, point)
    except CannotTrace as why:
        pytest.skip(f"strace may not trace here; the test without it has fewer points: {why}")
    sys.stdout.write(f"killed at {killed} of {len(points)} points\n")
    assert killed >= wanted * (0.9 if ALL else 1)


def test_killed_around_any_commit_or_command_it_loses_nothing(town: Any, killer: Killer) -> None:
    number = 1
    is_killed = True
    while is_killed:
        town.forget()
        is_killed = killer.kill_at_event(number)
        check(town, number)
        number += STEP
    assert number > EVENTS
