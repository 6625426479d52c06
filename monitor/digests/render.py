"""A Digest becomes a Message: templates to text and HTML, then bytes, once. The one door to jinja2."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import cache, partial
from pathlib import Path
from typing import Any

import css_inline
import jinja2
import jinja2.sandbox
from babel import Locale, UnknownLocaleError, localedata
from babel.dates import format_date, format_skeleton

from monitor.digests.clean import clean_line, clean_run, embed
from monitor.digests.envelope import Envelope, compose
from monitor.digests.sample import make_sample
from monitor.digests.view import Line, Reader, RuleView, StoryView, view_story
from monitor.digests.words import choose_form, find_words, speaks
from monitor.errors import UserMustFix
from monitor.model import Article, ChannelName, Digest, EventKind, Evidence, Message, Source, SourceId, derive_id
from monitor.text.scripts import direction

FULL_STORIES = 40
LARGEST_HTML = 90 * 1024  # Gmail clips at about 102 kB
LONGEST_SUBJECT = 110
LONGEST_PREHEADER = 140
MOST_RULES = 12  # of the overview at the top
MOST_SOURCES = 12  # in one sentence; when this machine has no network it is all of them
MOST_NAMES = 8  # of one rule in the HTML part; a story on a summit names forty leaders
LONGEST_LABEL = 40  # of a List-Id, where a name longer than 63 is no label
MARKS = {"ltr": "\u200e", "rtl": "\u200f"}

# What a template can do wrong, beside what jinja2 itself finds.
TEMPLATE_ERRORS = (
    jinja2.TemplateError,
    css_inline.InlineError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)

Label = Callable[[Evidence, str], str]


def label_by_term(evidence: Evidence, _language: str) -> str:
    """What a name is called when there is no watch-list at hand: as the rule's author wrote it."""
    return evidence.term


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What a message needs beside its digest; `label` names an entity in the reader's language."""

    sender: str
    channel: ChannelName
    sources: Mapping[SourceId, Source]
    label: Label = label_by_term


class Renderer:
    """Templates are looked for in each of `folders`, the user's first. Raises UserMustFix for one that fails."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._environment = jinja2.sandbox.SandboxedEnvironment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            autoescape=_is_escaped,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"embed": embed, "clean": clean_run}
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)

    def check(self, templates: Iterable[str] = ("digest",)) -> tuple[str, ...]:
        """What is wrong with any file, or with a template that a digest names: file, line, what.

        The named ones are tried out on a made-up digest, a full one and an empty one. Empty when all is well.
        """
        names = [name for name in self._environment.list_templates() if name.endswith(".j2")]
        trials = [partial(self._load, name) for name in names]
        for template in dict.fromkeys(templates):
            trials += [partial(self._try_out, template, stories) for stories in (FULL_STORIES + 1, 0)]
        return tuple(dict.fromkeys(problem for trial in trials for problem in _list_problems(trial)))

    def render(self, digest: Digest, sending: Sending) -> Message:
        """The message to one recipient. The same digest gives the same bytes."""
        page = _Page(digest, sending)
        envelope = Envelope(
            key=digest.id,
            sender=sending.sender,
            recipient=digest.recipient.email,
            subject=page.write_subject(),
            at=digest.built_at,
            language=page.language,
            list_name=make_label(digest.name),
        )
        text = self._fill(f"{digest.template}.txt.j2", page.list_fields(len(page.stories), 0))
        return Message(
            id=digest.id,
            message_id=envelope.message_id,
            channel=sending.channel,
            sender=parseaddr(sending.sender)[1],
            recipient=digest.recipient.email,
            content=compose(envelope, text, self._render_html(digest.template, page)),
        )

    def _render_html(self, template: str, page: _Page) -> str:
        """As many stories in full as fit, the others in a line each, as many as fit; the text part has them all."""

        @cache
        def fill(full: int, brief: int) -> str:
            return self._inline(f"{template}.html.j2", page.list_fields(full, brief))

        def fits(full: int, brief: int) -> bool:
            return len(fill(full, brief).encode()) <= LARGEST_HTML

        total = len(page.stories)
        full = find_most(min(FULL_STORIES, total), lambda number: fits(number, 0))
        brief = find_most(total - full, lambda number: fits(full, number))
        return fill(full, brief)

    def _try_out(self, template: str, stories: int) -> None:
        digest, sources = make_sample(template, stories)
        self.render(digest, Sending(sender="marsad@example.org", channel=ChannelName("sample"), sources=sources))

    def _load(self, name: str) -> None:
        try:
            self._environment.get_template(name)
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(_explain(name, error)) from error

    def _fill(self, name: str, fields: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(fields)
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(_explain(name, error)) from error

    def _inline(self, name: str, fields: Mapping[str, Any]) -> str:
        page = self._fill(name, fields)
        try:
            return self._inliner.inline(page)
        except TEMPLATE_ERRORS as error:
            raise UserMustFix(_explain(name, error)) from error


def _is_escaped(name: str | None) -> bool:
    return name is None or not name.endswith(".txt.j2")


def _list_problems(trial: Callable[[], None]) -> tuple[str, ...]:
    try:
        trial()
    except UserMustFix as problem:
        return (str(problem),)
    return ()


def _explain(name: str, error: Exception) -> str:
    """One line: file, line, what."""
    if isinstance(error, jinja2.TemplateNotFound):
        folder = "the folder templates/"
        if error.name == name:
            return f"there is no template {name} in {folder}; a digest names it by `template:`"
        return f"templates/{name}: it includes {error.name}, which is not in {folder}"
    file, line = _locate(name, error)
    said = (error.message or "") if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {error}"
    return f"{file}{f':{line}' if line else ''}: {clean_line(said)}"


def _locate(name: str, error: Exception) -> tuple[str, int | None]:
    """Where in which template; jinja2 writes its line numbers into tracebacks."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or f"templates/{name}", error.lineno
    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
    for frame in reversed(frames):
        if frame.filename.endswith(".j2"):
            return frame.filename, frame.lineno
    return f"templates/{name}", None


