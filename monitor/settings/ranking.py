"""What of the configuration the order of a digest depends on."""

from __future__ import annotations

from monitor.digests.rank import Ranking
from monitor.settings.model import Settings


def make_ranking(settings: Settings) -> Ranking:
    return Ranking(
        countries={source.id: source.country for source in settings.sources if source.country},
        topics={rule.id: rule.topic for rule in settings.watchlist.rules.values() if rule.topic},
    )
