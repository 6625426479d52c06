"""Wire copy: an agency's text is found again although it was cut, lengthened, reordered or edited."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from monitor.stories.grouper import Grouper
from monitor.stories.model import Item, Kind

LINES = (Path(__file__).parent / "events.txt").read_text("utf-8").splitlines()
HEADLINES = [line.split("|", 4)[3] for line in LINES if line.startswith("en|")]
LEADS = [line.split("|", 4)[4] for line in LINES if line.startswith("en|")]
SENTENCES = 9  # of a text: some 170 words
TEXTS = [" ".join(LEADS[at : at + SENTENCES]) for at in range(0, len(LEADS) - SENTENCES, SENTENCES)]


def edit(text: str, how: str, dice: random.Random) -> str:
    words = text.split()
    third = len(words) // 3
    others = " ".join(LEADS).split()
    if how == "cut":
        return " ".join(words[: int(len(words) * dice.uniform(0.35, 0.7))])
    if how == "lengthened":
        return " ".join([*dice.sample(others, 25), *words])
    if how == "reordered":
        return " ".join([*words[2 * third :], *words[third : 2 * third], *words[:third]])
    return " ".join(dice.choice(others) if dice.random() < 0.08 else word for word in words)


@pytest.mark.parametrize("how", ["cut", "lengthened", "reordered", "edited"])
def test_an_edited_copy_is_found_by_its_text(how: str) -> None:
    dice = random.Random(7)
    grouper = Grouper()
    for at, text in enumerate(TEXTS):
        grouper.add(
            Item(
                id=str(at),
                headline=HEADLINES[at],
                body=text,
                language="en",
            )
        )
    for at, text in enumerate(TEXTS):
        copy = Item(
            id=f"copy {at}",
            headline=HEADLINES[-1 - at],
            body=edit(text, how, dice),
            language="en",
        )
        decision = grouper.add(copy)
        assert decision.kind is Kind.COPY, (how, at)
        assert decision.because[0].what == "same text"


def test_an_outlet_at_the_end_of_a_headline_is_no_part_of_it() -> None:
    grouper = Grouper()
    headline = "Ferry with 312 passengers runs aground near Dover"
    grouper.add(Item(id="1", headline=headline, language="en"))
    decision = grouper.add(Item(id="2", headline=f"{headline} - Harbour Wire", language="en"))
    assert (decision.kind, decision.because[0].what) == (Kind.COPY, "same headline")
