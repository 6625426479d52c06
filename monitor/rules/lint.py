"""Names that cannot work alone: words of a language, what is too short, and what is one slip away from another name.

Measured on Arabic news, frequency alone does not tell a name from a word (Gaza is as usual as "financial"), so a list
written by hand comes first and frequency only speaks of the most usual words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz.distance import OSA

from monitor.model import EntityId
from monitor.names.model import EntityKind
from monitor.text.frequency import rate_usual, tell_other_meaning
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script
from monitor.text.tokenize import is_unspaced, tokenize

# Zipf from which a word is too usual for a name; shipped names reach 5.6
USUAL = 5.7
USUAL_IN_CAPITALS = 6.5  # the case guard keeps most words away, and България is as usual as many a word
USUAL_FOR_LEADER = 5.2  # in scripts without capitals; a first name reaches 6.1, the family names of leaders 5.1
SHORTEST = 3  # letters; a name in capitals may be shorter
SHORTEST_UNSPACED = 2  # characters of a script without spaces
FEWEST_LETTERS, FEWEST_OF_BEGINNING = 4, 5  # letters of the shorter of two near names
COMPARED_LETTERS = 2
_BICAMERAL = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
_MAKE_SHORT = "write the full name under names:, and this one under short: with near:"
_STRICT = "safe: a longer name, or match: inflected in the rules that use it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One name that counts alone, as its file has it."""

    entity: EntityId
    kind: EntityKind
    text: str
    language: str | None = None
    is_fuzzy: bool = True  # some rule looks for it with misspellings, or none at all does


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is wrong with the name at `index` of those given, and which setting is safe."""

    index: int
    what: str
    hint: str


def lint_names(names: Sequence[Watched]) -> tuple[Advice, ...]:
    """At most one advice per name, in the order of the names: too short, else a word, else near another."""
    near = _find_near(names)
    return tuple(
        Advice(index=index, what=what, hint=hint)
        for index, name in enumerate(names)
        for what, hint in [_judge(name) or near.get(index, ("", ""))]
        if what
    )


def _judge(name: Watched) -> tuple[str, str] | None:
    tokens = tokenize(name.text)
    if tokens and all(is_unspaced(token.text) for token in tokens):
        return ("is one character", "write a longer name") if len(tokens) < SHORTEST_UNSPACED else None
    if len(tokens) != 1:
        return None
    folded = fold(name.text)
    if len(folded) < SHORTEST and not (name.text.isupper() and len(folded) > 1):
        return "is one letter" if len(folded) == 1 else f"has only {len(folded)} letters", _MAKE_SHORT
    return _judge_word(name)


def _judge_word(name: Watched) -> tuple[str, str] | None:
    """A topic is often meant to be a word, and a name in capitals is an acronym."""
    if name.text.isupper() and find_script(name.text[0]) in _BICAMERAL:
        return None
    word = compose(name.text)
    meaning = tell_other_meaning(word, name.language) if name.kind is not EntityKind.TOPIC else ""
    if meaning:
        return f"means something else too: {meaning}", _MAKE_SHORT
    if rate_usual(word, name.language) >= _find_bound(name):
        return "is a common word", _MAKE_SHORT
    return None


def _find_bound(name: Watched) -> float:
    if find_script(name.text[0]) in _BICAMERAL:
        return USUAL if name.text.islower() else USUAL_IN_CAPITALS
    return USUAL_FOR_LEADER if name.kind.is_person else USUAL


def _find_near(names: Iterable[Watched]) -> dict[int, tuple[str, str]]:
    """Single-word names of different entities that a slip turns into each other, at the later of the two."""
    alike: dict[str, list[tuple[int, str, Watched]]] = defaultdict(list)
    for index, name in enumerate(names):
        folded = fold(name.text)
        if _can_slip(name, folded):
            alike[folded[:COMPARED_LETTERS]].append((index, folded, name))
    near: dict[int, tuple[str, str]] = {}
    for group in alike.values():
        for (_, first, one), (index, second, other) in combinations(group, 2):
            if one.entity != other.entity and is_near(first, second) and (one.is_fuzzy or other.is_fuzzy):
                near.setdefault(index, (f"is near {one.text!r} of {one.entity!r}", _STRICT))
    return near


def _can_slip(name: Watched, folded: str) -> bool:
    is_acronym = name.text.isupper() and find_script(name.text[0]) in _BICAMERAL
    return folded.isalpha() and not is_acronym and len(tokenize(name.text)) == 1


def is_near(one: str, other: str) -> bool:
    """Whether one folded word is easily written for the other: Iran and Iraq, Niger and Nigeria."""
    shorter = min(len(one), len(other))
    if one == other or shorter < FEWEST_LETTERS:
        return False
    if shorter >= FEWEST_OF_BEGINNING and (one.startswith(other) or other.startswith(one)):
        return abs(len(one) - len(other)) <= COMPARED_LETTERS
    return OSA.distance(one, other, score_cutoff=1) <= 1
