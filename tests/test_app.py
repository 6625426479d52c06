from __future__ import annotations

import gc
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.matchers import make_matcher
from monitor.model.story import Sections
from monitor.ops.memory import build_to_last
from monitor.rules.model import Watchlist
from monitor.settings.load import load_settings
from monitor.settings.ranking import make_ranking


def test_a_matcher_that_a_reload_replaces_goes_even_when_something_in_a_circle_held_it(monkeypatch) -> None:
    monkeypatch.setattr("monitor.matchers.build_to_last", build_to_last)
    holder = SimpleNamespace(matcher=make_matcher(Watchlist()))
    holder.itself = holder
    before = weakref.ref(holder.matcher)
    make_matcher(Watchlist())  # the reload: whoever holds the old one still does, and is frozen with it
    del holder
    make_matcher(Watchlist())
    assert before() is None


def test_all_objects_are_looked_through_only_where_something_was_outlived() -> None:
    with build_to_last():
        pass
    with build_to_last():
        assert gc.get_freeze_count() > 0
    with build_to_last(is_outlived=True):
        assert gc.get_freeze_count() == 0


def test_a_block_within_another_is_part_of_it() -> None:
    with build_to_last():
        with build_to_last(is_outlived=True):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_block_that_fails_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(ZeroDivisionError), build_to_last():
        1 / 0  # noqa: B018
    assert gc.isenabled()


def test_the_order_of_digests_knows_the_countries_of_sources_and_the_topics_of_rules(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(
        "sources: [{id: apa, url: 'https://example.org/rss', country: az}, {id: b, url: 'https://example.org/b'}]",
        "utf-8",
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(
        "rules: {call: {any: [{text: Aliyev}], topic: Caucasus}, visit: {any: [{text: Putin}]}}", "utf-8"
    )
    (tmp_path / "digests.yaml").write_text("digests: {now: {to: [a@example.org], sections: topic}}", "utf-8")
    (tmp_path / "marsad.yaml").write_text("channels: {box: {type: maildir, path: mail}}", "utf-8")
    settings = load_settings(tmp_path, packs=tmp_path / "rules").settings
    assert settings is not None
    ranking = make_ranking(settings)
    assert (ranking.countries, ranking.topics) == ({"apa": "AZ"}, {"call": "Caucasus"})
    assert settings.digests[0].sections is Sections.TOPIC
