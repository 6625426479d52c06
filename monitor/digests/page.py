"""A digest in its reader's language and time zone: the fields of its templates, and its subject. The door to Babel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any, Self

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from monitor.digests.clean import clean_line, embed, shorten
from monitor.digests.entry import Line, RuleView, StoryView
from monitor.digests.model import DETAILED, Sending
from monitor.digests.overview_view import OverviewView, view_overview
from monitor.digests.signal_view import Teller, view_signal
from monitor.digests.view import Reader, shorten_story, view_story
from monitor.digests.words import find_words
from monitor.model import Article, Digest, EntityId, EventKind, Evidence
from monitor.model.signal import Signal, SubjectKind
from monitor.model.silence import SilencedCount
from monitor.model.story import Standing

LONGEST_SUBJECT = 110
LONGEST_PREHEADER = 140
LONGEST_LINE = 300  # characters of a headline that stands in one line of the HTML part
MOST_RULES = 12  # of the overview at the top
MOST_SOURCES = 12  # in one sentence; when this machine has no network it is all of them
MOST_NAMES = 8  # of one rule in the HTML part; a story on a summit names forty leaders
MOST_REPORTS = 12  # of one story in the HTML part; the text part has all
MARKS = {"ltr": "\u200e", "rtl": "\u200f"}


class Page:
    """One digest, or one part of it, as its reader reads it. `part` is "1/2", or "" for a digest that is whole."""

    def __init__(self, digest: Digest, sending: Sending) -> None:
        self.digest = digest
        self.part = ""
        self.asks = bool(sending.links)
        self._fields: dict[str, Any] = {}
        self._told: dict[datetime, str] = {}  # times, which Babel takes long to write
        self.words = find_words(digest.recipient.language)
        self.language = self.words.catalogue.language
        self.locale = self.words.catalogue.locale
        self.side = self.words.catalogue.direction
        self.coverage = [*self._list_silenced(), *self._list_coverage()]
        self.teller = self._make_teller(sending)
        self.signals = [view_signal(signal, self.teller) for signal in digest.signals]
        self.rest = view_overview(digest.overview, self.teller)
        self.contact, self.unsubscribe = sending.contact, sending.unsubscribe
        reader = Reader(
            tell_time=self._tell_article_time,
            label=lambda evidence: _name(evidence, sending),
            sources=sending.sources,
            untitled=self.words.fill("untitled"),
            count_reports=lambda number: self.words.count("more_reports", number),
            tell_reported=self._tell_reported,
            tell_more=self._tell_more,
            tell_change=lambda before, now: self.words.fill(
                "grown", before=before, outlets=self.words.count("outlets", now)
            ),
            tell_news=self._tell_news,
            tell_changed=lambda headline: self.words.fill("changed", headline=embed(headline, self.side)),
            language=self.language,
            formers=sending.formers,
            links=sending.links,
        )
        self.stories: Sequence[StoryView] = [
            view_story(story, reader, is_brief=number >= DETAILED) for number, story in enumerate(digest.stories)
        ]
        self.titles = [title.text for title, _ in self._count_rules()]  # of the whole, whose trends the first part has

    def take(self, start: int, stop: int, part: str) -> Self:
        """The part of the page with these stories; what may be missing is said in the first one."""
        taken = self.put(self.stories[start:stop])
        taken.part = part
        if start:
            taken.coverage, taken.signals, taken.rest = [], [], OverviewView()
        return taken

    def put(self, stories: Sequence[StoryView]) -> Self:
        """The same page with other stories."""
        changed = copy(self)
        changed.stories, changed._fields = stories, {}
        return changed

    def write_subject(self) -> str:
        """How many stories, and the rules that fired, most telling first; of a single story its headline too."""
        part = f"({self.part}) " if self.part else ""
        if self.digest.report:
            return self._put(embed(self.digest.name, self.side), self.words.fill("report_subject"))
        if not self.stories and self.signals:
            title = embed(shorten(self.signals[0].name.text, LONGEST_SUBJECT), self.side)
            return part + self._put(self._count_signals(), title)
        if not self.stories:
            return part + self._put(embed(self.digest.name, self.side), self._write_quiet_subject())
        number = self._count_stories()
        if self.digest.braked:
            number = self.words.fill("summary_subject", stories=number)
        counts = [number, *([self._count_signals()] if self.signals else [])]
        what = part + self._put(self.words.fill("comma").join(counts), self._list_titles(LONGEST_SUBJECT))
        if len(self.stories) > 1:
            return what
        return f"{what} — {embed(shorten(clean_line(self.stories[0].headline), LONGEST_SUBJECT), self.side)}"

    def list_text_fields(self) -> dict[str, Any]:
        """For the text part, which has every story."""
        return self._list_fields() | {"stories": self.stories, "brief": [], "rest": ""}

    def list_html_fields(self, full: int, brief: int) -> dict[str, Any]:
        """For the HTML part with so many stories in full and so many in a line each; the text part has the rest."""
        rest = len(self.stories) - full - brief
        lines = [shorten_story(story, LONGEST_LINE, MOST_RULES) for story in self.stories[full : full + brief]]
        return self._list_fields() | {
            "stories": self.stories[:full],
            "brief": lines,
            "rest": self.words.count("in_text", rest) if rest else "",
            "anchors": self._list_anchors(self.stories[: full + brief]),
        }

    def _list_fields(self) -> dict[str, Any]:
        """What both parts may use, made once: of 50,000 stories it takes its time."""
        self._fields = self._fields or self._make_fields()
        return self._fields

    def _make_fields(self) -> dict[str, Any]:
        """See docs/digests.md."""
        digest, words, rules = self.digest, self.words, self._count_rules()
        brief = sum(story.is_brief and story.standing != Standing.REPEATED for story in self.stories)
        return {
            "digest": Line(text=clean_line(digest.name)),
            "part": self.part,
            "language": self.language,
            "direction": self.side,
            "align": "right" if self.side == "rtl" else "left",
            "mark": MARKS[self.side],
            "line_start": MARKS["rtl"] if self.side == "rtl" else "",
            "words": words.fixed,
            "subject": self.write_subject(),
            "preheader": self._write_preheader(),
            "built": self._tell(digest.built_at),
            "address": clean_line(digest.recipient.email),
            "date": format_date(digest.built_at.astimezone(digest.recipient.timezone), "full", self.locale),
            "count": self._count_stories(),
            "count_more": lambda number: self.words.count("in_text", number),
            "since": words.fill("since", time=self._tell(digest.since)),
            "nothing": words.fill("nothing", time=self._tell(digest.since)),
            "overview": rules[:MOST_RULES],
            "anchors": self._list_anchors(self.stories),
            "more_rules": max(0, len(rules) - MOST_RULES),
            "most_names": MOST_NAMES,
            "most_reports": MOST_REPORTS,
            "briefly": self.words.count("briefly", brief) if brief else "",
            "coverage": self.coverage,
            "summary": self._tell_summary(),
            "trends": self.rest.pick(self.titles),
            "all_trends": self.rest.trends,
            "trend_title": self.rest.title,
            "moves": self.rest.moves,
            "quality": self.rest.quality,
            "outages": self.rest.outages,
            "sources": self.rest.sources,
            "contact": words.fill("contact", address=embed(self.contact, self.side)) if self.contact else "",
            "contact_address": self.contact,
            "unsubscribe": self.unsubscribe,
            "report": digest.report,
            "signals": self.signals,
            "signal_count": self._count_signals() if self.signals else "",
            "asks": self.asks,
            "times": words.fill("times", zone=embed(str(digest.recipient.timezone), self.side)),
            "footer": words.fill(
                "footer", address=embed(digest.recipient.email, self.side), digest=embed(digest.name, self.side)
            ),
        }

    def _make_teller(self, sending: Sending) -> Teller:
        return Teller(
            tell=self.words.pick,
            count=self.words.count,
            write_number=lambda number: format_decimal(number, "#,##0.#", self.locale),
            tell_date=lambda moment: format_date(
                moment.astimezone(self.digest.recipient.timezone), "long", self.locale
            ),
            tell_time=self._tell,
            list_names=self._list_sources,
            label=lambda signal: _name_subject(signal, sending),
            embed=lambda text: embed(text, self.side),
            untitled=self.words.fill("untitled"),
        )

    def _list_coverage(self) -> list[str]:
        """A sentence for each kind of thing that became of sources, the worst first."""
        last = {(event.source, event.kind is EventKind.GAP): event.kind for event in self.digest.coverage}
        by_kind = {kind: [source for (source, _), one in last.items() if one is kind] for kind in EventKind}
        return [
            self.words.pick("coverage", kind.value, names=self._list_sources(names))
            for kind, names in by_kind.items()
            if names
        ]

    def _list_silenced(self) -> list[str]:
        """A sentence for each silence that is over: how many stories it kept back, of what, and why."""
        return [self._tell_silenced(one) for one in self.digest.silenced]

    def _tell_silenced(self, one: SilencedCount) -> str:
        what = f"{self.words.pick('silence_kinds', one.silence.kind.value)} {self._embed_short(one.silence.title)}"
        comment = clean_line(one.silence.comment)
        why = f" — {self._embed_short(comment)}" if comment else ""
        return f"{self.words.count('silenced', one.stories)}: {what}{why}"

    def _embed_short(self, text: str) -> str:
        return embed(shorten(clean_line(text), LONGEST_SUBJECT), self.side)

    def _write_quiet_subject(self) -> str:
        """Of a digest without stories."""
        silenced = sum(one.stories for one in self.digest.silenced)
        return self.words.count("silenced", silenced) if silenced else self.words.fill("quiet_subject")

    def _list_sources(self, names: Sequence[str]) -> str:
        shown = [embed(clean_line(name), self.side) for name in names[:MOST_SOURCES]]
        more = [f"+{len(names) - MOST_SOURCES}"] if len(names) > MOST_SOURCES else []
        return self.words.fill("comma").join([*shown, *more])

    def _put(self, what: str, rest: str) -> str:
        return self.words.fill("subject", what=what, rest=rest)

    def _list_rules(self) -> list[RuleView]:
        return [rule for story in self.stories for rule in story.rules]

    def _count_rules(self) -> list[tuple[Line, int]]:
        """Each rule's title and in how many stories it fired, the most telling first."""
        return list(Counter(rule.title for rule in self._list_rules()).items())

    def _list_anchors(self, shown: Sequence[StoryView]) -> dict[str, str]:
        """By the titles of rules, the first of their stories that is shown, for links within the page."""
        if len(self.stories) == 1:
            return {}
        whole = [story for story in reversed(shown) if not story.is_continued]
        return {rule.title.text: story.id for story in whole for rule in story.rules}

    def _list_titles(self, longest: int) -> str:
        """Titles as many as there is room for, at least one."""
        titles = [shorten(title.text, longest) for title, _ in self._count_rules()]
        room, used = 0, 0
        while room < len(titles) and used + len(titles[room]) <= longest:
            used += len(titles[room])
            room += 1
        listed = [embed(title, self.side) for title in titles[: max(1, room)]]
        return self.words.fill("comma").join(listed) + ("…" if len(listed) < len(titles) else "")

    def _write_preheader(self) -> str:
        """What a mailbox shows beside the subject."""
        headlines = [clean_line(story.headline) for story in self.stories[:3]]
        return shorten(" · ".join(headlines or [signal.sentence for signal in self.signals[:3]]), LONGEST_PREHEADER)

    def _count_stories(self) -> str:
        """Those that are new or developing; where there is none, those that are repeated."""
        whole = [story for story in self.stories if not story.is_continued]
        telling = sum(story.standing != Standing.REPEATED for story in whole)
        return self.words.count("stories", telling or len(whole) or len(self.stories))

    def _count_signals(self) -> str:
        return self.words.count("signal_count", len(self.signals))

    def _tell_summary(self) -> str:
        """Of what the storm brake held: of how many stories, and why."""
        if not self.digest.braked:
            return ""
        limit = self.words.count("limit", self.digest.braked)
        return self.words.fill("summary", stories=self._count_stories(), limit=limit)

    def _tell_reported(self, outlets: int, languages: int) -> str:
        return self.words.fill(
            "reported", outlets=self.words.count("outlets", outlets), languages=self.words.count("languages", languages)
        )

    def _tell_news(self, facts: Sequence[str]) -> str:
        return self.words.fill("news", facts=" · ".join(embed(fact, self.side) for fact in facts))

    def _tell_more(self, reports: int, languages: int) -> str:
        counted = [self.words.count("more_reports", reports)]
        return " · ".join(counted + [self.words.count("languages", languages)] * (languages > 1))

    def _tell(self, moment: datetime) -> str:
        if moment not in self._told:
            self._told[moment] = self._write_time(moment)
        return self._told[moment]

    def _write_time(self, moment: datetime) -> str:
        local = moment.astimezone(self.digest.recipient.timezone)
        day, clock = (format_skeleton(skeleton, local, locale=self.locale) for skeleton in ("yMMMd", "Hm"))
        return str(self.locale.datetime_formats["medium"]).replace("'", "").format(clock, day)

    def _tell_article_time(self, article: Article) -> str:
        if article.published_at is not None:
            return self._tell(article.published_at)
        return self.words.fill("undated", time=self._tell(article.first_seen_at))


def _name_subject(signal: Signal, sending: Sending) -> str:
    """A rule's title, or an entity as it is called in the reader's language."""
    is_entity = signal.subject.kind is SubjectKind.ENTITY
    return sending.labels.get(EntityId(signal.subject.id), signal.title) if is_entity else signal.title


def _name(evidence: Evidence, sending: Sending) -> str:
    """What a name is called in the reader's language; as the rule's author wrote it where nothing else is known."""
    return sending.labels.get(evidence.entity, evidence.term) if evidence.entity is not None else evidence.term
