"""Which words in small letters are looked up at once, and which only beside a word that a name may have next to them.

Most words of a text are in small letters, and nine in ten of those that are new are no word of any name. A name is
written with a capital, unless the user wrote it in small letters. So a small word waits until a word next to it is one
that stands next to such a word in some name. What is compared is how words begin: a slip leaves the first two letters,
and grammar does so too but for few words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise

from monitor.names.candidates import find_main
from monitor.names.index import ANY_BEGINNING
from monitor.names.lexicon import Case, NameForm, Word
from monitor.names.reading import SAME_BEGINNING
from monitor.names.word_cache import WordHits
from monitor.names.word_lookup import Numbers
from monitor.text.frequency import is_function_word, is_particle
from monitor.text.normalize import compose, fold
from monitor.text.transcribe import may_be_spelt_out

_FEWEST = 5  # letters; a shorter plural may begin otherwise: pão, pões


def read_beginning(text: str) -> str:
    """How a plain word in small letters begins, and so each word of a name that it may be; "" of any other word."""
    if len(text) < _FEWEST or not (text.isalpha() and text[0].islower() and text.islower()):
        return ""
    if text.isascii():
        return text[:SAME_BEGINNING]
    return "" if may_be_spelt_out(text[0]) else fold(text)[:SAME_BEGINNING]


class Neighbours:
    """The words of names, by number, and how the words next to them in those names begin."""

    def __init__(self, forms: Iterable[NameForm], numbers: Iterable[Numbers], beginnings: Mapping[int, str]) -> None:
        """`numbers` are those of the words of each name, `beginnings` those that `Index` has of each word."""
        alone: set[str] = set()
        after: dict[int, set[str]] = defaultdict(set)
        before: dict[int, set[str]] = defaultdict(set)
        for form, its_numbers in zip(forms, numbers, strict=True):
            alone.update(beginnings[its_numbers[at]] for at in _list_alone(form))
            for at, (first, second) in enumerate(pairwise(its_numbers)):
                after[first].add(beginnings[second])
                if _may_be_small(form.words[at]):
                    before[second].add(beginnings[first])
        self._alone = "".join(sorted(alone))
        self._after = {number: "".join(sorted(listed)) for number, listed in after.items()}
        self._before = {number: "".join(sorted(listed)) for number, listed in before.items()}

    def puts_off(self, text: str) -> bool:
        """Whether a word is looked up only beside others."""
        beginning = read_beginning(text)
        if not beginning or beginning in self._alone or ANY_BEGINNING in self._alone:
            return False
        composed = compose(text)
        return not (is_function_word(composed) or is_particle(composed))

    def could_follow(self, known: WordHits, beginning: str) -> bool:
        """Whether a word with a beginning may stand after a known one in a name."""
        return _is_listed(self._after, known, beginning)

    def could_precede(self, known: WordHits, beginning: str) -> bool:
        """Whether a word in small letters with a beginning may stand before a known one in a name."""
        return _is_listed(self._before, known, beginning)


def _is_listed(listed: Mapping[int, str], known: WordHits, beginning: str) -> bool:
    for number in known:
        if (beginnings := listed.get(number)) and (beginning in beginnings or ANY_BEGINNING in beginnings):
            return True
    return False


def _list_alone(form: NameForm) -> Iterable[int]:
    """The words of a name that no other word of it brings up where a text has the whole name in small letters.

    They are its main word, in a person's name all, as others may be missing, and the first of two that a text may join.
    """
    words = form.words
    small = [at for at, word in enumerate(words) if word.case is Case.ANY]
    joined = [at for at, pair in enumerate(pairwise(words)) if all(map(_may_be_small, pair))]
    main = find_main(words)
    return {*joined, *(small if form.border or not words[1:] else [at for at in small if at == main])}


def _may_be_small(word: Word) -> bool:
    return word.case is Case.ANY or _is_particle(word.composed)


@cache
def _is_particle(composed: str) -> bool:
    return is_particle(composed)
