"""Digests made of a few real-looking articles in several scripts."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.model import MAX_SIZE, Order, Sending
from monitor.digests.render import Renderer
from monitor.model import (
    Article,
    ArticleId,
    ChannelName,
    Digest,
    DigestId,
    DigestName,
    EntityId,
    Evidence,
    Match,
    MatchSeq,
    Message,
    Reason,
    Recipient,
    RecordedMatch,
    RuleId,
    Severity,
    Source,
    SourceId,
    Story,
    Tier,
    Zone,
)
from monitor.model.overview import WEEKLY, Move, Outage, Overview, Quality, SourceCounts, Trend
from monitor.model.story import Kind, Membership, Standing, StoryId, StoryReport
from monitor.stories.cluster import arrange, cluster

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LABELS = {
    "putin": {"en": "Vladimir Putin", "ar": "فلاديمير بوتين"},
    "aliyev": {"en": "Ilham Aliyev", "ar": "إلهام علييف"},
    "karabakh": {"en": "Karabakh", "ar": "قره باغ"},
}


def find(article: Article, zone: Zone, text: str, **fields: Any) -> Evidence:
    """Evidence for the first place where `text` stands."""
    start = article.text(zone).index(text)
    given: dict[str, Any] = {"entity": None, "term": text, "tier": Tier.EXACT, "score": 100} | fields
    return Evidence(field=zone, start=start, end=start + len(text), text=text, **given)


@dataclass
class Desk:
    """Makes articles, matches and digests, counting as it goes."""

    records: list[RecordedMatch] = field(default_factory=list)
    sources: dict[SourceId, Source] = field(default_factory=dict)

    def article(self, headline: str, body: str = "", **fields: Any) -> Article:
        number = len({record.article.id for record in self.records}) + 1
        given: dict[str, Any] = {"source": SourceId("wire"), "first_seen_at": NOW, "published_at": None} | fields
        return Article(id=ArticleId(f"a{number}"), keys=(f"k{number}",), headline=headline, body=body, **given)

    def match(self, article: Article, *evidence: Evidence, rule: str = "diplomacy", **fields: Any) -> RecordedMatch:
        given: dict[str, Any] = {"title": rule.capitalize(), "severity": Severity.NORMAL, "score": 100} | fields
        match = Match(rule=RuleId(rule), article=article.id, evidence=evidence, **given)
        number = len(self.records) + 1
        matched_at = NOW - timedelta(hours=1) + timedelta(seconds=number)
        record = RecordedMatch(seq=MatchSeq(number), matched_at=matched_at, match=match, article=article)
        self.records.append(record)
        return record

    def tell(self, headline: str, body: str = "", *names: str, **fields: Any) -> RecordedMatch:
        """A match on a new article; `names` stand in the headline."""
        article = self.article(headline, body, **fields)
        return self.match(article, *(find(article, Zone.HEADLINE, name) for name in names))

    def digest(self, language: str = "en", zone: str = "Asia/Baku", **fields: Any) -> Digest:
        given: dict[str, Any] = {
            "name": DigestName("morning"),
            "recipient": Recipient(email="desk@example.org", language=language, timezone=ZoneInfo(zone)),
            "slot": "2026-11-24T03:00:00+00:00",
            "reason": Reason.SCHEDULED,
            "stories": cluster(self.records),
            "since": NOW - timedelta(days=1),
            "built_at": NOW,
        }
        return Digest(**(given | fields))


def tell_karabakh(desk: Desk) -> None:
    """One event in three languages, two rules on one of them, a market story and one without a headline."""
    desk.sources[SourceId("tass-ar")] = Source(id=SourceId("tass-ar"), url="https://example.org/rss", owner="TASS")
    call = desk.article(
        "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ",
        "أجرى الرئيس الروسي فلاديمير بوتين اتصالاً هاتفياً بنظيره إلهام علييف. وتناول الاتصال الوضع في قره باغ.",
        source=SourceId("tass-ar"),
        language="ar",
        url="https://example.org/ar/1",
        published_at=NOW - timedelta(hours=9),
    )
    putin = find(call, Zone.HEADLINE, "بوتين", entity=EntityId("putin"), term="Путин")
    aliyev = find(call, Zone.HEADLINE, "وعلييف", entity=EntityId("aliyev"), tier=Tier.PROCLITIC, score=94)
    karabakh = find(call, Zone.BODY, "قره باغ", entity=EntityId("karabakh"))
    desk.match(call, putin, aliyev, karabakh, rule="karabakh", title="Karabakh diplomacy", severity=Severity.URGENT)
    desk.match(call, putin, rule="kremlin", title="Кремль", score=98)
    english = desk.article(
        "Putin and Aliyev discuss <Karabakh> by phone",
        "Mr. Putin called Mr. Aliyev on Tuesday. The talks were short. They spoke of Karabakh again.",
        url="https://example.org/en/1?a=1&b=2",
        language="en",
        outlet="Baku Courier",
        published_at=NOW - timedelta(hours=10),
    )
    desk.match(
        english,
        find(english, Zone.HEADLINE, "Karabakh", entity=EntityId("karabakh")),
        find(english, Zone.BODY, "Putin", entity=EntityId("putin")),
        rule="karabakh",
        title="Karabakh diplomacy",
    )
    chinese = desk.article("普京与阿利耶夫通电话", "两国总统讨论了卡拉巴赫局势。会谈持续半小时。", outlet="新闻社")
    desk.match(
        chinese,
        find(chinese, Zone.BODY, "卡拉巴赫", entity=EntityId("karabakh")),
        rule="karabakh",
        title="Karabakh diplomacy",
        score=90,
    )
    blank = desk.article("", "Markets were calm on Tuesday.")
    desk.match(
        blank, find(blank, Zone.BODY, "Markets", term="Market", tier=Tier.FUZZY, score=90), rule="markets", score=80
    )


def tell_stories(desk: Desk) -> tuple[Story, ...]:
    """A call that five outlets tell in four languages, one of them in another's words; two stories told before."""
    texts = [
        ("Northern Wire", "en", "Putin and Aliyev discuss Karabakh by phone", "Putin called Aliyev about Karabakh."),
        ("وكالة المرصاد", "ar", "بوتين وعلييف يبحثان هاتفياً الوضع في قره باغ", "نص"),
        ("Обозреватель", "ru", "Путин и Алиев обсудили по телефону ситуацию в Карабахе", "Текст"),
        ("新闻社", "zh", "普京与阿利耶夫通电话讨论卡拉巴赫局势", "正文"),
        ("City Herald", "en", "Putin and Aliyev discuss Karabakh by phone", "Putin called Aliyev about Karabakh."),
        ("Harbour Post", "en", "Truce in Khartoum holds for a second day", "Shops opened in Khartoum."),
        ("Le Quotidien", "fr", "Khartoum : la trêve tient", "Les marchés de Khartoum ont rouvert."),
        ("Hafta", "tr", "Bakü'de zirve hazırlığı sürüyor", "Zirve Bakü'de."),
    ]
    ids = [StoryId(name) for name in ("call", "truce", "summit")]
    of = [0] * 5 + [1] * 2 + [2]
    members = {}
    for (outlet, language, headline, body), number in zip(texts, of, strict=True):
        article = desk.article(
            *(headline, body),
            language=language,
            outlet=outlet,
            url=f"https://example.org/{len(desk.records)}",
            published_at=NOW - timedelta(hours=len(desk.records)),
        )
        name = find(article, Zone.HEADLINE, headline.split()[0] if " " in headline else headline[:2])
        record = desk.match(article, name, severity=Severity.URGENT if number == 0 else Severity.NORMAL)
        is_copy = outlet == "City Herald"
        members[record.article.id] = Membership(
            article=record.article.id,
            story=ids[number],
            kind=Kind.COPY if is_copy else Kind.JOINED,
            voice=record.article.id,
            speaker="Northern Wire" if is_copy else outlet,
            owner=outlet,
            language=language,
        )
    standings = dict(zip(ids, (Standing.NEW, Standing.DEVELOPING, Standing.REPEATED), strict=True))
    before = dict(zip(ids, (0, 5, 3), strict=True))
    outlets = dict(zip(ids, (4, 12, 4), strict=True))
    return arrange(
        replace(
            story,
            report=StoryReport(
                story=story.id,
                revision=1,
                at=NOW,
                standing=standings[story.id],
                outlets=frozenset(map(str, range(outlets[story.id]))),
                before=before[story.id],
            ),
        )
        for story in cluster(desk.records, members)
    )


