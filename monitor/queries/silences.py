"""silence list: silences with what they keep back; and which silence a person's words ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.model import Source
from monitor.model.silence import Silence, SilenceKind
from monitor.model.story import StoryId
from monitor.ports.silences import SilenceStore
from monitor.ports.stories import StoryStore
from monitor.rules.model import Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceView:
    """A silence; `held` counts the matches that it keeps back now, each of them once."""

    silence: Silence
    held: int

    def state(self, now: datetime) -> str:
        """In force, ended, or expired."""
        if self.silence.ended_at is not None:
            return f"ended by {self.silence.ended_by}"
        return "expired" if self.silence.is_over(now) else "in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceTarget:
    """What is to be silenced."""

    kind: SilenceKind
    id: str
    title: str


async def list_silences(store: SilenceStore, now: datetime, *, everything: bool = False) -> list[SilenceView]:
    """Those in force, and those that are over and keep something back until the next digest; or `everything`."""
    held = await store.count_held()
    views = [SilenceView(silence=one, held=held.get(one.id, 0)) for one in await store.list_silences()]
    return [view for view in views if everything or view.held or not view.silence.is_over(now)]


async def find_subjects(
    written: str, watchlist: Watchlist, sources: Sequence[Source], stories: StoryStore
) -> list[SilenceTarget]:
    """Every rule, pattern of rules, entity, source or story of that id; "rule:ID" says which kind."""
    kind, _, rest = written.partition(":")
    is_kind = bool(rest) and kind in {one.value for one in SilenceKind}
    name = rest.strip() if is_kind else written
    found = _list_named(name, watchlist, sources)
    if (story := await stories.read_story(StoryId(name))) is not None:
        found.append(SilenceTarget(kind=SilenceKind.STORY, id=story.id, title=story.headline))
    return [one for one in found if not is_kind or one.kind.value == kind]


def _list_named(name: str, watchlist: Watchlist, sources: Sequence[Source]) -> list[SilenceTarget]:
    """What the configuration has of that id; a pattern is of rules."""
    rules = {str(rule.id): rule.title for rule in watchlist.rules.values()}
    matching = [rule for rule in rules if fnmatchcase(rule, name)]
    found = [SilenceTarget(kind=SilenceKind.RULE, id=name, title=rules.get(name, name))] if matching else []
    if name in watchlist.entities:
        found.append(SilenceTarget(kind=SilenceKind.ENTITY, id=name, title=name))
    if any(source.id == name for source in sources):
        found.append(SilenceTarget(kind=SilenceKind.SOURCE, id=name, title=name))
    return found
