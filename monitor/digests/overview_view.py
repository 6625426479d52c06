"""How often rules fire, how sources are, and what labels say, as the templates of a digest see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.digests.clean import clean_line
from monitor.digests.entry import Line
from monitor.digests.signal_view import Teller, tell_span
from monitor.model.overview import Move, Outage, Overview, Quality, SourceCounts, Trend

TALLEST = 24  # pixels of a bar
BLOCKS = "▁▂▃▄▅▆▇█"
MOST_TRENDS = 5  # in a digest that is about its stories
MOST_LISTED = 20  # in one that is about a week
FEWEST_BARS = 2  # with fewer there is nothing to compare
MOVES = (Move.ROSE, Move.FELL, Move.LEVEL, Move.UNKNOWN)  # in the order of what they tell
STATES = ("ok", "stale", "failing", "gone", "new", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`height` is in pixels, 0 for a time of which nothing is known; `block` is a character of that height."""

    height: int
    block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendView:
    """`sentence` has the numbers, `line` the bars as characters; `move` is rose, fell, level or unknown."""

    title: Line
    sentence: str
    bars: tuple[Bar, ...]
    move: str

    @property
    def line(self) -> str:
        return "".join(bar.block for bar in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """`trends` are of all rules, those that changed most first; `moves`, `quality` and `outages` are sentences."""

    title: str = ""
    trends: tuple[TrendView, ...] = ()
    moves: tuple[str, ...] = ()
    quality: tuple[str, ...] = ()
    outages: tuple[str, ...] = ()
    sources: str = ""

    def pick(self, titles: Collection[str]) -> list[TrendView]:
        """Those of the rules that a digest reports, in the order of `titles`."""
        known = {trend.title.text: trend for trend in self.trends}
        return [known[title] for title in titles if title in known][:MOST_TRENDS]


def view_overview(overview: Overview, teller: Teller) -> OverviewView:
    trends = [trend for trend in overview.trends if _is_telling(trend)]
    trends.sort(key=lambda trend: (MOVES.index(trend.move), -trend.count, trend.title))
    return OverviewView(
        title=_write_title(trends, teller),
        trends=tuple(_view_trend(trend, teller) for trend in trends[:MOST_LISTED]),
        moves=tuple(_list_moves(overview.trends, teller)),
        quality=tuple(_tell_quality(one, teller) for one in overview.quality),
        outages=tuple(_tell_outage(one, teller) for one in overview.outages[:MOST_LISTED]),
        sources=_count_sources(overview.sources, teller) if overview.sources else "",
    )


def _is_telling(trend: Trend) -> bool:
    known = [bar for bar in trend.bars if bar is not None]
    return len(known) >= FEWEST_BARS and any(known)


def _write_title(trends: Sequence[Trend], teller: Teller) -> str:
    if not trends:
        return ""
    return teller.tell("trends", "title", span=tell_span(trends[0].span * len(trends[0].bars), teller))


def _view_trend(trend: Trend, teller: Teller) -> TrendView:
    title = Line(text=clean_line(trend.title))
    fields = {
        "name": teller.embed(title.text),
        "articles": teller.count("articles", trend.count),
        "span": tell_span(trend.span, teller),
    }
    key = "count" if trend.usual is None else "usual"
    usual = teller.write_number(trend.usual or 0.0)
    return TrendView(
        title=title,
        sentence=teller.tell("trends", key, **fields, usual=usual),
        bars=tuple(_draw(trend.bars)),
        move=trend.move.value,
    )


def _draw(counts: Sequence[int | None]) -> Iterator[Bar]:
    most = max((count for count in counts if count is not None), default=0) or 1
    for count in counts:
        if count is None:
            yield Bar(height=0, block="·")
        else:
            block = BLOCKS[-(-count * (len(BLOCKS) - 1) // most)]
            yield Bar(height=1 if not count else 2 + (TALLEST - 2) * count // most, block=block)


def _list_moves(trends: Sequence[Trend], teller: Teller) -> Iterator[str]:
    """Which rules rose, and which fell: those that did most often first."""
    for move in (Move.ROSE, Move.FELL):
        names = [one.title for one in sorted(trends, key=lambda one: -one.count) if one.move is move]
        if names:
            yield teller.tell("trends", move.value, names=teller.list_names(names))


def _tell_quality(one: Quality, teller: Teller) -> str:
    return teller.tell(
        "trends",
        "quality",
        name=teller.embed(clean_line(one.title)),
        relevant=one.relevant,
        stories=teller.count("labelled", one.labelled),
        share=one.share,
        low=one.low,
        high=one.high,
    )


def _tell_outage(one: Outage, teller: Teller) -> str:
    hours = max(timedelta(hours=1), one.down)
    return teller.tell("trends", "outage", name=teller.list_names([one.source]), span=tell_span(hours, teller))


def _count_sources(counts: SourceCounts, teller: Teller) -> str:
    states = [_tell_state(state, counts, teller) for state in STATES if getattr(counts, state)]
    return teller.tell(
        "trends",
        "sources",
        sources=teller.count("sources", counts.total),
        states=" · ".join(states) or teller.tell("states", "new", n=0),
    )


def _tell_state(state: str, counts: SourceCounts, teller: Teller) -> str:
    number = getattr(counts, state)
    if state == "failing" and counts.failing_since is not None:
        return teller.tell("states", "failing since", n=number, time=teller.tell_time(counts.failing_since))
    return teller.tell("states", state, n=number)
