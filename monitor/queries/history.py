"""explain: what happened to an article after it was read, up to the mail server. Steps are in the order of the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.model import ArticleId, FaultKind
from monitor.model.story import Kind, Membership
from monitor.ports import DigestStore, FaultStore, RecipientStore
from monitor.ports.stories import StoryStore
from monitor.ports.traces import Trace, TracedMatch, TraceStore
from monitor.queries.steps import ArticlePast, Desk, Outcome, Ruling, Stage, Step
from monitor.queries.tellings import foresee_digests, tell_digests
from monitor.text.counting import count


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPorts:
    """The store, as far as `read_past` looks."""

    traces: TraceStore
    stories: StoryStore
    digests: DigestStore
    recipients: RecipientStore
    faults: FaultStore


async def read_past(article: ArticleId, ports: HistoryPorts) -> ArticlePast | None:
    """None when the article is not in the archive."""
    trace = await ports.traces.read_trace(article)
    if trace is None:
        return None
    membership = (await ports.stories.find_places([article])).members.get(article)
    story = await ports.stories.read_story(membership.story) if membership else None
    faults = [one for one in await ports.faults.list_faults() if one.is_open and one.kind is FaultKind.DIGEST]
    return ArticlePast(
        trace=trace,
        membership=membership,
        told_articles=story.articles if story else 0,
        subscriptions={(one.digest, one.recipient): one for one in await ports.digests.list_subscriptions()},
        recipients={one.address: one for one in await ports.recipients.list_recipients()},
        faults={one.subject: one for one in faults},
    )


def trace_rule(past: ArticlePast, ruling: Ruling, desk: Desk) -> tuple[Step, ...]:
    """Baseline | full text | match | story | silence | digest of each recipient | message and delivery."""
    match = next((one for one in past.trace.matches if one.rule == ruling.rule), None)
    return tuple(_list_steps(past, match, ruling, desk))


def _list_steps(past: ArticlePast, match: TracedMatch | None, ruling: Ruling, desk: Desk) -> Iterator[Step]:
    yield from _tell_article(past.trace)
    yield _tell_match(past.trace, match, ruling)
    if match is None:
        return
    if past.membership is not None:
        yield _tell_story(past.membership, past.told_articles)
    yield from tell_digests(past, match, desk)


def _tell_article(trace: Trace) -> Iterator[Step]:
    article = trace.article
    read = f"read from source {article.source}"
    yield Step(stage=Stage.ARTICLE, outcome=Outcome.DONE, text=read, at=article.first_seen_at)
    if trace.is_held:
        text = (
            "kept and not reported: it was in the first fetch of its source, or older than what the source listed"
            " before (`backfill` of the source says what a first fetch reports)"
        )
        yield Step(stage=Stage.BASELINE, outcome=Outcome.HELD, text=text)
    if trace.page is not None:
        tried = f", tried {count(trace.page.tries, 'time')}: {trace.page.last_error}" if trace.page.tries else ""
        text = f"its full text is still to be read{tried}"
        yield Step(stage=Stage.PAGE, outcome=Outcome.WAITS, text=text, at=trace.page.next_try_at)


def _tell_match(trace: Trace, match: TracedMatch | None, ruling: Ruling) -> Step:
    if match is not None:
        later = "" if ruling.fires else "; the rule, its names or the article changed since, and it would not fire now"
        text = f"rule {match.rule} fired with score {match.score}{later}"
        return Step(stage=Stage.MATCH, outcome=Outcome.DONE, text=text, at=match.matched_at)
    if not ruling.fires:
        text = f"rule {ruling.rule} did not fire"
    elif trace.is_held:
        text = f"rule {ruling.rule} was not tried, because the article was kept only"
    else:
        text = f"rule {ruling.rule} would fire now, and did not: the rule, its names or the article changed since"
    return Step(stage=Stage.MATCH, outcome=Outcome.NO_MATCH, text=text)


def _tell_story(membership: Membership, articles: int) -> Step:
    of = f"story {membership.story} of {count(articles, 'article')}"
    if membership.kind is Kind.COPY:
        text = f"{of}; a copy of article {membership.voice} by {membership.speaker}"
        return Step(stage=Stage.STORY, outcome=Outcome.COPY, text=text)
    return Step(stage=Stage.STORY, outcome=Outcome.DONE, text=f"{of}; {membership.kind} in it")


def foresee(ruling: Ruling, desk: Desk) -> tuple[Step, ...]:
    """Of a text that is not in the archive: which digests would report it."""
    first = Step(stage=Stage.ARTICLE, outcome=Outcome.NO_MATCH, text="not in the archive, so nothing happened to it")
    return (first, *foresee_digests(ruling, desk)) if ruling.fires else (first,)
