"""One digest in as many messages as its limit asks for; no story is lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.digests.entry import StoryView
from monitor.digests.numbering import name_part, number_part
from monitor.digests.page import LONGEST_LINE, MOST_RULES, Page
from monitor.digests.view import shorten_story
from monitor.errors import UserMustFix
from monitor.model import DigestId, Message, Part

ROOM = 1000  # bytes that the number of a part may add to its subject, and a server its own header
Span = tuple[int, int]


class Write(Protocol):
    """A page as a message of that id; without HTML it has the text part alone."""

    def __call__(self, page: Page, key: DigestId, /, *, html: bool = True) -> Message: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a page becomes a message, and of which size. `whole` is the id of a digest that needs one message.

    With `replaces` it is that message, found too large by a server, which is written anew: its parts have other ids.
    """

    write: Write
    limit: int
    whole: DigestId
    replaces: DigestId | None = None


def write_parts(page: Page, writing: Writing) -> tuple[Part, ...]:
    """One message where it fits, else as few halves of halves as do.

    A story too large alone is cut to its headline, and sent as text alone when that is still too large. Raises
    UserMustFix when even that does not fit.
    """
    stories = len(page.stories)
    if writing.replaces is None:
        message = writing.write(page, writing.whole)
        if len(message.content) <= writing.limit:
            return (Part(message=message, stories=stories, signals=len(page.signals)),)
    page = page.put([_cut_long(story, writing.limit) for story in page.stories])
    spans = divide(0, stories, lambda start, stop: _fits(page, (start, stop), writing))
    if len(spans) == 1 and writing.replaces is None:
        message = _write_part(page, (0, stories), writing.whole, writing)
        return (Part(message=message, stories=stories, signals=len(page.signals)),)
    before = writing.replaces or writing.whole
    return tuple(
        Part(
            message=_write_part(page, span, number_part(before, number, len(spans)), writing),
            stories=span[1] - span[0],
            signals=0 if span[0] else len(page.signals),
        )
        for number, span in enumerate(spans, 1)
    )


def divide(start: int, stop: int, fits: Callable[[int, int], bool]) -> list[Span]:
    """Spans of stories, in order, each of which fits or is of a single one."""
    if stop - start <= 1 or fits(start, stop):
        return [(start, stop)]
    middle = (start + stop) // 2
    return [*divide(start, middle, fits), *divide(middle, stop, fits)]


def _fits(page: Page, span: Span, writing: Writing) -> bool:
    message = writing.write(page.take(*span, part=""), writing.whole)
    return len(message.content) + ROOM <= writing.limit


def _write_part(page: Page, span: Span, key: DigestId, writing: Writing) -> Message:
    taken = page.take(*span, part=name_part(key))
    message = writing.write(taken, key)
    if len(message.content) > writing.limit:
        taken = taken.put([_shorten(story) for story in taken.stories])
        message = writing.write(taken, key)
    if len(message.content) > writing.limit:
        message = writing.write(taken, key, html=False)
    if len(message.content) > writing.limit:
        stories = "without a story" if not taken.stories else "with one headline"
        size = len(message.content)
        raise UserMustFix(
            f"a mail of the template {page.digest.template} {stories}, as text alone, has {size} bytes, and at most "
            f"{writing.limit} are allowed: shorten the template, or raise `max_size` or the mail server's limit"
        )
    return message


def _cut_long(story: StoryView, limit: int) -> StoryView:
    """A story that alone would fill most of a message is cut, so that it does not tear the others apart."""
    return _shorten(story) if _weigh(story) * 4 > limit else story


def _weigh(story: StoryView) -> int:
    """About how many characters it has in the text part."""
    texts: Sequence[str] = [
        story.headline,
        story.url or "",
        *(passage.text for passage in story.excerpts),
        *(rule.title.text for rule in story.rules),
        *(name.label.text + name.published.text for rule in story.rules for name in rule.names),
        *(f"{report.headline}{report.url}{report.outlet}" for report in story.reports),
    ]
    return sum(map(len, texts))


def _shorten(story: StoryView) -> StoryView:
    return shorten_story(story, LONGEST_LINE, MOST_RULES)
