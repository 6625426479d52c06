"""Stories: which articles tell of one event, what each is for its story, and what a recipient was told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NewType

from monitor.model.identity import ArticleId

StoryId = NewType("StoryId", str)


class Kind(StrEnum):
    """What an article is for the story that it is in."""

    NEW = "new"  # it begins the story
    JOINED = "joined"  # it reports the same event
    COPY = "copy"  # it repeats an article of the story nearly word for word
    FOLLOW_UP = "follow-up"  # it is of the story and tells mostly what the story did not have


class Standing(StrEnum):
    """What a story is for a recipient, compared with what was reported to them before."""

    NEW = "new"  # nothing of it was reported
    DEVELOPING = "developing"  # it was reported, and there is more to it now
    REPEATED = "repeated"  # it was reported, and only further reports of the same have come


class Sections(StrEnum):
    """By what the stories of a digest are put together."""

    NONE = "none"
    RULE = "rule"  # the one that fired best
    TOPIC = "topic"  # the `topic` of that rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One article in one story.

    `voice` is the first article with the same text, itself where there is none, and `speaker` who published that one:
    all articles of one voice count as one outlet. `owner` is who publishes this one, `language` what was declared, else
    detected.
    """

    article: ArticleId
    story: StoryId
    kind: Kind = Kind.NEW
    voice: ArticleId
    speaker: str
    owner: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReport:
    """What one recipient knows of one story once a digest has told it, up to a `revision` of the story.

    `outlets` are the owners that were named by then, `before` how many of them the report before had; `rules` are those
    that had fired by then. `standing` is what the story was for the recipient in that digest.
    """

    story: StoryId
    revision: int
    at: datetime
    standing: Standing = Standing.NEW
    outlets: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPast:
    """A story as it was when a digest last reported it to a recipient.

    `thread` is the key of the message that reported it first, "" where that is not known any more. `changed` are
    headlines that articles had then, with those that they have now.
    """

    thread: str = ""
    headlines: tuple[str, ...] = ()
    entities: frozenset[str] = frozenset()
    changed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's word on stories: `articles` of `story` are another story, or `other` is the same story."""

    story: StoryId
    articles: tuple[ArticleId, ...] = ()
    other: StoryId | None = None

    @property
    def parted(self) -> StoryId:
        """The id of the story that `articles` are."""
        return make_story_id(ArticleId(f"{self.story} without {self.articles[0]}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineRevision:
    """An article came to a story, or changed its headline: the story's revision after that."""

    revision: int
    article: ArticleId
    headline: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """A member as `marsad story` shows it. `because` has the reasons of the grouper, as plain data."""

    membership: Membership
    headline: str
    outlet: str | None
    url: str | None
    published_at: datetime | None
    joined_at: datetime
    because: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStory:
    """A story as the store has it."""

    id: StoryId
    headline: str
    begun_at: datetime
    changed_at: datetime
    revision: int
    articles: int = 0
    aliases: tuple[StoryId, ...] = ()
    members: tuple[StoryMember, ...] = ()
    headlines: tuple[HeadlineRevision, ...] = field(default=())


def make_story_id(first: ArticleId) -> StoryId:
    """The id of the story that an article begins: the same wherever and whenever it is grouped."""
    return StoryId(blake2b(f"story\0{first}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest())
