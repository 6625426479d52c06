"""What a worker takes as its own, without any worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest

from monitor.fleet.clock import SharedClock
from monitor.fleet.portion import Portion
from monitor.fleet.sharding import ALL, BUCKETS, SHARDS, find_bucket, find_shard, find_site
from monitor.measures import Measures
from monitor.model import Source, SourceId

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hand:
    """A clock whose hands are moved by the test."""

    def __init__(self) -> None:
        self.seconds, self.at = 0.0, NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def make_source(name: str, url: str) -> Source:
    return Source(id=SourceId(name), url=url)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://feeds.bbci.example.co.uk/news/rss.xml", "example.co.uk"),
        ("https://blog.one.example.com:8443/feed", "example.com"),
        ("https://alice.github.io/feed", "github.io"),
        ("https://новости.пример.рф/лента", "пример.рф"),
        ("http://192.0.2.7/feed", "192.0.2.7"),
        ("http://[2001:db8::1]:8080/feed", "2001:db8::1"),
        ("http://LOCALHOST./feed", "localhost"),
    ],
)
def test_all_hosts_of_one_registrable_name_are_one_site(url: str, site: str) -> None:
    assert find_site(url) == site


def test_a_share_is_the_same_on_every_machine_and_every_share_is_used() -> None:
    sources = [make_source(str(number), f"https://h{number}.example{number}.org/feed") for number in range(2000)]
    assert {find_shard(source) for source in sources} == {f"poll {number}" for number in range(SHARDS)}
    assert {find_bucket(f"r{number}@example.org") for number in range(500)} == {
        f"digest {number}" for number in range(BUCKETS)
    }
    assert find_shard(make_source("a", "https://www.example.org/feed")) == "poll 31"
    assert find_bucket("sami@example.org") == "digest 2"
    assert len(set(ALL)) == len(ALL)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def portion(hand: Hand) -> Portion:
    nothing: Any = None
    return Portion(nothing, nothing, hand, 30.0)


def test_what_is_not_in_a_share_of_ours_is_left_alone(portion: Portion) -> None:
    sources = {one.id: one for one in (make_source(name, f"https://{name}.org/x") for name in "abcdef")}
    assert portion.choose(sources) == {}
    portion.mine |= {find_shard(sources[SourceId("a")]), find_bucket("sami@example.org"), "deliver 3"}
    assert SourceId("a") in portion.choose(sources)
    assert all(find_shard(one) in portion.mine for one in portion.choose(sources).values())
    assert portion.decides_on("sami@example.org")
    assert portion.sends
    assert not portion.leads


def test_a_source_at_which_three_workers_ended_is_set_aside(portion: Portion) -> None:
    source = make_source("a", "https://a.org/x")
    portion.mine.add(find_shard(source))
    for crashes, chosen in ((2, 1), (3, 0)):
        portion.crashes[source.id] = crashes
        assert len(portion.choose({source.id: source})) == chosen
    assert portion.list_set_aside([source.id, SourceId("b")]) == [source.id]


def test_who_has_not_heard_of_the_store_for_most_of_a_heartbeat_begins_nothing(portion: Portion, hand: Hand) -> None:
    source = make_source("a", "https://a.org/x")
    portion.mine |= {*ALL}
    hand.seconds = 17.9
    assert portion.choose({source.id: source})
    assert portion.sends
    hand.seconds = 18.1
    assert portion.choose({source.id: source}) == {}
    assert not portion.sends
    assert not portion.leads
    assert not portion.decides_on("sami@example.org")
    portion.heard_at = 18.0
    assert portion.leads


def test_metrics_say_what_a_worker_heard_of_the_others() -> None:
    measures = Measures()
    assert b"marsad_fleet" not in generate_latest(measures.registry)
    for alive, shards in ((2, 32), (3, 22)):
        measures.note_fleet(alive, {"poll": shards, "lead": 1}, NOON)
    found = generate_latest(measures.registry).decode()
    assert "marsad_fleet_workers 3.0" in found
    assert 'marsad_fleet_shares{kind="poll"} 22.0' in found
    assert measures.registry.get_sample_value("marsad_fleet_heard_timestamp_seconds") == NOON.timestamp()


def test_the_time_is_that_of_the_database(hand: Hand) -> None:
    hand.at = NOON + timedelta(seconds=600)
    clock = SharedClock(hand)
    hand.seconds = 2.0
    clock.correct(NOON, asked_at=1.0)  # answered within a second: in the middle of it, more or less
    assert clock.now() == NOON + timedelta(seconds=0.5)
    assert clock.measure_ahead() == timedelta(seconds=599.5)
    hand.seconds = 10.0
    hand.at = NOON - timedelta(days=400)  # somebody sets the machine's clock: all the same
    assert clock.now() == NOON + timedelta(seconds=8.5)


def test_an_answer_that_took_long_says_less_until_the_better_one_is_old(hand: Hand) -> None:
    clock = SharedClock(hand)
    clock.correct(NOON, asked_at=0.0)
    hand.seconds = 30.0
    clock.correct(NOON + timedelta(hours=1), asked_at=10.0)
    assert clock.now() == NOON + timedelta(seconds=30)
    hand.seconds = 70.0
    clock.correct(NOON + timedelta(hours=1), asked_at=60.0)
    assert clock.now() == NOON + timedelta(hours=1, seconds=5)
