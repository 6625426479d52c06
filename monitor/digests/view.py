"""A story becomes what the templates of a digest see of it: nothing is left to compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.digests.clean import clean_headline, clean_line, clean_url, shorten
from monitor.digests.entry import Line, NameView, Passage, ReportView, RuleView, StoryView
from monitor.digests.excerpt import Part, find_best_sentence, list_excerpts, mark_headline
from monitor.digests.model import FeedbackLinks
from monitor.digests.news import find_news
from monitor.digests.rank import count_outlets
from monitor.model import (
    Article,
    ArticleId,
    EntityId,
    Evidence,
    Match,
    RecordedMatch,
    Severity,
    Source,
    SourceId,
    Story,
    Zone,
)
from monitor.model.story import Kind, Membership, Standing, StoryId
from monitor.text.language import detect_language
from monitor.text.scripts import detect_script, is_written_in, read_primary
from monitor.text.scripts import guess_by_script as detect_by_script

SAMPLE = 500  # characters of a body that show its language
MOST_QUOTED = 4  # further languages of a story of which a sentence is shown
MOST_GLOSSED = 6
LONGEST_URL = 2000  # beyond that many programs cannot follow it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How things are told to this reader: times, and what an entity is called."""

    tell_time: Callable[[Article], str]
    label: Callable[[Evidence], str]
    sources: Mapping[SourceId, Source]
    untitled: str
    count_reports: Callable[[int], str]
    tell_reported: Callable[[int, int], str]  # by so many outlets, in so many languages
    tell_more: Callable[[int, int], str]  # so many further reports, in so many languages
    tell_change: Callable[[int, int], str]  # so many outlets before, and now
    tell_news: Callable[[Sequence[str]], str]
    tell_changed: Callable[[str], str]  # a headline that another one replaced
    language: str = "en"
    formers: frozenset[EntityId] = frozenset()
    links: Mapping[StoryId, FeedbackLinks] = field(default_factory=dict)


def view_story(story: Story, reader: Reader, *, is_brief: bool = False) -> StoryView:
    """The first article of a story with every rule that fired, and the others with a headline each.

    A brief one needs neither bodies nor evidence.
    """
    article = story.records[0].article
    is_brief = is_brief or story.standing is Standing.REPEATED
    matches = _list_matches(story.records)
    evidence = [] if is_brief else [one for match in matches if match.article == article.id for one in match.evidence]
    outlet, owner = _name_outlet(article, reader.sources.get(article.source))
    headline, title = _write_headline(article, reader, evidence)
    language = (find_script_language if is_brief else find_language)(article)
    reports = _view_reports(story, language, reader)
    view = StoryView(
        headline=headline,
        title=title,
        excerpts=() if is_brief else tuple(Passage(parts=parts) for parts in list_excerpts(article, evidence)),
        language=language,
        outlet=outlet,
        owner=owner,
        time=reader.tell_time(article),
        url=clean_url(article.url),
        severity=max((match.severity for match in matches), key=lambda one: one.rank),
        rules=tuple(_view_rule(match, reader, is_brief=is_brief) for match in matches),
        is_brief=is_brief,
        id=story.id,
        links=None if story.is_continued else reader.links.get(story.id),
        gloss=() if is_brief else _view_gloss(story, language, reader),
        section=Line(text=clean_line(story.section)) if story.section else None,
    )
    return _add_standing(view, story, reports, reader)


def _add_standing(view: StoryView, story: Story, reports: tuple[ReportView, ...], reader: Reader) -> StoryView:
    """What the story is for the recipient. A repeated one is counted: its articles are not listed."""
    outlets, before = count_outlets(story), story.report.before if story.report else 0
    articles = len(reports) + 1
    is_repeated = story.standing is Standing.REPEATED
    languages = {read_primary(one) for one in (view.language, *(report.language for report in reports)) if one}
    told = reader.tell_reported(outlets, max(1, len(languages)))
    if outlets == 1 or story.standing is Standing.DEVELOPING:  # whose other reports were in an earlier digest
        told = reader.tell_more(len(reports), len(languages))
    has_grown = story.standing is Standing.DEVELOPING and outlets > before
    return replace(
        view,
        standing=story.standing.value,
        is_continued=story.is_continued,
        reported=told if reports and not is_repeated else "",
        change=reader.tell_change(before, outlets) if has_grown else "",
        news=_tell_news(story, reader),
        changed=tuple(reader.tell_changed(clean_line(before)) for before, _ in find_news(story).changed),
        more=reader.count_reports(articles if is_repeated else len(reports)) if is_repeated or reports else "",
        reports=() if is_repeated else reports,
    )


def _tell_news(story: Story, reader: Reader) -> str:
    news = find_news(story)
    labels = {one.entity: reader.label(one) for record in story.records for one in record.match.evidence}
    facts = [*news.numbers, *(clean_line(labels[entity]) for entity in news.entities)]
    return reader.tell_news(facts) if facts else ""