def make_overview() -> Overview:
    """Of a week: a rule with more articles than usual, one with fewer, one that is new; a source that was down."""
    given = [
        ("Karabakh diplomacy", (2, 3, 1, 2, 0, 4, 3, 12), 2.5, Move.ROSE),
        ("Кремль", (9, 8, 11, 7, 9, 10, 8, 1), 9.0, Move.FELL),
        ("Sudan", (None, None, None, None, None, 5, 4, 6), None, Move.UNKNOWN),
    ]
    return Overview(
        trends=tuple(
            Trend(rule=title, title=title, span=WEEKLY, bars=bars, usual=usual, move=move)
            for title, bars, usual, move in given
        ),
        sources=SourceCounts(total=41, ok=38, stale=2, failing=1, failing_since=NOW - timedelta(hours=9)),
        outages=(Outage(source=SourceId("tass-ar"), down=timedelta(hours=9)),),
        quality=(Quality(rule="s", title="Sudan", relevant=9, labelled=11, share=82, low=52, high=95),),
    )


def find_labels(language: str) -> dict[EntityId, str]:
    return {EntityId(entity): names.get(language.partition("-")[0]) or names["en"] for entity, names in LABELS.items()}


@dataclass(frozen=True)
class Mail:
    """A message, and what a mail program reads in it."""

    message: Message
    parsed: EmailMessage

    @property
    def text(self) -> str:
        return self._read("plain")

    @property
    def html(self) -> str:
        return self._read("html")

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    def _read(self, kind: str) -> str:
        part = self.parsed.get_body((kind,))
        assert isinstance(part, EmailMessage)
        return str(part.get_content()).replace("\r\n", "\n")


