"""A person's name with other parts than it was written with: V. Putin, Joseph R. Biden, Орбан Виктор in Hungarian.

    [given names | a short form | initials] [at most two middle names] family name    or    family name initials

All is anchored at the family name, which must fit as well as grammar makes it: nothing is misspelt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from monitor.model import Tier, Zone
from monitor.names.candidates import score_hits, stands_free
from monitor.names.lexicon import NameForm, has_gaps, is_hyphen, read_gap
from monitor.names.reading import Hit, Small
from monitor.names.spans import Claim
from monitor.text.frequency import is_particle
from monitor.text.normalize import compose, fold
from monitor.text.orders import is_family_first
from monitor.text.people import (
    LONGEST_MARKER,
    are_same,
    begins_given_name,
    follows_father,
    has_other_forms,
    introduces_father,
    is_after_family,
    is_called,
    is_middle_name,
    is_shared_family,
    is_title,
    read_initials,
    takes_letters,
)
from monitor.text.scripts import find_script
from monitor.text.tokenize import Words

_MOST_MIDDLE_NAMES = 2
_MOST_INITIALS = 3
LONGEST_PERSON = 12  # words before the family name

# A word of the name and one of the text, by index -> the readings of the one as the other.
ReadWord = Callable[[int, int], Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class _Given:
    """What stands for the given names: from where on, how well, and which words of the text are middle names."""

    first: int
    hits: tuple[Hit, ...]
    between: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ZoneText:
    """A zone of an article in a language."""

    zone: Zone
    words: Words
    language: str | None
    is_family_first: bool  # in every name of the language


# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_FUZZY, _PARTIAL = Tier.FUZZY, Tier.PARTIAL
_PARTICLE = Small.PARTICLE


def make_passage(zone: Zone, words: Words, language: str | None) -> ZoneText:
    return ZoneText(zone, words, language, is_family_first(language))


class Parts(IntEnum):
    """What stands beside a family name."""

    NONE = 0
    WHOLE = 1  # perhaps other parts of a name, of which the first name must be there as well
    FEWER = 2  # perhaps something that stands for the first name


def find_other_parts(passage: ZoneText, at: int) -> Parts:
    """Whether words beside a family name that begins at `at` may be other parts of a person's name: most are not."""
    texts, language = passage.words.texts, passage.language
    part = _read_part(texts[at - 1], language) if at else Parts.NONE
    if part is Parts.FEWER or passage.is_family_first or _goes_on(texts, at + 1):
        return Parts.FEWER
    if part is Parts.NONE and not (at > 1 and _may_be_father(texts, at - 1)):
        return Parts.NONE
    before = texts[max(0, at - LONGEST_PERSON) : at]
    return Parts.FEWER if any(_read_part(text, language) is Parts.FEWER for text in before) else Parts.WHOLE


def _goes_on(texts: Sequence[str], at: int) -> bool:
    """Whether initials, or a given name and a father's name, may follow a family name of one word."""
    if at >= len(texts) or (texts[at][0].islower() and len(texts[at]) > 1):
        return False
    return any(map(is_after_family, texts[at : at + 2]))


def _may_be_father(texts: Sequence[str], at: int) -> bool:
    """Whether a word for son or daughter stands before a word, or before the one before it."""
    if texts[at][0].islower():
        return False
    return introduces_father(texts[at - 1]) or (at > 1 and introduces_father(texts[at - 2]))


def _read_part(text: str, language: str | None) -> Parts:
    """Whether a word may be a part of a person's name that the name was not written with."""
    is_plain = len(text) > LONGEST_MARKER and text[0].islower()  # most words: they need no memory
    return Parts.NONE if is_plain else _look_up_part(text, language)


@lru_cache(maxsize=1 << 15)
def _look_up_part(text: str, language: str | None) -> Parts:
    if read_initials(text) or has_other_forms(text, language):
        return Parts.FEWER
    is_part = is_middle_name(text, language) or follows_father(text) or introduces_father(text)
    return Parts.WHOLE if is_part else Parts.NONE


def stake_person(form: NameForm, passage: ZoneText, at: int, read: ReadWord) -> Claim | None:
    """A person's claim to the words around `at`, where the first word of the family name stands.

    `form.border` is the index of that word in the name. None for the name as it is written.
    """
    return _Person(form, passage.zone, passage.words, passage.language, at, read).stake()


