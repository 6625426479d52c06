"""Which words in small letters are looked up at once, and which only beside a word that a name may have next to them.

Most words of a text are in small letters, and nine in ten of those that are new are no word of any name. A name is
written with a capital, unless the user wrote it in small letters. So a small word waits until a word next to it is one
that stands next to such a word in some name. What is compared is how words begin: a slip leaves the first two letters,
and grammar does so too but for few words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise

from monitor.names.alone import Sieve
from monitor.names.candidates import find_main
from monitor.names.index import ANY_LETTER
from monitor.names.lexicon import Case, NameForm, Role, Word
from monitor.names.reading import SAME_BEGINNING
from monitor.names.word_cache import WordHits, put_off
from monitor.names.word_lookup import Numbers
from monitor.text.frequency import is_function_word, is_particle
from monitor.text.normalize import compose, fold
from monitor.text.transcribe import may_be_spelt_out

EVERY = ANY_LETTER  # of words that may stand beside a word: all
_FEWEST = 5  # letters; a shorter plural may begin otherwise: pão, pões


@lru_cache(maxsize=1 << 14)
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
        alone: set[Word] = set()
        joined: set[str] = set()
        after: dict[int, set[str]] = defaultdict(set)
        before: dict[int, set[str]] = defaultdict(set)
        for form, its_numbers in zip(forms, numbers, strict=True):
            alone.update(_list_alone(form))
            joined.update(_list_joined(form))
            for at, (first, second) in enumerate(pairwise(its_numbers)):
                after[first].add(beginnings[second])
                if _may_be_small(form.words[at]):
                    before[second].add(beginnings[first])
        self._alone = Sieve(alone, joined)
        self._after = {number: "".join(sorted(listed)) for number, listed in after.items()}
        self._before = {number: "".join(sorted(listed)) for number, listed in before.items()}

    def put_off(self, text: str, language: str | None) -> WordHits | None:
        """What is remembered of a word of an article that is looked up only beside others; None of any other."""
        begins = read_beginning(text)
        if not begins or self._alone.passes(fold(text), language):
            return None
        composed = compose(text)
        return None if is_function_word(composed) or is_particle(composed) else put_off(begins)

    def list_beginnings(self, known: Iterable[int]) -> tuple[str, str]:
        """How the words begin that stand after one of these words in a name, and before it."""
        numbers = list(known)
        after = "".join([self._after[number] for number in numbers if number in self._after])
        return after, "".join([self._before[number] for number in numbers if number in self._before])


def is_listed(beginning: str, beginnings: str) -> bool:
    """Whether a word with a beginning may be one of those that `WordHits` says of another."""
    if beginning in beginnings:
        return True
    return ANY_LETTER in beginnings and (beginnings is EVERY or beginning[0] + ANY_LETTER in beginnings)


def _list_alone(form: NameForm) -> Iterable[Word]:
    """The words of a name that no other word of it brings up where a text has the whole name in small letters.

    That is its main word; in a person's name all, as others may be missing.
    """
    words = form.words if form.border else (form.words[find_main(form.words)],)
    return [word for word in words if word.case is Case.ANY and word.composed[:1].islower()]


def _list_joined(form: NameForm) -> Iterator[str]:
    """How words begin that are two small ones of a name, as `Joints` knows them."""
    if form.role is not Role.SHADOW:
        for first, second in pairwise(form.words):
            if _may_be_small(first) and _may_be_small(second):
                yield first.folded + second.folded[:SAME_BEGINNING]


def _may_be_small(word: Word) -> bool:
    return word.case is Case.ANY or _is_particle(word.composed)


@cache
def _is_particle(composed: str) -> bool:
    return is_particle(composed)
