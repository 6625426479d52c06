"""A Digest becomes a Message: templates to text and HTML, then bytes, once. The one door to jinja2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import css_inline
import jinja2
import jinja2.sandbox
from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from monitor.digests.envelope import Envelope, clean_line, compose
from monitor.digests.view import Reader, StoryView, view_story
from monitor.digests.words import choose_form, find_words
from monitor.errors import UserMustFix
from monitor.model import Article, ChannelName, Digest, Evidence, Message, Source, SourceId
from monitor.text.controls import isolate
from monitor.text.scripts import direction

FULL_STORIES = 40
LARGEST_HTML = 90 * 1024  # Gmail clips at about 102 kB, quoted-printable headers and all
LONGEST_SUBJECT_TAIL = 90

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
            autoescape=jinja2.select_autoescape(("html.j2",)),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["isolate"] = isolate
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)

    def check(self) -> tuple[str, ...]:
        """What is wrong with any template: file, line, what; nothing when all is well."""
        found = []
        for name in self._environment.list_templates(filter_func=lambda name: name.endswith(".j2")):
            try:
                self._environment.get_template(name)
            except jinja2.TemplateError as error:
                found.append(_explain(name, error))
        return tuple(found)

    def render(self, digest: Digest, sending: Sending) -> Message:
        """The message to one recipient. The same digest gives the same bytes."""
        page = _Page(digest, sending)
        envelope = Envelope(
            key=digest.id,
            sender=sending.sender,
            recipient=digest.recipient.email,
            subject=page.subject,
            at=digest.built_at,
            language=page.locale_tag,
            list_name=_make_label(digest.name),
        )
        text = self._fill(f"{digest.template}.txt.j2", page.fields(len(page.stories), 0))
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
        full, brief = min(FULL_STORIES, len(page.stories)), max(0, len(page.stories) - FULL_STORIES)
        while True:
            html = self._inliner.inline(self._fill(f"{template}.html.j2", page.fields(full, brief)))
            if len(html.encode()) <= LARGEST_HTML or full + brief <= 1:
                return html
            if brief > full:
                brief //= 2
            else:
                full, brief = full * 2 // 3, (full - full * 2 // 3 + brief) * 3 // 4

    def _fill(self, name: str, fields: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(fields)
        except jinja2.TemplateNotFound as error:
            raise UserMustFix(f"there is no template {name}; the digest names it by `template:`") from error
        except jinja2.TemplateError as error:
            raise UserMustFix(_explain(name, error)) from error


def _explain(name: str, error: jinja2.TemplateError) -> str:
    where = error.lineno if isinstance(error, jinja2.TemplateSyntaxError) else None
    return f"templates/{name}{f':{where}' if where else ''}: {error.message or error}"


def _make_label(name: str) -> str:
    """A digest's name as a List-Id label: ASCII letters, digits, hyphens."""
    label = "".join(char if char.isascii() and char.isalnum() else "-" for char in name).strip("-").lower()
    return label or "digest"


def find_locale(language: str) -> Locale:
    """The Babel locale of a BCP 47 tag; of its language alone where CLDR has no more, English where it has nothing."""
    for tag in (language, language.partition("-")[0], "en"):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("CLDR has English")


class _Page:
    """One digest in its reader's language and time zone."""

    def __init__(self, digest: Digest, sending: Sending) -> None:
        self.digest = digest
        self.locale_tag = digest.recipient.language
        self.locale = find_locale(self.locale_tag)
        self.words = find_words(self.locale_tag)
        reader = Reader(
            tell_time=self._tell_article_time,
            label=lambda evidence: sending.label(evidence, self.locale_tag),
            sources=sending.sources,
        )
        self.stories: list[StoryView] = [view_story(story, reader) for story in digest.stories]

    @property
    def subject(self) -> str:
        """How many stories, and the rules that fired, most telling first."""
        if not self.stories:
            return f"{self.digest.name}: {self.words['quiet_subject']}"
        titles = list(dict.fromkeys(rule.title for story in self.stories for rule in story.rules))
        tail = ""
        for title in titles:
            tail = f"{tail}, {title}" if tail else title
            if len(tail) > LONGEST_SUBJECT_TAIL:
                break
        shortened = tail[:LONGEST_SUBJECT_TAIL].rstrip() + "…" if len(tail) > LONGEST_SUBJECT_TAIL else tail
        return clean_line(f"{self._count('stories', len(self.stories))}: {shortened}")

    def fields(self, full: int, brief: int) -> dict[str, Any]:
        """What the templates may use; see docs/digests.md."""
        digest = self.digest
        rest = len(self.stories) - full - brief
        return {
            "digest": digest.name,
            "address": digest.recipient.email,
            "language": self.locale_tag,
            "direction": direction(self.locale.language),
            "align": "right" if direction(self.locale.language) == "rtl" else "left",
            "words": self.words,
            "subject": self.subject,
            "count": self._count("stories", len(self.stories)),
            "since": self._tell(digest.since),
            "built": self._tell(digest.built_at),
            "stories": self.stories[:full],
            "brief": self.stories[full : full + brief],
            "rest": self._count("in_text", rest) if rest else "",
        }

    def _count(self, key: str, number: int) -> str:
        return choose_form(self.words[key], self.locale.plural_form(number), number)

    def _tell(self, moment: datetime) -> str:
        return format_datetime(moment, "d MMM y, HH:mm", tzinfo=self.digest.recipient.timezone, locale=self.locale)

    def _tell_article_time(self, article: Article) -> str:
        if article.published_at is not None:
            return self._tell(article.published_at)
        return str(self.words["undated"]).format(time=self._tell(article.first_seen_at))