def _view_reports(story: Story, language: str, reader: Reader) -> tuple[ReportView, ...]:
    """The articles behind the first, which is in `language`; the first in each further language with a sentence."""
    by_article: dict[ArticleId, list[RecordedMatch]] = {}
    for record in story.records:
        by_article.setdefault(record.article.id, []).append(record)
    members = {one.article: one for one in story.members}
    reports, quoted = [], {read_primary(language)}
    for article in list(by_article)[1:]:
        report = _view_report(by_article[article], members.get(article), reader)
        spoken = read_primary(report.language)
        if report.excerpt is not None and (spoken in quoted or len(quoted) > MOST_QUOTED):
            report = replace(report, excerpt=None)
        quoted |= {spoken} if report.excerpt else set()
        reports.append(report)
    return tuple(reports)


def _view_report(records: Sequence[RecordedMatch], member: Membership | None, reader: Reader) -> ReportView:
    article = records[0].article
    headline, title = _write_headline(article, reader, ())
    outlet, owner = _name_outlet(article, reader.sources.get(article.source))
    return ReportView(
        headline=headline,
        title=title,
        url=clean_url(article.url),
        outlet=outlet,
        owner=owner,
        time=reader.tell_time(article),
        language=find_script_language(article) or (member.language if member else None) or "",
        rules=tuple(Line(text=clean_line(match.title)) for match in _list_matches(records)),
        is_copy=member is not None and member.kind is Kind.COPY,
        excerpt=_quote(records),
    )


def _quote(records: Sequence[RecordedMatch]) -> Passage | None:
    """The sentence with the most names; None where the text or the evidence was not read, or no name stands in it."""
    evidence = [one for record in records for one in record.match.evidence]
    parts = find_best_sentence(records[0].article, evidence)
    return Passage(parts=parts) if parts else None


def _view_gloss(story: Story, language: str, reader: Reader) -> tuple[NameView, ...]:
    """Whom the story names, as the reader calls them; nothing where the reader can read the headline."""
    if not language or read_primary(language) == read_primary(reader.language):
        return ()
    evidence = [one for record in story.records for one in record.match.evidence if one.entity is not None]
    return tuple(one for one in _view_names(evidence, reader) if one.is_other)[:MOST_GLOSSED]


def _write_headline(article: Article, reader: Reader, evidence: Sequence[Evidence]) -> tuple[str, Passage]:
    headline = clean_headline(article.headline)
    if not headline.strip():
        return reader.untitled, Passage(parts=(Part(text=reader.untitled),))
    return headline, Passage(parts=mark_headline(article, evidence))


def shorten_story(story: StoryView, longest: int, most_rules: int) -> StoryView:
    """Its headline, of at most `longest` characters, its link, and its first rules: for one line, or a small mail."""
    headline = shorten(story.headline, longest)
    return replace(
        story,
        headline=headline,
        title=Passage(parts=(Part(text=headline),)),
        excerpts=(),
        reports=(),
        links=None,
        url=story.url if len(story.url or "") <= LONGEST_URL else None,
        rules=tuple(
            replace(rule, title=Line(text=shorten(rule.title.text, longest)), names=())
            for rule in story.rules[:most_rules]
        ),
        is_brief=True,
    )


def find_script_language(article: Article) -> str:
    """As declared, unless it is written in another script than that; then where the script alone gives it away."""
    if article.language and is_written_in(article.language, detect_script(article.headline)):
        return article.language
    return detect_by_script(article.headline) or ""


def find_language(article: Article) -> str:
    """As declared, unless it is written in another script than that; then what the script gives away, or ""."""
    text = f"{article.headline}\n{article.body[:SAMPLE]}"
    if article.language and is_written_in(article.language, detect_script(text)):
        return article.language
    return detect_language(text) or ""


def _name_outlet(article: Article, source: Source | None) -> tuple[Line, Line | None]:
    outlet = clean_line(article.outlet or "") or clean_line(article.source)
    owner = clean_line(source.owner or "") if source else ""
    is_other = owner and owner.casefold() != outlet.casefold()
    return Line(text=outlet), Line(text=owner) if is_other else None


def _list_matches(records: Sequence[RecordedMatch]) -> list[Match]:
    """One for each rule, the best, in the story's order."""
    return list({record.match.rule: record.match for record in reversed(records)}.values())[::-1]


def _view_rule(match: Match, reader: Reader, *, is_brief: bool) -> RuleView:
    return RuleView(
        title=Line(text=clean_line(match.title)),
        severity=match.severity if match.severity is not Severity.NORMAL else "",
        score=match.score,
        names=() if is_brief else _view_names(match.evidence, reader),
    )


def _view_names(evidence: Sequence[Evidence], reader: Reader) -> tuple[NameView, ...]:
    """Each name once, in the order of reading, as it was published where it fits best."""
    best: dict[str, Evidence] = {}
    for one in sorted(evidence, key=lambda one: (one.field is not Zone.HEADLINE, one.start)):
        label = clean_line(reader.label(one))
        if label not in best or one.score > best[label].score:
            best[label] = one
    return tuple(
        NameView(
            label=Line(text=label),
            published=Line(text=clean_line(one.text)),
            tier=one.tier,
            is_former=one.entity in reader.formers,
        )
        for label, one in best.items()
    )