@dataclass(frozen=True, slots=True)
class _Person:
    """One name at one place of a text."""

    form: NameForm
    zone: Zone
    words: Words
    language: str | None
    at: int
    read: ReadWord

    @property
    def last(self) -> int:
        """The last word of the family name in the text."""
        return self.at + len(self.form.words) - self.form.border - 1

    def stake(self) -> Claim | None:
        if self.last >= len(self.words):
            return None
        family = self._read_run(self.form.border, len(self.form.words), self.at, is_last=True)
        if not family:
            return None
        border = self.form.border
        if self._read_run(0, border, self.at - border, is_first=True) and self._is_next(self.at):
            return None
        given = self._find_given()
        if given is not None:
            return self._claim(given.first, self.last, (*family, *given.hits), given.between)
        return self._stake_reversed(family)

    def _stake_reversed(self, family: tuple[Hit, ...]) -> Claim | None:
        after = self.last + 1
        end = self._find_initials_after(after)
        if end is not None:
            return self._claim(self.at, end, family)
        if not self._is_next(after):
            return None
        given = self._read_run(0, self.form.border, after, is_last=True)
        end = after + self.form.border
        if self._is_next(end) and is_after_family(self.words.texts[end]) and not read_initials(self.words.texts[end]):
            end += 1  # Путин Владимир Владимирович, as officials write
        elif not is_family_first(self.language):
            return None
        return self._claim(self.at, end - 1, (*family, *given)) if given else None

    def _claim(
        self, first: int, last: int, hits: Sequence[Hit], between: tuple[int, int] | None = None
    ) -> Claim | None:
        if not stands_free(self.words, first, last):
            return None
        return Claim(self.form, self.zone, first, last, *score_hits(hits, _PARTIAL), between=between)

    def _read_run(
        self, start: int, end: int, at: int, *, is_first: bool = False, is_last: bool = False
    ) -> tuple[Hit, ...]:
        """The readings of the name's words `start` to `end` at the words from `at` on; () if one has none."""
        stop = at + end - start
        if at < 0 or stop > len(self.words):
            return ()
        hits = []
        for index, place in zip(range(start, end), range(at, stop), strict=True):
            begins, ends = is_first and place == at, is_last and place == stop - 1
            found = next((hit for hit in self.read(index, place) if _is_sure(hit, begins, ends)), None)
            if found is None:
                return ()
            hits.append(found)
        gaps = self.words.gaps[at + 1 : stop]
        return tuple(hits) if has_gaps(self.form, gaps, start) else ()

    def _is_next(self, index: int) -> bool:
        """Whether a word follows the one before it without other punctuation."""
        return 0 < index < len(self.words) and read_gap(self.words.gaps[index]) == " "

    def _find_given(self) -> _Given | None:
        """The given names before the family name, perhaps with middle names between them."""
        here, names = self.at - 1, 0
        while names <= _MOST_MIDDLE_NAMES and self._is_next(here + 1):
            between = (here + 1, self.at - 1) if names else None
            found = self._read_given(here)
            if found is not None:
                return _Given(*found, between)
            start = self._find_first_initial(here)
            if start is not None and (not self._is_next(start) or self._read_given(start - 1) is None):
                is_right = (not names or self.form.border == 1) and self._is_abbreviated(start, here)
                return _Given(start, (), between) if is_right else None
            size = here - start + 1 if start is not None else self._measure_middle_name(here)
            if not size:
                return None
            here, names = here - size, names + 1
        return None

    def _read_given(self, end: int) -> tuple[int, tuple[Hit, ...]] | None:
        """Where the given names that end at a word begin, and their hits."""
        first = end - self.form.border + 1
        if hits := self._read_run(0, self.form.border, first, is_first=True):
            return first, hits
        if first < 0 or self.form.border > 1:
            return self._read_opened(first) if self.form.border == 2 and first >= 0 else None
        same = are_same(self.form.words[0].composed, self.words.texts[end], self.language)
        return (end, ()) if same else None

    def _read_opened(self, first: int) -> tuple[int, tuple[Hit, ...]] | None:
        """Robert Francis for the Robert F. of a name."""
        initial, text = self.form.words[1].folded, self.words.texts[first + 1]
        if len(initial) != 1 or not fold(text).startswith(initial) or not self._is_next(first + 1):
            return None
        hits = self._read_run(0, 1, first, is_first=True) if is_middle_name(text, self.language) else ()
        return (first, hits) if hits else None

    def _find_first_initial(self, end: int) -> int | None:
        """Where the initials begin of which the last is a word of the text; None if it is none."""
        start = None
        while end >= 0 and read_initials(self.words.texts[end]) and (start is None or self._is_next(start)):
            start, end = end, end - 1
        return start

    def _is_abbreviated(self, start: int, end: int) -> bool:
        """Whether initials, each with its dot, stand for the given names: as many as there are, or more."""
        letters = self._read_letters(start, end)
        is_another = len(letters) > self.form.border and is_shared_family(self.form.words[self.form.border].folded)
        return self._are_own(letters) and not is_another and self._is_free(start, letters[0])

    def _read_letters(self, start: int, end: int) -> list[str]:
        """The letters of initials, folded; [] where one has no dot."""
        texts, gaps = self.words.texts, self.words.gaps
        has_dots = all("." in texts[at] or gaps[at + 1].startswith(".") for at in range(start, end + 1))
        return [letter for at in range(start, end + 1) for letter in read_initials(texts[at])] if has_dots else []

    def _are_own(self, letters: Sequence[str]) -> bool:
        own = [word.folded for word in self.form.words[: self.form.border]]
        if not 0 < len(letters) <= _MOST_INITIALS or len(own[0]) <= len(letters[0]):
            return False
        return all(name.startswith(letter) for name, letter in zip(own, letters, strict=False))

    def _is_free(self, start: int, letter: str) -> bool:
        """Whether initials are neither a title nor part of something before them: vitamin D., Mary L., 3-D."""
        words = self.words
        if start == 0 or is_title(letter, self.language):
            return start == 0 and not is_title(letter, self.language)
        gap, before = words.gaps[start], words.texts[start - 1]
        if is_hyphen(gap):
            return False
        if gap.strip() or "\n" in gap:
            return True
        is_letter = len(before) == 1 and before.isupper() and not is_particle(compose(before))
        return not (is_letter or takes_letters(before, self.language) or is_called(before, self.language))

    def _find_initials_after(self, start: int) -> int | None:
        """The last of the initials after a family name, as in Путин В. В.; a single one only where no name follows."""
        end, words = start, self.words
        while end < len(words) and self._is_next(end) and read_initials(words.texts[end]):
            end += 1
        if end == start or words.gaps[start].strip():
            return None
        letters = self._read_letters(start, end - 1)
        if not self._are_own(letters) or not self._is_free(self.at, letters[0]):
            return None
        is_followed = self._is_next(end) and words.texts[end][:1].isupper()
        is_single = len(letters) == 1
        is_latin = find_script(letters[0][0]) == "LATIN"
        return None if is_single and (is_followed or is_latin) else end - 1

    def _measure_middle_name(self, end: int) -> int:
        """How many words one middle name takes that ends at a word; 0 if none does."""
        texts = self.words.texts
        for size in (2, 3):  # bin Hamad, bin Abdul Aziz
            start = end - size + 1
            if start > 0 and introduces_father(texts[start]) and self._could_be_name(end):
                return size if size == 2 or begins_given_name(texts[end - 1]) else 0
        if end > 1 and follows_father(texts[end]) and self._could_be_name(end - 1):
            return 2
        if not is_middle_name(texts[end], self.language):
            is_latin = find_script(texts[end][0]) == "LATIN"
            return 1 if is_latin and end == self.at - 1 and introduces_father(texts[end]) else 0
        is_double = end > 0 and is_hyphen(self.words.gaps[end])
        return 1 + (is_double and is_middle_name(texts[end - 1], self.language))

    def _could_be_name(self, at: int) -> bool:
        text = self.words.texts[at]
        is_joined = read_gap(self.words.gaps[at]) == " "
        return is_joined and (
            text[:1].isupper() or not (text[:1].upper().isupper() and find_script(text[0]) != "GEORGIAN")
        )


def _is_sure(hit: Hit, begins: bool, ends: bool) -> bool:  # noqa: FBT001
    is_written = hit.tier is not _FUZZY and not hit.is_loose and hit.small <= _PARTICLE
    return is_written and hit.fits(is_first=begins, is_last=ends)
