"""What the sieve holds back is no word of a name; what it lets pass is looked up."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from monitor.names.alone import Sieve
from monitor.names.lexicon import make_word
from monitor.names.vocabulary import Vocabulary
from monitor.text.inflect import expand
from monitor.text.inflect import inflect as decline
from monitor.text.normalize import fold

WORDS = ["sanctions", "army", "oil", "ceasefire", "counterterrorism", "refugee", "санкции", "перемирие", "réfugié", "ostaggio", "misil", "ევროკავშირი"]  # fmt: skip
OTHERS = ["yesterday", "journalist", "вчера", "gouvernement", "presidente", "weather"]
LANGUAGES = [None, "en", "ru", "fr", "es", "it", "de", "ka"]


def spoil(word: str, dice: random.Random) -> str:
    at = dice.randrange(len(word))
    return dice.choice(
        [word, word[:at] + word[at + 1 :], word[:at] + "a" + word[at:], word[:at] + "x" + word[at + 1 :]]
    )


@given(st.integers(0, 10**9))
def test_every_word_that_is_a_name_passes(seed: int) -> None:
    dice = random.Random(seed)
    words = [make_word(each, decline) for each in WORDS]
    text = spoil(dice.choice(sorted({*expand(each := dice.choice(WORDS)), each, f"{each}s", f"{each}es"})), dice)
    language = dice.choice(LANGUAGES)
    sieve = Sieve(words, joined=())
    assert sieve.passes(fold(text), language) or not Vocabulary(words).find(text, language)


def test_a_word_that_may_begin_with_a_word_that_is_joined_passes() -> None:
    sieve = Sieve([], joined=["coldwa"])
    assert sieve.passes("coldwar", "en")
    assert not sieve.passes("could", "en")


def test_other_words_are_held_back() -> None:
    sieve = Sieve([make_word(each, decline) for each in WORDS], joined=())
    assert [each for each in OTHERS if sieve.passes(fold(each), "en")] == []
