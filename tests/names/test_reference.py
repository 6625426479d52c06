from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Zone


def test_the_original_seed(make, shared: Path) -> None:
    """Headline and body name four; the site's tail names many more and is never read."""
    text = min((shared / "seeds").glob("*.txt")).read_text("utf-8")
    report, tail = text.split("قد يعجبك ايضا")
    headline, body = report.split("\n", 1)
    told = {"putin": "بوتين", "aliyev": "علييف", "pashinyan": "باشينيان", "karabakh": "قره باغ"}
    untold = {"trump": "ترامب", "aleppo": "حلب", "idlib": "إدلب", "daraa": "درعا"}
    reference = make.reference([make.entity(key, name) for key, name in (told | untold).items()])
    found = reference.find(make.article(headline, body, tail=tail))
    assert {evidence.entity for evidence in found} == set(told)
    assert [e.text for e in found if e.field is Zone.HEADLINE] == ["بوتين", "وعلييف", "قره باغ"]


def test_an_empty_watch_list_finds_nothing(make) -> None:
    reference = make.reference([])
    assert reference.find(make.article("Putin", "بوتين")) == ()


WORDS = (
    *(
        "Putin",
        "Putin's",
        "putin",
        "بوتين",
        "وبوتين",
        "ولبوتين",
        "قره",
        "باغ",
        "قره‌باغ",
        "普京",
        "普",
        "South",
        "Sudan",
    ),
    *(
        "Sudan's",
        "Zelensky",
        "Zelenskyy",
        "U.S.",
        "us",
        "Ilham",
        "Aliyev",
        "Əliyev",
        "ـ",
        "e\u0301",
        "👍",
        ",",
        ".",
        "\n\n",
    ),
)
ENTITIES = {
    "putin": ["Putin", "بوتين", "普京"],
    "karabakh": ["قره باغ"],
    "sudan": ["Sudan"],
    "south-sudan": ["South Sudan"],
    "zelensky": ["Zelenskyy"],
    "us": ["US"],
    "aliyev": ["Ilham Aliyev", "Aliyev"],
}


@pytest.fixture(scope="session")
def watching(make):
    return make.reference([make.entity(key, *names) for key, names in ENTITIES.items()])


@given(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), st.text(max_size=40))
def test_evidence_is_what_was_published(watching, make, headline: str, body: str) -> None:
    article = make.article(headline, body)
    found = watching.find(article)
    for evidence in found:
        assert article.text(evidence.field)[evidence.start : evidence.end] == evidence.text != ""
        assert 0 < evidence.score <= 100
        assert evidence.term in ENTITIES[evidence.entity or ""]
    places = [(e.field is not Zone.HEADLINE, e.start) for e in found]
    assert places == sorted(places)
    assert watching.find(article) == found


@given(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join))
def test_no_two_entities_share_a_word_unless_equal(watching, make, headline: str) -> None:
    found = watching.find(make.article(headline))
    for index, one in enumerate(found):
        for other in found[index + 1 :]:
            assert one.end <= other.start or (one.start, one.end, one.tier) == (other.start, other.end, other.tier)
