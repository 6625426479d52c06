"""A simulated day of the real sweep, intervals, hosts' turns and store, against servers that count what they see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.proof, pytest.mark.untraced, pytest.mark.xdist_group("day")]

SOURCES, TICK = 200, 10.0


@pytest.fixture(scope="session")
def day() -> Any:
    """Two hosts with ten feeds each; others dead, slow, busy with Retry-After, failing, gone, moved, without validators."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        import simulate

        return simulate.simulate(SOURCES, 24, tick=TICK)


def test_no_host_is_asked_sooner_or_by_more_than_it_should_be(day: Any) -> None:
    assert day.polls > SOURCES * 5
    assert day.narrowest_pause >= 1.0
    assert day.most_at_once == 1


def test_no_host_is_asked_while_it_wanted_to_be_left_alone(day: Any) -> None:
    assert day.statuses[429] > 0
    assert day.while_closed == 0


def test_no_source_is_starved(day: Any) -> None:
    assert day.never_asked == 0
    # A tick, and the nine others of the same host, a second each.
    assert day.latest <= TICK + 10


def test_every_kind_of_server_was_met(day: Any) -> None:
    assert {200, 301, 304, 410, 429, 500} <= set(day.statuses)
    assert day.statuses[304] > day.statuses[200] / 2
    assert day.errors > 0
    assert day.new > SOURCES * 5
