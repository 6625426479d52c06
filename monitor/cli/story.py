"""The commands story ID, list, split and merge: why articles are one story, and corrections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import typer

from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, write, write_json, write_table
from monitor.cli.sent import read_age
from monitor.cli.shorthand import make_shorthand
from monitor.cli.storing import run_on_store
from monitor.errors import UsageError
from monitor.model import ArticleId
from monitor.model.story import Correction, StoredStory, StoryId, StoryMember
from monitor.ops.ownership import check_ownership
from monitor.pipeline.grouping import Grouping
from monitor.store.open import Store

MOST_LISTED = 200
T = TypeVar("T")


group = typer.Typer(
    cls=make_shorthand("show"),
    no_args_is_help=True,
    help="Explain a story (marsad story ID), list stories, and correct them.",
    rich_markup_mode=None,
)
Which = Annotated[
    str, typer.Argument(help="The id of a story, or the id or link of one of its articles.", metavar="STORY")
]


@group.command()
def show(context: typer.Context, story: Which) -> None:
    """Show a story: its articles, why each of them is in it, and headlines that changed."""
    settings = read_settings(context)
    found = run_on_store(settings, lambda store: _find(store, story), read_only=True)
    if find_options(context).json:
        write_json(found)
        return
    for line in _describe(found):
        write(line)


@group.command("list")
def list_stories(
    context: typer.Context,
    since: Annotated[
        str, typer.Option("--since", help="List stories that changed in this time.", metavar="AGE")
    ] = "3d",
) -> None:
    """List stories, the latest first, with their ids."""
    settings, begin = read_settings(context), datetime.now(UTC) - read_age(since)
    found = run_on_store(settings, lambda store: store.stories.list_stories(begin, MOST_LISTED), read_only=True)
    if find_options(context).json:
        write_json(found)
        return
    rows = [(one.id, one.articles, _tell(one.changed_at), one.headline) for one in found]
    write_table(("id", "articles", "changed", "headline"), rows)


@group.command()
def split(
    context: typer.Context,
    story: Which,
    articles: Annotated[
        list[str], typer.Argument(help="The ids or links of the articles to take out.", metavar="ARTICLE…")
    ],
) -> None:
    """Take articles out of a story. They are a story of their own from now on, which never joins that one again."""
    settings = read_settings(context)
    check_ownership(settings.state)
    correction = run_on_store(settings, lambda store: _split(store, story, articles))
    taken = count(len(correction.articles), "article")
    write(f"story {correction.story}: {taken} taken out; the new story is {correction.parted}")


@group.command()
def merge(
    context: typer.Context,
    story: Which,
    other: Annotated[str, typer.Argument(help="The story that is the same one.", metavar="OTHER")],
) -> None:
    """Say that two stories are one. The first id stays; the other is another name for it."""
    settings = read_settings(context)
    check_ownership(settings.state)
    correction = run_on_store(settings, lambda store: _merge(store, story, other))
    write(f"story {correction.other} is story {correction.story} from now on")


def _tell(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"


async def _find(store: Store, wanted: str) -> StoredStory:
    """Raises UsageError."""
    found = await store.stories.read_story(StoryId(wanted))
    if found is None:
        raise UsageError(f"{wanted}: no story has this id, and none an article of this id or link; see story list")
    return found


async def _split(store: Store, wanted: str, articles: Sequence[str]) -> Correction:
    story = await _find(store, wanted)
    taken = tuple(dict.fromkeys(_find_member(story, one) for one in articles))
    if len(taken) == len(story.members):
        raise UsageError(f"story {story.id}: these are all of its articles; leave at least one")
    return await _correct(store, Correction(story=story.id, articles=taken))


def _find_member(story: StoredStory, wanted: str) -> ArticleId:
    for member in story.members:
        if wanted in {member.membership.article, member.url}:
            return member.membership.article
    raise UsageError(f"{wanted}: story {story.id} has no article of this id or link")


async def _merge(store: Store, wanted: str, other: str) -> Correction:
    story, same = await _find(store, wanted), await _find(store, other)
    if story.id == same.id:
        raise UsageError(f"{wanted} and {other} are one story already: {story.id}")
    return await _correct(store, Correction(story=story.id, other=same.id))


async def _correct(store: Store, correction: Correction) -> Correction:
    await Grouping(store.groups, store.stories, {}).correct(correction, datetime.now(UTC))
    return correction


def _describe(story: StoredStory) -> Iterator[str]:
    outlets = {one.membership.speaker for one in story.members}
    languages = {one.membership.language for one in story.members} - {None}
    yield (
        f"story {story.id}: {count(len(story.members), 'article')}, {count(len(outlets), 'outlet')}, "
        f"{count(len(languages), 'language')}"
    )
    yield f"begun {_tell(story.begun_at)}, changed {_tell(story.changed_at)}, revision {story.revision}"
    if story.aliases:
        yield f"other ids: {', '.join(story.aliases)}"
    for member in story.members:
        yield ""
        yield from _describe_member(member)
    yield from _describe_changes(story)


def _describe_member(member: StoryMember) -> Iterator[str]:
    one = member.membership
    yield member.headline
    about = (one.kind.value, one.language or "unknown language", member.outlet or one.owner, f"article {one.article}")
    yield f"  {' · '.join(about)} · came {_tell(member.joined_at)}"
    if member.url:
        yield f"  {member.url}"
    if one.voice != one.article:
        yield f"  counted as {one.speaker}: the text of article {one.voice}"
    for reason in member.because:
        yield f"  because: {_describe_reason(reason)}"


def _describe_reason(reason: Mapping[str, Any]) -> str:
    """The rule, its number against the bar, what is shared, and with which article it was compared."""
    text = str(reason["what"])
    if "value" in reason:
        text += f" {reason['value']}" + (f" (needed {reason['needed']})" if "needed" in reason else "")
    if reason.get("shared"):
        text += "; shared: " + ", ".join(f"{word} {weight}" for word, weight in reason["shared"].items())
    return text + (f"; compared with article {reason['other']}" if "other" in reason else "")


def _describe_changes(story: StoredStory) -> Iterator[str]:
    """Headlines of articles that had another one before."""
    last: dict[str, str] = {}
    for one in story.headlines:
        before = last.get(one.article)
        if before is not None and before != one.headline:
            yield ""
            yield f"revision {one.revision}: article {one.article} changed its headline"
            yield f"  from {before}"
            yield f"  to   {one.headline}"
        last[one.article] = one.headline
