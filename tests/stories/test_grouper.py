"""The grouper's decisions on short news of our own: what joins, what stays apart, and why."""

from __future__ import annotations

import json

import pytest

from monitor.stories.grouper import Grouper
from monitor.stories.model import HOUR, Bars, Decision, Item, Kind
from monitor.stories.state import dump_memory, load_memory

START = 1_790_000_000.0
FIRE = [
    Item(
        id="a1",
        headline="Fire destroys covered market in Valmora",
        body="A fire that began in a spice shop destroyed the covered market of Valmora on Tuesday night. Forty stalls were lost, the mayor Ines Tarrow said.",
        language="en",
        published=START,
        owner="Harbour Press",
    ),
    Item(
        id="a2",
        headline="Valmora market burns down, forty stalls lost",
        body="Firefighters fought for six hours to save the covered market in Valmora. Mayor Ines Tarrow promised help to the owners of forty stalls.",
        language="en",
        published=START + 2 * HOUR,
        owner="Inland Daily",
    ),
]
VOTE = Item(
    id="b1",
    headline="Parliament in Ostria rejects pension reform",
    body="Lawmakers in Ostria voted 71 to 64 against raising the retirement age. Finance minister Pavel Dornik called it a lost chance.",
    language="en",
    published=START + HOUR,
    owner="Harbour Press",
)


def group(items: list[Item], grouper: Grouper | None = None) -> list[Decision]:
    grouper = grouper or Grouper()
    return [grouper.add(item) for item in items]


def test_two_reports_of_one_event_are_one_story_and_say_why() -> None:
    first, other, second = group([FIRE[0], VOTE, FIRE[1]])
    assert (first.story, first.kind) == ("a1", Kind.NEW)
    assert (other.story, other.kind) == ("b1", Kind.NEW)
    assert second.story == "a1"
    [reason, *_] = second.because
    assert reason.value is not None
    assert reason.needed is not None
    assert reason.value >= reason.needed
    assert reason.other == "a1"
    assert {"valmora", "market"} <= set(reason.shared)


def test_what_kept_an_article_out_is_said() -> None:
    *_, last = group([FIRE[0], VOTE])
    assert last.kind is Kind.NEW
    assert all(reason.value is None or reason.value < (reason.needed or 1) for reason in last.because)


def test_an_edited_copy_is_a_copy_of_the_article_that_it_repeats() -> None:
    copy = Item(
        id="a3",
        headline="UPDATE 1-Fire destroys covered market in Valmora",
        body=f"VALMORA (Reuters) - {FIRE[0].body}",
        language="en",
        published=START + HOUR,
    )
    *_, decision = group([FIRE[0], copy])
    assert decision.kind is Kind.COPY
    assert decision.because[0].other == "a1"


def test_other_numbers_in_the_headline_keep_articles_apart() -> None:
    def report(id_: str, size: str, where: str, hours: float) -> Item:
        return Item(
            id=id_,
            headline=f"Magnitude {size} earthquake shakes {where}",
            language="en",
            published=START + hours * HOUR,
        )

    first, second = group([report("q1", "61", "Tonga", 0), report("q2", "48", "Crete", 3)])
    assert first.story != second.story


BUSH = [
    "Bush opens library in Dallas",
    "Bush fires rage near Sydney",
    "Bush meets veterans",
    "How to prune a rose bush",
    "Bush in Ohio",
]


def report_all(headlines: list[str], *entities: str) -> list[Item]:
    return [
        Item(
            id=str(at),
            headline=headline,
            language="en",
            published=START + at * HOUR,
            entities=frozenset(entities),
        )
        for at, headline in enumerate(headlines)
    ]


def test_a_name_that_many_have_is_no_event_when_nothing_else_is_shared() -> None:
    decisions = group(report_all(BUSH))
    assert [decision.kind for decision in decisions] == [Kind.NEW] * 5
    assert {decision.because[0].what for decision in decisions[1:]} == {"same words; one name in common"}


def test_the_name_that_is_watched_is_no_event_when_nothing_else_is_shared() -> None:
    headlines = ["Merkel hikes in the Alps", "Merkel signs a book", "Merkel in Paris"]
    assert len({decision.story for decision in group(report_all(headlines, "merkel"))}) == 3


def test_a_name_and_one_more_word_can_be_an_event() -> None:
    headlines = ["Bush opens library in Dallas", "Dallas: Bush library opened"]
    assert len({decision.story for decision in group(report_all(headlines, "bush"))}) == 1


def test_two_stories_that_share_one_name_never_become_one() -> None:
    first, second, third = group(report_all(["Bush speaks", "Bush in Ohio", "Speech: Bush speaks of Bush"], "bush"))
    assert first.story == third.story
    assert first.story != second.story
    assert third.merged == ()


def test_the_same_headline_of_one_owner_a_day_later_is_another_story() -> None:
    days = [
        Item(
            id=f"d{day}",
            headline="What to know before markets open",
            language="en",
            published=START + day * 24 * HOUR,
            owner="Desk",
        )
        for day in range(4)
    ]
    assert len({decision.story for decision in group(days)}) == 4


