"""The command search: articles of the store that have certain words or names."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.app import using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, say, write, write_json
from monitor.cli.sent import read_age
from monitor.errors import UsageError
from monitor.model import EntityId, SourceId
from monitor.model.search import SearchFilter
from monitor.queries.answers import MOST_RANKED, SearchHit, SearchView
from monitor.queries.search import Question, make_question
from monitor.queries.search import search as ask
from monitor.settings.model import Settings
from monitor.text.controls import isolate
from monitor.text.highlight import Span
from monitor.text.scripts import read_primary

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def search(
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(help='Words, "phrases", -excluded words and entity:ID, as one quoted text.', metavar="[QUERY]"),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Articles of this time only, like 7d.", metavar="AGE")] = None,
    source: Annotated[str | None, typer.Option(help="Articles of this source only.", metavar="ID")] = None,
    language: Annotated[str | None, typer.Option(help="Articles in this language only.", metavar="TAG")] = None,
    rule: Annotated[str | None, typer.Option(help="Articles that this rule matched only.", metavar="ID")] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option(help="Articles that name this entity only. Can be given several times.", metavar="ID"),
    ] = None,
    story: Annotated[str | None, typer.Option(help="Articles of this story only.", metavar="ID")] = None,
    limit: Annotated[int, typer.Option(help="How many articles to write.", min=1, metavar="N")] = 20,
) -> None:
    """Search the stored articles, the best answer first. Spelling is folded as in matching, and endings may differ."""
    now, settings = datetime.now(UTC), read_settings(context)
    only = SearchFilter(
        since=None if since is None else now - read_age(since),
        source=_check_source(source, settings),
        language=None if language is None else read_primary(language),
        rule=rule,
        story=story,
    )
    typed = " ".join(query or ())
    question = make_question(typed, settings.watchlist.entities, [EntityId(one) for one in entity or ()])
    if not question.asks_for_something and (only.is_empty or typed.strip()):
        raise UsageError(f"{typed!r}: give at least one word, phrase or entity:ID that is not excluded")
    found = asyncio.run(_search(settings, question, only, now=now, limit=limit))
    if find_options(context).json:
        write_json(found)
        return
    for hit in found.hits:
        for line in _describe(hit, is_bold=sys.stdout.isatty()):
            write(line)
    _say_limits(found)


def _check_source(wanted: str | None, settings: Settings) -> SourceId | None:
    """Not only those that the configuration still has: their articles stay for a time."""
    if wanted is not None and wanted not in {source.id for source in settings.sources}:
        say(f"warning: --source {wanted}: sources.yaml has no source of this id; only stored articles may be of it")
    return None if wanted is None else SourceId(wanted)


async def _search(
    settings: Settings, question: Question, only: SearchFilter, *, now: datetime, limit: int
) -> SearchView:
    async with using_store(settings, read_only=True) as store:
        return await ask(store.search, question, only, now=now, limit=limit)


def _describe(hit: SearchHit, *, is_bold: bool) -> Iterator[str]:
    about = (isolate(hit.outlet or hit.source), hit.language or "unknown language", f"article {hit.article}")
    yield mark_spans(hit.headline, hit.headline_spans, is_bold=is_bold) or "(no headline)"
    yield f"  {' · '.join(about)} · {hit.published_at or hit.first_seen_at:%Y-%m-%d %H:%M}Z"
    if hit.excerpt:
        yield f"  {isolate(' '.join(mark_spans(hit.excerpt, hit.excerpt_spans, is_bold=is_bold).split()))}"
    if hit.url:
        yield f"  {hit.url}"
    yield ""


def mark_spans(text: str, spans: Sequence[Span], *, is_bold: bool) -> str:
    """The text with its spans in bold, for a terminal; else as it is."""
    if not is_bold:
        return text
    marked, end = "", 0
    for first, last in spans:
        marked += f"{text[end:first]}{BOLD}{text[first:last]}{PLAIN}"
        end = last
    return marked + text[end:]


def _say_limits(found: SearchView) -> None:
    if not found.hits:
        say("no article answers")
    if found.is_capped:
        say(f"more than {MOST_RANKED} articles answer; the newest {MOST_RANKED} were ranked: narrow it with --since")
    if found.lacking:
        say(f"{count(found.lacking, 'older article')} not indexed yet: `marsad run` and `marsad once` go on with it")
