"""One article as published, with what rules found in it; and why each rule fires on it or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from aiohttp import web

from monitor.digests.clean import find_side
from monitor.digests.excerpt import Part, list_spans
from monitor.model import Article, ArticleId, Evidence, RecordedMatch, Zone
from monitor.pipeline import schedule
from monitor.queries.history import HistoryPorts, read_past, trace_rule
from monitor.queries.steps import ArticlePast, Ruling, Step
from monitor.queries.steps import Desk as Facts
from monitor.text.highlight import join_spans
from monitor.web.heads import cut, make_head
from monitor.web.visit import Missing, Visit
from monitor.web.why import WhyMiss, WhyNode, WhyRule

NEAR_ENOUGH = 40  # of 100: of a rule that is shown whole though it does not fire
SHOWN_WHOLE = 5
AROUND = 24
LONGEST = 40_000  # characters of a body that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One rule, and what happened to the article because of it."""

    explanation: WhyRule
    steps: tuple[Step, ...]


async def find_article(visit: Visit) -> Article:
    """Raises Missing."""
    wanted = visit.request.match_info["id"]
    article = await visit.store.archive.read_article(ArticleId(wanted))
    if article is None:
        raise Missing(visit.reader.say("The archive has no article with the id {id}, or not any more.", id=wanted))
    return article


async def show(visit: Visit) -> web.StreamResponse:
    article = await find_article(visit)
    past = await read_past(article.id, list_ports(visit))
    seqs = [match.seq for match in past.trace.matches] if past else []
    records = await visit.store.digests.read_matches(seqs)
    evidence = list(chain.from_iterable(record.match.evidence for record in records))
    return await visit.show(
        "article.html.j2",
        article=article,
        head=make_head(article, join_spans(list_spans(article, evidence, Zone.HEADLINE))),
        paragraphs=split_body(article, evidence),
        is_cut=len(article.body) > LONGEST,
        found=list_found(visit, records),
        records=records,
        story=past.membership.story if past and past.membership else None,
        trace=past.trace if past else None,
    )


def list_ports(visit: Visit) -> HistoryPorts:
    store = visit.store
    return HistoryPorts(
        traces=store.traces,
        stories=store.stories,
        digests=store.digests,
        recipients=store.recipients,
        faults=store.faults,
    )


def split_body(article: Article, evidence: Sequence[Evidence]) -> list[tuple[str, tuple[Part, ...]]]:
    """Direction and runs of each paragraph."""
    spans, paragraphs, start = join_spans(list_spans(article, evidence, Zone.BODY)), [], 0
    for line in article.body[:LONGEST].splitlines(keepends=True):
        end = start + len(line.rstrip())
        own = [(first - start, min(last, end) - start) for first, last in spans if start <= first < end]
        if line.strip():
            text = article.body[start:end]
            paragraphs.append((find_side(text), cut(text, own)))
        start += len(line)
    return paragraphs


def list_found(visit: Visit, records: Sequence[RecordedMatch]) -> list[dict[str, str]]:
    """Each name once, as the watch-list calls it and as it was published where it fits best."""
    best: dict[str, Evidence] = {}
    for one in chain.from_iterable(record.match.evidence for record in records):
        key = one.entity or one.term
        if key not in best or one.score > best[key].score:
            best[key] = one
    return [
        {
            "entity": one.entity or "",
            "label": visit.desk.name_entity(one.entity, visit.reader.language) if one.entity else one.term,
            "text": one.text,
            "tier": one.tier.value,
            "score": str(one.score),
        }
        for one in best.values()
    ]


async def explain(visit: Visit) -> web.StreamResponse:
    """Asks the engine's process; one rule of the URL, else those that fire or nearly do."""
    article, wanted = await find_article(visit), visit.read("rule")
    source = next((one for one in visit.settings.sources if one.id == article.source), None)
    explanations = await visit.desk.engine.explain(article, source)
    past = await read_past(article.id, list_ports(visit))
    facts = Facts(
        plans=visit.settings.digests, hours=schedule, now=visit.now, silences=await visit.store.silences.list_silences()
    )
    whole = [
        one
        for at, one in enumerate(explanations)
        if (one.rule == wanted if wanted else one.fires or (at < SHOWN_WHOLE and one.nearness >= NEAR_ENOUGH))
    ]
    return await visit.show(
        "why.html.j2",
        article=article,
        head=make_head(article),
        told=[Told(explanation=one, steps=trace(one, past, article, facts)) for one in whole],
        others=[one for one in explanations if one not in whole],
        wanted=wanted,
        around=lambda one: show_around(article, one),
        open_root=open_root,
    )


def trace(one: WhyRule, past: ArticlePast | None, article: Article, facts: Facts) -> tuple[Step, ...]:
    ruling = Ruling(
        rule=one.rule,
        severity=one.severity,
        fires=one.fires,
        entities=one.entities,
        source=article.source,
    )
    return trace_rule(past, ruling, facts) if past else ()


def show_around(article: Article, one: Evidence | WhyMiss) -> dict[str, object]:
    """Some words around a name, with the name marked, in their own direction."""
    text = article.text(one.field)
    left, right = max(0, one.start - AROUND), min(len(text), one.end + AROUND)
    left = text.find(" ", left, one.start) + 1 or left if left else 0
    right = (
        max(text.rfind(" ", one.end, right), one.end) if right < len(text) and " " in text[one.end : right] else right
    )
    parts = cut(text[left:right], [(one.start - left, one.end - left)])
    return {"parts": parts, "direction": find_side(text), "before": left > 0, "after": right < len(text)}


def open_root(root: WhyNode) -> Sequence[WhyNode]:
    """What stands under a rule: its conditions; an `all`, and a list of one condition, need no line of their own."""
    while root.kind in {"all", "any"} and len(root.parts) == 1:
        root = root.parts[0]
    return root.parts if root.kind == "all" and root.parts else (root,)
