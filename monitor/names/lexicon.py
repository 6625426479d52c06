"""The names of a watch-list as the matcher compares them: words, the gaps between them, and what each name is for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from monitor.model import EntityId, Tier
from monitor.text.acronyms import is_usual_word
from monitor.text.normalize import MODIFIERS, compose, fold
from monitor.text.people import is_suffix
from monitor.text.plurals import Plural

_DASHES = "-֊־᐀᠆‐‑‒–—―⸗⸚⸺⸻⹀〜〰゠︱︲﹘﹣－−⁻₋˗⁃➖_＝"  # every dash and minus of Unicode, and what Japanese has for one
HYPHENS = frozenset(_DASHES + "·•∙⋅‧・･᛫⸱⸳\u0387")
LIKE_AN_ARTICLE = "ال"  # آل, "house of", folded: joined with a word it would read as the article
_UPPER_ONLY = 4  # letters, unless `reading.py` knows that a word in small letters is the acronym: Nato
_LONGEST_ACRONYM = 5


# One composed word of a name -> its further folded forms, each with the languages whose grammar makes it.
Inflect = Callable[[str], Mapping[str, frozenset[str]]]


def inflect_nothing(_: str) -> Mapping[str, frozenset[str]]:
    """The grammar of a language without one."""
    return {}


class Role(StrEnum):
    """What finding a name means."""

    __hash__ = str.__hash__  # that of Enum is a function in Python, and these are keys in every article

    NAME = "name"
    SHORT = "short"  # counts only beside a full name or a `near` entity
    NEVER = "never"  # `not:`; takes its place and counts for nobody
    SHADOW = "shadow"  # as NEVER, but shipped, never fuzzy, and no veto against an equal name
    LITERAL = "literal"


class Case(StrEnum):
    """What a word of a text must look like to be this word of a name."""

    __hash__ = str.__hash__  # that of Enum is a function in Python, and these are keys in every article

    ANY = "any"
    CAPITAL = "capital"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name. A rigid one (an acronym, a demonym) is never misspelt; an acronym is not inflected either."""

    composed: str
    folded: str
    case: Case = Case.ANY
    is_rigid: bool = False
    inflect: Inflect = field(default=inflect_nothing, repr=False)
    plural: Plural = Plural.NOUN

    @property
    def inflected(self) -> Mapping[str, frozenset[str]]:
        """Each further folded form, with the languages whose grammar makes it."""
        return self.inflect(self.composed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameForm:
    """One spelling of one name. `gaps` stand between its words; `owner` is None for a literal and a shadow.

    `parts` are the first and last word of each name that a slash or a conjunction joins (Pfizer/BioNTech), if any;
    `hyphens` are the gaps that the user wrote as hyphens. What is found is at best of `tier`. A name with `languages`
    counts in articles of those only. `border` is where the family name begins in a person's name of several words.
    """

    owner: EntityId | None
    term: str
    role: Role
    words: tuple[Word, ...]
    gaps: tuple[str, ...] = ()
    parts: tuple[tuple[int, int], ...] = ()
    hyphens: tuple[int, ...] = ()
    tier: Tier = Tier.EXACT
    languages: frozenset[str] = frozenset()
    border: int = 0


# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_ANY, _CAPITAL, _UPPER = Case.ANY, Case.CAPITAL, Case.UPPER


@lru_cache(maxsize=1 << 16)
def make_word(
    text: str, inflect: Inflect = inflect_nothing, plural: Plural = Plural.NOUN, *, is_shouted: bool = False
) -> Word:
    """`is_shouted`: the whole name is in capitals, so capitals say nothing about its words."""
    letters = "".join(char for char in text if char.isalpha())
    is_acronym = 1 < len(letters) <= _LONGEST_ACRONYM and letters.isupper() and not is_shouted
    grammar = inflect_nothing if is_acronym else inflect
    number = Plural.NONE if is_acronym else plural
    return Word(compose(text), fold(text), _find_case(letters, is_acronym=is_acronym), is_acronym, grammar, number)


def _find_case(letters: str, *, is_acronym: bool) -> Case:
    if is_acronym and (len(letters) <= _UPPER_ONLY or is_usual_word(letters)):
        return _UPPER
    return _CAPITAL if _is_capital(letters.lstrip(MODIFIERS)[:1]) else _ANY


def _is_capital(letter: str) -> bool:
    return unicodedata.category(letter) in {"Lu", "Lt"} if letter else False


def fits_case(case: Case, part: str) -> bool:
    """Whether `part` of a text is written as a name whose case is `case` must be: a lower-case word is no name."""
    if case is _ANY:
        return True
    if case is _UPPER:
        return part.isupper()
    if _is_capital(part[:1]):
        return True
    return _is_capital(next((char for char in part if char.isalpha() and char not in MODIFIERS), ""))


def read_gap(gap: str) -> str:
    """A space for blanks, one hyphen, or the dot of an initial; other punctuation as it is, which a name must share."""
    if gap in {" ", "", "-"}:
        return " "
    visible = "".join(char for char in gap if unicodedata.category(char) != "Cf")
    if visible.lstrip(".") in HYPHENS or not visible.lstrip(".").strip():
        return " "
    return unicodedata.normalize("NFKC", visible.strip())  # （ is (


def has_gaps(form: NameForm, gaps: Sequence[str], start: int = 0) -> bool:
    """Whether a text has between its words what the name has from word `start` on; before Jr. a comma may be or not."""
    written, own = tuple(map(read_gap, gaps)), form.gaps[start : start + len(gaps)]
    if written == own:
        return True
    is_last = start + len(gaps) == len(form.gaps)
    if not is_last or not is_suffix(form.words[-1].composed):
        return False
    return written[:-1] == own[:-1] and {written[-1], own[-1]} == {" ", ","}


def is_hyphen(gap: str) -> bool:
    """Whether nothing but a hyphen, of whatever kind, stands between two words."""
    return gap == "-" or (gap != " " and "".join(char for char in gap if unicodedata.category(char) != "Cf") in HYPHENS)
