"""One story: all its reports in the order in which they came, and why they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from monitor.digests.clean import clean_line, clean_url
from monitor.model import ArticleId
from monitor.model.story import Kind, StoredStory, StoryId, StoryMember
from monitor.text.scripts import read_primary
from monitor.web.heads import Head, Writing, write
from monitor.web.visit import Missing, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`because` is why the article was put here, in words."""

    head: Head
    joined_at: datetime
    kind: str
    copied_from: str | None
    because: tuple[str, ...]
    former: tuple[Writing, ...]  # headlines that it had before


async def show(visit: Visit) -> web.StreamResponse:
    wanted = visit.request.match_info["id"]
    found = await visit.store.stories.read_story(StoryId(wanted))
    if found is None:
        if await visit.store.archive.read_article(ArticleId(wanted)):
            return visit.go(f"/articles/{wanted}")
        raise Missing(visit.reader.say("There is no story with the id {id}.", id=wanted))
    members = found.members
    return await visit.show(
        "story.html.j2",
        story=found,
        title=write(found.headline, members[0].membership.language if members else None),
        reports=[make_report(member, found) for member in members],
        outlets=len({one.membership.speaker for one in members}),
        owners=len({one.membership.owner for one in members}),
        languages=sorted({read_primary(one.membership.language) for one in members if one.membership.language}),
        silence=f"story:{found.id}",
    )


def make_report(member: StoryMember, story: StoredStory) -> Report:
    one = member.membership
    former = dict.fromkeys(each.headline for each in story.headlines if each.article == one.article)
    return Report(
        head=Head(
            id=one.article,
            title=write(member.headline, one.language),
            outlet=clean_line(member.outlet or one.owner),
            url=clean_url(member.url),
            at=member.published_at or member.joined_at,
            is_dated=member.published_at is not None,
        ),
        joined_at=member.joined_at,
        kind=one.kind.value,
        copied_from=one.speaker if one.kind is Kind.COPY else None,
        because=tuple(map(tell_reason, member.because)),
        former=tuple(write(each, one.language) for each in former if each != member.headline),
    )


def tell_reason(reason: dict[str, object]) -> str:
    """The rule of the grouper, its number against the bar, and what is shared."""
    text = str(reason["what"])
    if "value" in reason:
        text += f" {reason['value']}" + (f" (needed {reason['needed']})" if "needed" in reason else "")
    shared = reason.get("shared")
    return f"{text}: {', '.join(list_words(shared))}" if isinstance(shared, dict) and shared else text


def list_words(shared: dict[str, object]) -> Sequence[str]:
    return [str(word) for word in shared]