def parse(content: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.fixture(scope="session")
def make_desk() -> type[Desk]:
    return Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def karabakh() -> Desk:
    desk = Desk()
    tell_karabakh(desk)
    return desk


@pytest.fixture(scope="session")
def overview() -> Overview:
    return make_overview()


@pytest.fixture(name="tell_stories", scope="session")
def hand_out_tell_stories() -> Callable[[Desk], tuple[Story, ...]]:
    return tell_stories


@pytest.fixture(scope="session")
def renderer(root: Path) -> Renderer:
    return Renderer([root / "templates"])


@pytest.fixture(scope="session")
def render(renderer: Renderer) -> Callable[..., Mail]:
    """A digest as mail: render(digest, sources), with other fields of Sending if wanted."""

    def render(digest: Digest, desk: Desk | None = None, **fields: Any) -> Mail:
        [mail] = render_parts(renderer, digest, desk, **fields)
        return mail

    return render


@pytest.fixture(scope="session", name="render_parts")
def hand_out_render_parts(renderer: Renderer) -> Callable[..., list[Mail]]:
    """A digest as mails of at most `limit` bytes: render_parts(digest, sources, limit=…)."""
    return partial(render_parts, renderer)


def render_parts(
    renderer: Renderer,
    digest: Digest,
    desk: Desk | None = None,
    *,
    limit: int = MAX_SIZE,
    replaces: str | None = None,
    **fields: Any,
) -> list[Mail]:
    sending = Sending(
        sender="Marsad <marsad@example.org>",
        channel=ChannelName("mail"),
        sources=desk.sources if desk else {},
        labels=find_labels(digest.recipient.language),
    )
    order = Order(
        digest=digest,
        sending=replace(sending, **fields),
        limit=limit,
        replaces=DigestId(replaces) if replaces else None,
    )
    parts = renderer.render(order)
    assert sum(part.stories for part in parts) == len(digest.stories)
    return [Mail(message=part.message, parsed=parse(part.message.content)) for part in parts]


@pytest.fixture(name="find", scope="session")
def hand_out_find() -> Callable[..., Evidence]:
    return find


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(name="parse", scope="session")
def hand_out_parse() -> Callable[[bytes], EmailMessage]:
    return parse
