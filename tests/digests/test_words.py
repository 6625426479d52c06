"""What a digest says, and that the catalogues have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from monitor.digests.words import COUNTS, DOMAIN, WORDS, Message, find_words
from monitor.model import EventKind, Tier
from monitor.model.signal import SignalKind
from monitor.model.silence import SilenceKind
from monitor.text.catalogue import list_languages, open_catalogue

ROOT = Path(__file__).parents[2]
KEYWORDS = {"say": None, "say_in": ((1, "c"), 2), "count": (1, 2)}  # as in the Makefile
FORMS = {
    ", ",
    "{what}: {rest}",
    "{sources}: {states}.",
    "{name}: {articles} in {span}",
}  # which a language may have as English
NUMBERS = (0, 1, 2, 3, 5, 11, 21, 22, 25, 100, 103, 111, 1000000)


def list_messages() -> list[Message]:
    grouped = [list(one.values()) if not isinstance(one, Message) else [one] for one in WORDS.values()]
    return [message for group in grouped for message in group] + list(COUNTS.values())


def test_make_messages_collects_what_a_digest_says() -> None:
    file = ROOT / "monitor" / "digests" / "words.py"
    assert str(file.relative_to(ROOT)) in (ROOT / "Makefile").read_text(encoding="utf-8")
    found = {
        (message, context or "") for _, message, _, context in extract_from_file("python", file, keywords=KEYWORDS)
    }
    assert found == {((one.text, one.plural) if one.plural else one.text, one.context) for one in list_messages()}


@pytest.mark.parametrize("language", list_languages(DOMAIN))
def test_a_language_says_all_that_a_digest_says(language: str) -> None:
    catalogue = open_catalogue(DOMAIN, language)
    for message in list_messages():
        said = catalogue.say(message.text, context=message.context)
        is_same = said == message.text
        assert language in {"en", "fr"} or not is_same or message.text in FORMS or message.plural
        if message.plural and language != "en":
            assert catalogue.count(message.text, message.plural, 7) != message.plural or language == "fr"


def test_a_group_has_a_word_for_each_of_its_things() -> None:
    words = find_words("en").fixed
    assert set(words["tiers"]) == set(Tier)
    assert set(words["silence_kinds"]) == set(SilenceKind)
    assert {kind.value for kind in SignalKind} < set(words["signals"])
    assert set(words["coverage"]) == {kind.value for kind in EventKind}


@pytest.mark.parametrize("language", list_languages(DOMAIN))
@pytest.mark.parametrize("key", sorted(COUNTS))
def test_every_number_has_its_form(language: str, key: str) -> None:
    words = find_words(language)
    for number in NUMBERS:
        said = words.count(key, number)
        assert "{" not in said
        assert str(number) in said or number in {0, 1, 2}


def test_a_sentence_is_filled_in() -> None:
    words = find_words("de-AT")
    assert words.fill("times", zone="UTC") == "Zeitzone: UTC."
    assert words.pick("coverage", "back", names="TASS") == "Wieder da: TASS."
    assert words.count("days", 1) == "1 Tag"
