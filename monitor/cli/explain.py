"""The command explain: why a rule fires on an article or does not, and what happened to the article afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from monitor.app import using_store
from monitor.cli.explanation import print_article, print_explanation, print_others
from monitor.cli.given import Given, Wanted, read_given
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import say, write_json
from monitor.errors import StoreUnavailable, StoreUnusable, UsageError
from monitor.matchers import make_explainer
from monitor.model import RuleId, SourceId
from monitor.pipeline import schedule
from monitor.queries.history import HistoryPorts, foresee, read_past, trace_rule
from monitor.queries.steps import ArticlePast, Desk, Ruling, Step
from monitor.queries.storm import index_brakes, list_brakes
from monitor.rules.explain import Explainer, Explanation, list_entities
from monitor.settings.model import Settings
from monitor.text.quoting import suggest_near

SHOWN_WHOLE = 5  # rules, where all of them are asked about
NEAR_ENOUGH = 40  # of 100: of a rule that is shown whole though it does not fire


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One rule on one article, and what happened."""

    explanation: Explanation
    steps: tuple[Step, ...]


def explain(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="The id of a rule (without it: every rule, the nearest first), and an article: the link or id of one "
            "in the archive, a file, or - for stdin.",
            metavar="[RULE] ARTICLE",
        ),
    ] = None,
    headline: Annotated[
        str | None, typer.Option("--headline", help="Explain this headline instead of an article.", metavar="TEXT")
    ] = None,
    body: Annotated[str, typer.Option("--body", help="The text under --headline.", metavar="TEXT")] = "",
    language: Annotated[
        str | None, typer.Option("--language", help="The language of the article, such as ar.", metavar="TAG")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="The source that the article is taken to be of.", metavar="ID")
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Read a link that the archive does not have from the web.")
    ] = False,
) -> None:
    """Show why a rule fires on an article or does not, and whether a digest reported it."""
    rule, what = _split_names(names or [], headline)
    settings = read_settings(context)
    _check_rule(rule, what, settings)
    wanted = Wanted(what=what, headline=headline, body=body, language=language, source=source, fetch=fetch)
    given = read_given(wanted, settings)
    explainer = make_explainer(settings.watchlist)
    desk = asyncio.run(_read_desk(settings, datetime.now(UTC)))
    for each in given:
        past = asyncio.run(_look_back(each, settings)) if each.may_be_known else None
        answers = _answer(rule, each, explainer, past, desk)
        if find_options(context).json:
            write_json(_encode(each, answers), find_options(context).mask)
        else:
            _show(each, answers, is_one_rule=rule is not None)


def _split_names(names: Sequence[str], headline: str | None) -> tuple[RuleId | None, str | None]:
    """The rule, and what names the article; None for either that is not given. Raises UsageError."""
    most = 2 if headline is None else 1
    if len(names) > most or (headline is None and not names):
        raise UsageError(
            "expected a rule and an article (its link or id, a file, or - for stdin), an article alone, or --headline"
        )
    if headline is not None:
        return (RuleId(names[0]) if names else None), None
    return (RuleId(names[0]), names[1]) if len(names) == most else (None, names[0])


def _check_rule(rule: RuleId | None, what: str | None, settings: Settings) -> None:
    rules = settings.watchlist.rules
    if rule is None and what in rules:
        raise UsageError(f"{what} is a rule; give an article too: its link or id, a file, - for stdin, or --headline")
    if rule is not None and rule not in rules:
        hint = suggest_near(rule, rules) or f"there are: {', '.join(list(rules)[:10]) or 'none'}"
        raise UsageError(f"no rule has the id {rule!r}; {hint}")


async def _look_back(given: Given, settings: Settings) -> ArticlePast | None:
    """What the store knows of the article; None, said on stderr, where there is no store to ask."""
    try:
        async with using_store(settings, read_only=True) as store:
            ports = HistoryPorts(
                traces=store.traces,
                stories=store.stories,
                digests=store.digests,
                recipients=store.recipients,
                faults=store.faults,
            )
            return await read_past(given.article.id, ports)
    except (StoreUnusable, StoreUnavailable) as error:
        say(f"what happened to the article is not known: {error}")
        return None


async def _read_desk(settings: Settings, now: datetime) -> Desk:
    """With all silences and brakes that the store keeps; none, said on stderr, where there is no store to ask."""
    desk = Desk(plans=settings.digests, hours=schedule, now=now)
    try:
        async with using_store(settings, read_only=True) as store:
            brakes = index_brakes(await list_brakes(settings.digests, store.earlier, now))
            return replace(desk, silences=await store.silences.list_silences(), brakes=brakes)
    except (StoreUnusable, StoreUnavailable) as error:
        say(f"silences are not known: {error}")
        return desk


def _answer(
    rule: RuleId | None, given: Given, explainer: Explainer, past: ArticlePast | None, desk: Desk
) -> list[Answer]:
    found = (
        explainer.explain_all(given.article, given.source)
        if rule is None
        else (explainer.explain(rule, given.article, given.source),)
    )
    source = given.source.id if given.source else None
    return [Answer(explanation=one, steps=_trace(one, source, past, desk)) for one in found]


def _trace(explanation: Explanation, source: SourceId | None, past: ArticlePast | None, desk: Desk) -> tuple[Step, ...]:
    ruling = Ruling(
        rule=explanation.rule,
        severity=explanation.severity,
        fires=explanation.fires,
        entities=frozenset(list_entities(explanation.tree)),
        source=source,
    )
    return foresee(ruling, desk) if past is None else trace_rule(past, ruling, desk)


def _encode(given: Given, answers: Sequence[Answer]) -> dict[str, Any]:
    article = given.article
    about = {
        "id": article.id,
        "source": article.source,
        "headline": article.headline,
        "url": article.url,
        "language": article.language,
        "first_seen_at": article.first_seen_at,
    }
    return {"article": about, "rules": answers}


def _show(given: Given, answers: Sequence[Answer], *, is_one_rule: bool) -> None:
    """Every rule that fires and those that nearly do as trees; the others by name."""
    if answers:
        print_article(given.article, answers[0].explanation.language, answers[0].steps)
    else:
        say("there are no rules")
    whole = [
        one
        for at, one in enumerate(answers)
        if is_one_rule or one.explanation.fires or (at < SHOWN_WHOLE and one.explanation.nearness >= NEAR_ENOUGH)
    ]
    for one in whole:
        print_explanation(given.article, one.explanation, one.steps)
    print_others([one.explanation for one in answers if one not in whole])
