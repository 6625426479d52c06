"""Words with a number each, by their hashes."""

from __future__ import annotations

from monitor.text.hashed import HashedWords


def test_each_word_has_its_number_and_no_other_has_one() -> None:
    pairs = [(f"word{number}x{at}", number) for number in (1, 34, 72, 127) for at in range(300)]
    words = HashedWords(pairs, len(pairs))
    assert [word for word, number in pairs if words.find(word) != number] == []
    assert [word for word in (f"other{at}" for at in range(5000)) if words.find(word)] == []


def test_no_words_have_none() -> None:
    assert HashedWords([], 0).find("word") == 0
