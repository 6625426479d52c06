"""The commands label WHAT good|bad and label list: whether stories and matches were worth reporting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer

from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.cli.sent import read_age
from monitor.cli.shorthand import make_shorthand
from monitor.cli.storing import run_on_store
from monitor.digests.clean import embed
from monitor.errors import UsageError
from monitor.model import MatchSeq
from monitor.model.feedback import Judgement, Label, Labelled, Why
from monitor.model.story import StoryId
from monitor.ops.ownership import check_ownership, find_person
from monitor.ports.feedback import LabelledMatch
from monitor.store.open import Store

T = TypeVar("T")


group = typer.Typer(
    cls=make_shorthand("add"),
    no_args_is_help=True,
    help="Say whether a story or a match was worth reporting (marsad label STORY good|bad), and list what was said.",
    rich_markup_mode=None,
)


@group.command()
def add(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="The id of a story, the id or link of one of its articles, or the number of a match.", metavar="WHAT"
        ),
    ],
    judgement: Annotated[Judgement, typer.Argument(help="Whether it was worth reporting.", metavar="good|bad")],
    why: Annotated[Why | None, typer.Option("--why", help="Why it was not.")] = None,
) -> None:
    """Label a story or a match. A story's matches are listed with their numbers, so that one can be labelled alone."""
    if why is not None and judgement is Judgement.GOOD:
        raise UsageError(f"--why {why} says why something is bad; leave it out, or write bad")
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)

    async def work(store: Store) -> tuple[Label, Sequence[LabelledMatch]]:
        kind, subject, found = await _find(store, what)
        label = Label(kind=kind, subject=subject, judgement=judgement, why=why, author=find_person(), at=now)
        await store.feedback.label(label)
        return label, found

    label, found = run_on_store(settings, work)
    if find_options(context).json:
        write_json({"label": label, "matches": found})
        return
    write(f"{label.kind} {label.subject}: {_describe(label)}")
    for match in found:
        write(f"  match {match.seq}: {match.rule} · {embed(match.headline, 'ltr')}")


@group.command("list")
def list_all(
    context: typer.Context,
    since: Annotated[str, typer.Option("--since", help="List labels of this time.", metavar="AGE")] = "30d",
) -> None:
    """List labels, the newest first, with who said it."""
    settings, begin = read_settings(context), datetime.now(UTC) - read_age(since)
    found = run_on_store(settings, lambda store: store.feedback.list_labels(begin), read_only=True)
    if find_options(context).json:
        write_json(found)
        return
    write_table(
        ("at", "what", "id", "label", "by", "came by"),
        [
            (
                f"{one.at:%Y-%m-%d %H:%M}Z",
                one.kind,
                one.subject,
                _describe(one),
                one.author,
                "mail" if one.by_mail else "command",
            )
            for one in found
        ],
    )


def _describe(label: Label) -> str:
    return f"{label.judgement} ({label.why})" if label.why else label.judgement.value


async def _find(store: Store, wanted: str) -> tuple[Labelled, str, Sequence[LabelledMatch]]:
    """Raises UsageError."""
    story = await store.stories.read_story(StoryId(wanted))
    if story is not None:
        return Labelled.STORY, story.id, await store.feedback.list_story_matches(story.id)
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) <= 18
    match = await store.feedback.find_match(MatchSeq(int(wanted))) if is_number else None
    if match is None:
        raise UsageError(
            f"{wanted}: no story and no match has this id, and no story an article of this id or link; see "
            "`marsad story list`"
        )
    return Labelled.MATCH, str(match.seq), [match]