@pytest.mark.parametrize(
    ("headline", "language", "why"),
    [
        ("Morning briefing: fire in Valmora, pensions in Ostria", "en", "roundup headline"),
        ("Weather forecast for Tuesday, 3 March", "en", "recurring headline"),
        ("Главное за день: пожар в Валморе", "ru", "roundup headline"),
        ("حالة الطقس اليوم الثلاثاء", "ar", "recurring headline"),
        ("Hava durumu: 3 Mart Salı", "tr", "recurring headline"),
        ("新闻早报:瓦尔莫拉火灾", "zh", "roundup headline"),
    ],
)
def test_roundups_and_daily_pages_are_stories_of_their_own(headline: str, language: str, why: str) -> None:
    first, second = group(
        [
            Item(id="1", headline=headline, language=language, published=START, owner="x"),
            Item(id="2", headline=headline, language=language, published=START + HOUR, owner="y"),
        ]
    )
    assert [first.because[0].what, second.because[0].what] == [why, why] or second.kind is Kind.COPY
    assert first.kind is Kind.NEW


def test_a_live_page_joins_but_teaches_nothing() -> None:
    live = Item(
        id="live",
        headline="Valmora market fire: live updates",
        body="Follow our live coverage of the fire in the covered market of Valmora. Also today: pension reform vote in Ostria.",
        language="en",
        published=START + HOUR,
        owner="Desk",
    )
    grouper = Grouper()
    decisions = group([FIRE[0], live, VOTE, FIRE[1]], grouper)
    assert [decision.story for decision in decisions] == ["a1", "a1", "b1", "a1"]
    shared = decisions[-1].because[0].shared
    assert not {"follow", "coverag", "pension"} & set(shared)


def test_one_event_in_four_languages_is_one_story() -> None:
    texts = {
        "en": (
            "Putin and Aliyev discuss Karabakh by phone",
            "Vladimir Putin called Ilham Aliyev on Tuesday to discuss the border with Armenia.",
        ),
        "ru": (
            "Путин и Алиев обсудили Карабах по телефону",
            "Владимир Путин позвонил Ильхаму Алиеву и обсудил границу с Арменией.",
        ),
        "tr": (
            "Putin ile Aliyev telefonda Karabağ'ı görüştü",
            "Vladimir Putin, İlham Aliyev'i telefonla aradı; Ermenistan sınırı ele alındı.",
        ),
        "fr": (
            "Poutine et Aliev discutent du Karabakh par téléphone",
            "Vladimir Poutine a appelé Ilham Aliev par téléphone au sujet de la frontière avec l'Arménie.",
        ),
    }
    items = [
        Item(id=language, headline=headline, body=body, language=language, published=START + at * HOUR)
        for at, (language, (headline, body)) in enumerate(texts.items())
    ]
    decisions = group([VOTE, *items])
    assert {decision.story for decision in decisions[1:]} == {"en"}
    assert [reason.what for reason in decisions[2].because if reason.void] == ["across languages"]


def test_a_story_takes_nothing_after_its_articles_are_forgotten() -> None:
    late = Item(
        **{name: getattr(FIRE[1], name) for name in ("id", "headline", "body", "language")},
        published=START + 100 * HOUR,
    )
    first, second = group([FIRE[0], late])
    assert first.story != second.story


def test_what_is_remembered_has_bounds() -> None:
    grouper = Grouper(Bars(most=50))
    for at in range(400):
        grouper.add(Item(id=str(at), headline=f"Plain report number {at} about town {at * 7}", language="en"))
    memory = grouper.memory
    assert len(memory.articles) <= 51
    assert len(memory.threads) <= 51
    assert len(memory.stories) <= 51


def test_state_goes_through_json_and_decides_the_same() -> None:
    items = [FIRE[0], VOTE]
    grouper = Grouper()
    group(items, grouper)
    data = json.loads(json.dumps(dump_memory(grouper.memory)))
    other = Grouper(memory=load_memory(data))
    assert group([FIRE[1]], other) == group([FIRE[1]], grouper)
    assert dump_memory(other.memory) == dump_memory(grouper.memory)


def test_state_with_more_than_is_kept_now_is_read() -> None:
    grouper = Grouper()
    group([FIRE[0], VOTE], grouper)
    data = json.loads(json.dumps(dump_memory(grouper.memory)))
    data["order"] = [0, 1]
    for row in data["articles"].values():
        row["owner"] = "Harbour Press"
    assert group([FIRE[1]], Grouper(memory=load_memory(data))) == group([FIRE[1]], grouper)


def test_state_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 99"):
        load_memory({"version": 99})


@pytest.mark.parametrize("text", ["", " ", "\ud800", "…", "1", "🙂🙂", "a" * 10_000, "١٢٣ ٤٥", "'" * 50])
def test_any_text_is_taken(text: str) -> None:
    grouper = Grouper()
    for at in range(3):
        assert grouper.add(Item(id=str(at), headline=text, body=text, owner="o")).story
