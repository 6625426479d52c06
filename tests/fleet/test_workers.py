"""Workers that are killed, stopped, cut off and told to go: nothing is lost, nothing told twice, no host asked twice."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

import pytest
from fleet_lab import HOSTS, Fleet, Relay
from fleet_worker import HEARTBEAT_SECONDS

pytestmark = [pytest.mark.postgresql, pytest.mark.workers, pytest.mark.xdist_group("fleet")]
AHEAD = 600


def is_calm() -> bool:
    """Whether the machine has time for what is due: else it says nothing of how long a thing takes."""
    return os.getloadavg()[0] < (os.cpu_count() or 1)


def publish_and_wait_for_mail(fleet: Fleet) -> None:
    """So that it happens in the middle of polling, digesting and sending."""
    sent = len(fleet.mails.copies)
    fleet.web.publish(2)
    fleet.wait_for(lambda: len(fleet.mails.copies) > sent, "the first mails")


def test_a_killed_worker_loses_nothing_and_others_have_its_shares_when_its_heartbeat_ends(fleet: Fleet) -> None:
    fleet.start("third")
    fleet.ensure("a", "b", "third")
    publish_and_wait_for_mail(fleet)
    fleet.workers["b"].send(signal.SIGKILL)
    fleet.workers["b"].wait()
    ((seen,),) = fleet.ask("SELECT seen_at FROM workers WHERE name = 'b'")
    fleet.wait_for(lambda: fleet.are_even("a", "third"), "the two others to have everything")
    waits = [(since - seen) / 1e6 for (since,) in fleet.ask("SELECT since FROM shares") if since > seen]
    assert waits
    if is_calm():
        assert max(waits) < HEARTBEAT_SECONDS + 5
    fleet.check(killed=2)


def test_a_worker_that_stood_still_finds_that_others_have_its_shares_and_has_its_part_again(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    publish_and_wait_for_mail(fleet)
    before = fleet.mails.count_twice()
    fleet.workers["b"].send(signal.SIGSTOP)
    fleet.wait_for(lambda: fleet.are_even("a"), "a to have everything")
    fleet.workers["b"].send(signal.SIGCONT)
    fleet.wait_for(lambda: fleet.are_even("a", "b"), "b to have its part again")
    assert "fleet.shares_lost" in fleet.workers["b"].read()
    fleet.check(killed=before + 2)


def test_a_worker_that_is_told_to_go_gives_back_at_once_and_a_new_one_has_its_part(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    twice = fleet.mails.count_twice()
    publish_and_wait_for_mail(fleet)
    fleet.workers["b"].send(signal.SIGTERM)
    assert fleet.workers["b"].wait() == 0
    assert fleet.ask("SELECT count(*) FROM workers WHERE name = 'b'") == [(0,)]
    fleet.wait_for(lambda: fleet.are_even("a"), "a to have everything")
    fleet.start("c")
    fleet.wait_for(lambda: fleet.are_even("a", "c"), "c to have its part")
    fleet.check(killed=twice)


def test_workers_outlive_a_crash_of_the_database(fleet: Fleet) -> None:
    fleet.ensure("a", "b")
    publish_and_wait_for_mail(fleet)
    twice = fleet.mails.count_twice()
    fleet.cluster.stop()
    fleet.cluster.start()
    fleet.web.publish()
    fleet.wait_for(lambda: fleet.are_even("a", "b"), "both to have their parts again")
    fleet.check(killed=twice + 4)
    assert all(fleet.workers[name].is_alive for name in ("a", "b"))


def test_a_worker_that_is_cut_off_begins_no_poll_and_comes_back(fleet: Fleet) -> None:
    relay = Relay(fleet.cluster.port)
    try:
        fleet.start("far", url=fleet.url.replace(str(fleet.cluster.port), str(relay.port)))
        fleet.ensure("a", "far")
        publish_and_wait_for_mail(fleet)
        twice = fleet.mails.count_twice()
        relay.cut()
        fleet.wait_for(lambda: fleet.are_even("a"), "a to have everything")
        begun = fleet.workers["far"].read().count('"poll.')
        visits = sum(fleet.web.visits.count.values())
        fleet.web.publish()
        fleet.wait_for(lambda: sum(fleet.web.visits.count.values()) > visits + 4 * HOSTS, "a to poll everything")
        assert fleet.workers["far"].read().count('"poll.') == begun
        relay.mend()
        fleet.wait_for(lambda: fleet.are_even("a", "far"), "it to have its part again")
        fleet.check(killed=twice + 2)
        fleet.workers["far"].send(signal.SIGTERM)
        assert fleet.workers["far"].wait() == 0
    finally:
        relay.close()


def test_a_machine_whose_clock_is_wrong_works_by_that_of_the_database(fleet: Fleet) -> None:
    fleet.start("early", ahead=AHEAD)
    fleet.ensure("a", "early")
    fleet.web.publish()
    fleet.wait_for(fleet.has_told_all, "everything to be told")
    ((now, next_poll, last_poll),) = fleet.ask(
        "SELECT extract(epoch FROM clock_timestamp()) * 1e6, max(next_poll_at), max(last_polled_at) FROM poll_states"
    )
    assert last_poll <= now
    assert next_poll - float(now) < timedelta(seconds=AHEAD / 2) / timedelta(microseconds=1)
    ((ahead,),) = fleet.ask("SELECT clock_ahead FROM workers WHERE name = 'early'")
    assert abs(ahead / 1e6 - AHEAD) < AHEAD / 10
    assert "the clock of" in fleet.workers["early"].read()
