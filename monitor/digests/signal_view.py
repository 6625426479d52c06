"""Signals as the templates of a digest see them: a sentence, the numbers behind it, and the newest headlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.digests.clean import clean_headline, clean_line, clean_url, find_side
from monitor.digests.entry import Line
from monitor.model.signal import Signal, SignalArticle, SignalKind, SignalNumbers

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalArticleView:
    """`headline` is on one line; `time` is for people."""

    headline: str
    outlet: Line
    time: str
    url: str | None
    language: str

    @property
    def direction(self) -> str:
        return find_side(self.headline)

    @property
    def align(self) -> str:
        return "right" if self.direction == "rtl" else "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalView:
    """`kind` is spike, quiet or first mention; `because` are sentences with the numbers that the decision used."""

    kind: str
    name: Line
    sentence: str
    because: tuple[str, ...]
    articles: tuple[SignalArticleView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """How things are said to this reader. `tell` takes a group of words, a key in it, and its fields."""

    tell: Callable[..., str]
    count: Callable[[str, int], str]
    write_number: Callable[[float], str]
    tell_date: Callable[[datetime], str]
    tell_time: Callable[[datetime], str]
    list_names: Callable[[list[str]], str]
    label: Callable[[Signal], str]
    embed: Callable[[str], str]
    untitled: str


def view_signal(signal: Signal, teller: Teller) -> SignalView:
    name = clean_line(teller.label(signal))
    return SignalView(
        kind=signal.kind.value,
        name=Line(text=name),
        sentence=_write_sentence(signal, teller.embed(name), teller),
        because=tuple(_explain(signal, teller)),
        articles=tuple(_view_article(article, teller) for article in signal.articles),
    )


def _write_sentence(signal: Signal, name: str, teller: Teller) -> str:
    numbers = signal.numbers
    if signal.kind is SignalKind.FIRST:
        date = teller.tell_date(numbers.since or signal.onset)
        return teller.tell(
            "signals", "first ever" if numbers.is_first_ever else signal.kind.value, name=name, date=date
        )
    span = tell_span(numbers.window, teller)
    if signal.kind is SignalKind.QUIET:
        per_day = numbers.usual / (numbers.window / DAY)
        return teller.tell("signals", signal.kind.value, name=name, span=span, usual=teller.write_number(per_day))
    articles, usual = teller.count("articles", numbers.count), teller.write_number(numbers.usual)
    return teller.tell("signals", signal.kind.value, name=name, articles=articles, span=span, usual=usual)


def tell_span(window: timedelta, teller: Teller) -> str:
    """In days, or in hours."""
    days = window / DAY
    return (
        teller.count("days", round(days)) if days > 1 and days.is_integer() else teller.count("hours", round(24 * days))
    )


def _explain(signal: Signal, teller: Teller) -> list[str]:
    numbers: SignalNumbers = signal.numbers
    said = []
    if signal.kind is not SignalKind.FIRST:
        median, mad = teller.write_number(numbers.median), teller.write_number(numbers.mad)
        said.append(teller.tell("signals", "compared", days=teller.count("days", numbers.days), median=median, mad=mad))
    if signal.kind is SignalKind.SPIKE:
        said.append(teller.tell("signals", "factor", factor=teller.write_number(numbers.factor)))
    if numbers.left_out:
        said.append(teller.tell("signals", "left out", names=teller.list_names(list(numbers.left_out))))
    return said


def _view_article(article: SignalArticle, teller: Teller) -> SignalArticleView:
    return SignalArticleView(
        headline=clean_headline(article.headline).strip() or teller.untitled,
        outlet=Line(text=clean_line(article.outlet or "") or clean_line(article.source)),
        time=teller.tell_time(article.at),
        url=clean_url(article.url),
        language=article.language or "",
    )