def find_most(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, 0 when none does; no larger one fits than one that does not."""
    if fits(most):
        return most
    fitting, bursting = 0, most
    while bursting - fitting > 1:
        middle = (fitting + bursting) // 2
        fitting, bursting = (middle, bursting) if fits(middle) else (fitting, middle)
    return fitting


def make_label(name: str) -> str:
    """A digest's name as a List-Id label: ASCII letters, digits, hyphens; still its own when letters were lost."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in name).strip("-").lower()
    if label == name.lower() and len(label) <= LONGEST_LABEL:
        return label
    return f"{label[:LONGEST_LABEL] or 'digest'}-{derive_id(name)[:6]}"


@cache
def find_locale(language: str) -> Locale:
    """The Babel locale of a BCP 47 tag; of its language alone where CLDR has no more, English where it has nothing."""
    for tag in (language, language.partition("-")[0]):
        try:
            return _separate(Locale.parse(tag, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return _separate(Locale("en"))


def _separate(locale: Locale) -> Locale:
    """The same with data of its own.

    Babel 2.18 resolves aliases inside data that locales share: once `ar` was used, `ar-SY` had the months of Egypt.
    """
    own = localedata.LocaleDataDict(deepcopy(locale._data._data))  # noqa: SLF001
    locale._Locale__data = own  # type: ignore[attr-defined]  # noqa: SLF001
    return locale


def shorten(text: str, longest: int) -> str:
    """`text` cut at a blank where it has one, with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return f"{head.rpartition(' ')[0] or head}…"


class _Page:
    """One digest in its reader's language and time zone."""

    def __init__(self, digest: Digest, sending: Sending) -> None:
        self.digest = digest
        self.language = digest.recipient.language if speaks(digest.recipient.language) else "en"
        self.locale = find_locale(self.language)
        self.words = find_words(self.language)
        self.side = direction(self.language)
        reader = Reader(
            tell_time=self._tell_article_time,
            label=lambda evidence: sending.label(evidence, digest.recipient.language),
            sources=sending.sources,
            untitled=self.words["untitled"],
        )
        self.stories: list[StoryView] = [view_story(story, reader) for story in digest.stories]

    def write_subject(self) -> str:
        """How many stories, and the rules that fired, most telling first; of a single story its headline too."""
        if not self.stories:
            return self._put(embed(self.digest.name, self.side), self.words["quiet_subject"])
        what = self._put(self._count("stories", len(self.stories)), self._list_titles(LONGEST_SUBJECT))
        if len(self.stories) > 1:
            return what
        return f"{what} — {embed(shorten(clean_line(self.stories[0].headline), LONGEST_SUBJECT), self.side)}"

    def list_fields(self, full: int, brief: int) -> dict[str, Any]:
        """What the templates may use; see docs/digests.md."""
        digest, words = self.digest, self.words
        rest = len(self.stories) - full - brief
        return {
            "digest": Line(text=clean_line(digest.name)),
            "language": self.language,
            "direction": self.side,
            "align": "right" if self.side == "rtl" else "left",
            "mark": MARKS[self.side],
            "line_start": MARKS["rtl"] if self.side == "rtl" else "",
            "words": words,
            "subject": self.write_subject(),
            "preheader": self._write_preheader(),
            "date": format_date(digest.built_at.astimezone(digest.recipient.timezone), "full", self.locale),
            "count": self._count("stories", len(self.stories)),
            "since": words["since"].format(time=self._tell(digest.since)),
            "nothing": words["nothing"].format(time=self._tell(digest.since)),
            "overview": self._count_rules()[:MOST_RULES],
            "more_rules": max(0, len(self._count_rules()) - MOST_RULES),
            "most_names": MOST_NAMES,
            "stories": self.stories[:full],
            "brief": self.stories[full : full + brief],
            "rest": self._count("in_text", rest) if rest else "",
            "coverage": self._list_coverage(),
            "times": words["times"].format(zone=embed(str(digest.recipient.timezone), self.side)),
            "footer": words["footer"].format(
                address=embed(digest.recipient.email, self.side), digest=embed(digest.name, self.side)
            ),
        }

    def _list_coverage(self) -> list[str]:
        """A sentence for each kind of thing that became of sources, the worst first."""
        last = {(event.source, event.kind is EventKind.GAP): event.kind for event in self.digest.coverage}
        by_kind = {kind: [source for (source, _), one in last.items() if one is kind] for kind in EventKind}
        return [
            self.words["coverage"][kind.value].format(names=self._list_sources(names))
            for kind, names in by_kind.items()
            if names
        ]

    def _list_sources(self, names: Sequence[str]) -> str:
        shown = [embed(clean_line(name), self.side) for name in names[:MOST_SOURCES]]
        more = [f"+{len(names) - MOST_SOURCES}"] if len(names) > MOST_SOURCES else []
        return str(self.words["comma"]).join([*shown, *more])

    def _put(self, what: str, rest: str) -> str:
        return str(self.words["subject"].format(what=what, rest=rest))

    def _list_rules(self) -> list[RuleView]:
        return [rule for story in self.stories for rule in story.rules]

    def _count_rules(self) -> list[tuple[Line, int]]:
        """Each rule's title and in how many stories it fired, the most telling first."""
        return list(Counter(rule.title for rule in self._list_rules()).items())

    def _list_titles(self, longest: int) -> str:
        """Titles as many as there is room for, at least one."""
        titles = [shorten(title.text, longest) for title, _ in self._count_rules()]
        room = find_most(len(titles), lambda number: sum(map(len, titles[:number])) <= longest)
        listed = [embed(title, self.side) for title in titles[: max(1, room)]]
        return str(self.words["comma"]).join(listed) + ("…" if len(listed) < len(titles) else "")

    def _write_preheader(self) -> str:
        """What a mailbox shows beside the subject."""
        headlines = " · ".join(clean_line(story.headline) for story in self.stories[:3])
        return shorten(headlines, LONGEST_PREHEADER)

    def _count(self, key: str, number: int) -> str:
        return choose_form(self.words[key], self.locale.plural_form(number), number)

    def _tell(self, moment: datetime) -> str:
        local = moment.astimezone(self.digest.recipient.timezone)
        day, clock = (format_skeleton(skeleton, local, locale=self.locale) for skeleton in ("yMMMd", "Hm"))
        return str(self.locale.datetime_formats["medium"]).replace("'", "").format(clock, day)

    def _tell_article_time(self, article: Article) -> str:
        if article.published_at is not None:
            return self._tell(article.published_at)
        return str(self.words["undated"]).format(time=self._tell(article.first_seen_at))
