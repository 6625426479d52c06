"""How alike an article and a known one are: their words, and what says that they are not of one event."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from monitor.stories.features import SKETCH, Features
from monitor.stories.memory import RememberedArticle

# What is left of a likeness.
_OTHER_NUMBERS, _OTHER_PLACES, _OTHER_NAMES, _OTHER_INSTANCE = 0.6, 0.6, 0.8, 0.35
_FEWEST_WORDS = 4  # of a headline that can be an instance of a template
_TEMPLATE = 0.5  # of the shorter headline's words, from which two headlines are of one template
_ALIKE_NAMES = 70.0  # letters that two spellings of a name share, in percent
_LOOKED_AT = 0.3  # likeness below which templates change nothing
_EDITED = 85.0  # same words in two headlines, in percent, of which one is the other edited
_FEWEST_RUNS = 8  # of words that a text must have
_COPIED = 0.4  # share of the shorter text's runs of words that a copy has


@dataclass(frozen=True, slots=True)
class Likeness:
    """`value` is the cosine `dot` times `left`, which is what the guards left of it; `guards` are their names."""

    dot: float
    value: float
    left: float = 1.0
    guards: tuple[str, ...] = ()


def compare(features: Features, vector: Mapping[int, float], known: RememberedArticle) -> Likeness:
    """The cosine of the words of two articles, less where their numbers, places or names exclude each other."""
    dot, left = known.vector.dot(vector), 1.0
    guards: list[str] = []
    if has_other_numbers(features, known):
        left *= _OTHER_NUMBERS
        guards.append("other numbers")
    if features.places and known.places and features.places.isdisjoint(known.places):
        left *= _OTHER_PLACES
        guards.append("other places")
    if has_other_names(features, vector, known):
        left *= _OTHER_NAMES
        guards.append("other names")
    if dot * left >= _LOOKED_AT and is_other_instance(features, known):
        left *= _OTHER_INSTANCE
        guards.append("same template, other names")
    return Likeness(dot, dot * left, left, tuple(guards))


def has_other_numbers(features: Features, known: RememberedArticle) -> bool:
    """Whether both headlines have numbers and neither's are anywhere in the other article."""
    ours, theirs = features.headline_numbers, known.headline_numbers
    return bool(
        ours
        and theirs
        and ours.isdisjoint(known.numbers or known.headline_numbers)
        and features.numbers.isdisjoint(theirs)
    )


def has_other_names(features: Features, vector: Mapping[int, float], known: RememberedArticle) -> bool:
    """Whether both headlines have names and neither's are among the heaviest words of the other article."""
    ours, theirs = features.name_keys, known.name_keys
    return bool(ours and theirs) and set(ours).isdisjoint(known.vector.keys) and vector.keys().isdisjoint(theirs)


def is_other_instance(features: Features, known: RememberedArticle) -> bool:
    """Whether two headlines differ in a name or number only: "X wins gold in judo" of two athletes."""
    ours, theirs = features.headline, known.headline.split(" ")
    if min(len(ours), len(theirs)) < _FEWEST_WORDS:
        return False
    same, differs = 0, False
    for step in Levenshtein.opcodes(ours, theirs):
        if step.tag == "equal":
            same += step.src_end - step.src_start
        elif step.tag == "replace":
            names = [word for word in ours[step.src_start : step.src_end] if word in features.names]
            others = [theirs[at] for at in range(step.dest_start, step.dest_end) if known.names >> at & 1]
            differs = differs or _are_others(names, others, (ours, theirs))
    return differs and same >= _TEMPLATE * min(len(ours), len(theirs))


def _are_others(names: Sequence[str], others: Sequence[str], headlines: tuple[Sequence[str], Sequence[str]]) -> bool:
    """Whether both sides have names, none of which the other headline has in any spelling."""
    if not names or not others or set(names) & set(headlines[1]) or set(others) & set(headlines[0]):
        return False
    return all(fuzz.ratio(name, other) < _ALIKE_NAMES for name in names for other in others)


def measure_copy(features: Features, known: RememberedArticle) -> tuple[str, float]:
    """("text" or "headline", share) when one repeats the other nearly word for word, else ("", 0)."""
    share = measure_overlap(features.sketch, known.sketch)
    if share >= _COPIED:
        return "text", share
    ours, theirs = features.headline, known.headline.split(" ")
    if min(len(ours), len(theirs)) < _FEWEST_WORDS:
        # "Editorial" stands above other texts every day.
        has_other_text = not share and min(len(features.sketch), len(known.sketch)) >= _FEWEST_RUNS
        return ("headline", 1.0) if ours and list(ours) == theirs and not has_other_text else ("", 0.0)
    ratio = fuzz.ratio(" ".join(sorted(ours)), " ".join(sorted(theirs)), score_cutoff=_EDITED)
    return ("headline", ratio / 100) if ratio else ("", 0.0)


def measure_overlap(ours: Sequence[int], theirs: Sequence[int]) -> float:
    """Share of the shorter text's runs of words that both have, from their sketches; 0 where either has too few."""
    if min(len(ours), len(theirs)) < _FEWEST_RUNS:
        return 0.0
    limit = min(_find_limit(ours), _find_limit(theirs))
    mine, other = ours[: bisect_right(ours, limit)], theirs[: bisect_right(theirs, limit)]
    shortest = min(len(mine), len(other))
    return len(set(mine).intersection(other)) / shortest if shortest else 0.0


def _find_limit(sketch: Sequence[int]) -> int:
    """Up to where a sketch has every hash of its text."""
    return sketch[-1] if len(sketch) == SKETCH else 0xFFFFFFFF
