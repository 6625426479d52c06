"""Stories across languages: threads that share enough names, numbers, entities, places and concepts are one story."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice

from monitor.stories.concepts import list_concept_keys, list_place_keys, read_place
from monitor.stories.features import CONCEPT_ZIPF, Features, shorten_key
from monitor.stories.memory import Memory, Thread
from monitor.stories.model import Reason, Vector
from monitor.stories.rarity import WITH_BODY, WITHOUT_BODY

_SHRINKAGE = 100.0  # squared weight that short texts lack: two shared keys are no proof
_STRONG_KEYS, _STRONG = 3, 4.5  # how many shared keys must be how rare, in both languages
_INDEXED, _VERIFIED, _LINKED = 10, 8, 8  # keys by which threads are found; threads that are compared; links at once
_MOST_KEYS, _KEPT_KEYS = 400, 250  # of a thread
_OTHER_PLACES = 0.5  # what is left of a likeness where no country is the same
_AGREE, _HALF_ALIKE = 0.6, 0.5  # pairs of threads that must be at least half as alike as the bar
_MOST_THREADS = 6  # of a story that are asked
# Sizes of a thread at which it is compared anew: a thread of a hundred changes little with one more.
_SIZES = frozenset([1, 2, 3, 4, 6, 8] + [base << power for power in range(2, 18) for base in (3, 4)])


@dataclass(frozen=True, slots=True)
class Sum:
    """Bridge keys summed over some articles."""

    vector: Vector
    norm: float
    count: int


def weigh_bridges(memory: Memory, features: Features) -> dict[int, float]:
    """Keys of an article with weights by rarity, and counts it."""
    language, length = features.language, WITH_BODY if features.has_body else WITHOUT_BODY
    weights: dict[int, float] = {}
    for key, weight in features.bridges.items():
        hashed = shorten_key("", key)
        rarity = memory.bridge_rarity.rate(language, _salt(language) ^ hashed, weight.zipf, length)
        if rarity > 0:
            weights[hashed] = (1 + math.log(weight.amount) if weight.amount > 1 else weight.amount) * rarity
    memory.bridge_rarity.learn(language, (_salt(language) ^ shorten_key("", key) for key in features.bridges))
    return weights


@cache
def _salt(language: str) -> int:
    """What a language's counts of a key are kept under, beside the key itself."""
    return shorten_key("language", language)


def teach(memory: Memory, number: int, weights: Mapping[int, float]) -> None:
    """Adds an article's keys to its thread."""
    thread = memory.threads[number]
    summed = thread.bridges.to_dict()
    for key, weight in weights.items():
        summed[key] = summed.get(key, 0.0) + weight
    set_bridges(thread, summed)
    thread.taught += 1
    memory.across.add(sorted(weights, key=lambda key: (-weights[key], key))[:_INDEXED], number)


def set_bridges(thread: Thread, summed: Mapping[int, float]) -> None:
    """The heaviest keys of a sum."""
    if len(summed) > _MOST_KEYS:
        summed = dict(sorted(summed.items(), key=lambda pair: (-pair[1], pair[0]))[:_KEPT_KEYS])
    thread.bridges = Vector.of(summed)
    thread.bridges_norm = sum(weight * weight for weight in thread.bridges.weights)


def link_languages(memory: Memory, number: int, names: Mapping[int, str]) -> Iterator[Reason]:
    """Joins the thread's story with those of other languages that tell the same; `names` explain hashed keys."""
    thread = memory.threads[number]
    if thread.taught not in _SIZES:
        return
    for bar, other in sorted(_find_alike(memory, thread))[:_LINKED]:
        ours, theirs = thread.story, memory.threads[other].story
        if ours == theirs or not memory.may_join(ours, theirs) or not _agree(memory, ours, theirs):
            continue
        likeness, shared = explain_likeness(memory, thread, memory.threads[other], names)
        void = memory.join_stories(ours, theirs)
        yield Reason(what="across languages", value=likeness, needed=likeness + bar, shared=shared, void=void)


def _find_alike(memory: Memory, thread: Thread) -> Iterator[tuple[float, int]]:
    """(less than 0 by how much the bar is exceeded, thread) of other languages."""
    bars, weights = memory.bars, thread.bridges.to_dict()
    for other in _find_candidates(memory, thread, weights):
        found = memory.threads[other]
        gap = max(0.0, thread.last - found.last)
        if gap > bars.across_window:
            continue
        needed = bars.across + bars.across_silence * math.log2(1 + gap / bars.pause)
        likeness = _compare(memory, thread, found, weights)
        if likeness >= needed:
            yield needed - likeness, other


def _find_candidates(memory: Memory, thread: Thread, weights: Mapping[int, float]) -> list[int]:
    """The threads of other languages that share most of the heaviest keys."""
    shared: dict[int, float] = {}
    for key in sorted(weights, key=lambda key: (-weights[key], key))[:_INDEXED]:
        weight = weights[key]
        for other in memory.across.get(key):
            shared[other] = shared.get(other, 0.0) + weight
    nearest: list[int] = []
    for other in sorted(shared, key=lambda other: (-shared[other], -other)):
        found = memory.threads.get(other)
        if found and found.language != thread.language and found.story != thread.story:
            nearest.append(other)
            if len(nearest) == _VERIFIED:
                break
    return nearest


def _compare(memory: Memory, thread: Thread, other: Thread, weights: Mapping[int, float]) -> float:
    """The cosine of two threads, shrunk where they weigh little; 0 unless enough shared keys are rare in both.

    One of them must be more than a concept: a name, a number, an entity or a place. `weights` are those of `thread`.
    """
    shared = [key for key in other.bridges.keys if key in weights]
    if len(shared) < _STRONG_KEYS or _concepts().issuperset(shared):
        return 0.0
    languages = (thread.language, other.language)
    strong = (key for key in shared if all(_is_strong(memory, key, language) for language in languages))
    if len(list(islice(strong, _STRONG_KEYS))) < _STRONG_KEYS:
        return 0.0
    likeness = _shrink(other.bridges.dot(weights), _sum_thread(thread), _sum_thread(other))
    return likeness * (_OTHER_PLACES if _have_other_places(thread, other) else 1.0)


def _sum_thread(thread: Thread) -> Sum:
    return Sum(thread.bridges, thread.bridges_norm, thread.taught)


def _have_other_places(thread: Thread, other: Thread) -> bool:
    """Whether both name countries, none of them the same."""
    ours, theirs = (
        frozenset(_places()[key] for key in one.bridges.keys if key in _places()) for one in (thread, other)
    )
    return bool(ours and theirs) and ours.isdisjoint(theirs)


@cache
def _concepts() -> frozenset[int]:
    """Hashed keys of concepts, which alone are no proof: many elections are won on one day."""
    return frozenset(shorten_key("", key) for key in list_concept_keys())


@cache
def _places() -> Mapping[int, str]:
    """{hashed key: country}"""
    return {shorten_key("", key): read_place(key) for key in list_place_keys()}


def _is_strong(memory: Memory, key: int, language: str) -> bool:
    rarity = memory.bridge_rarity.rate(language, _salt(language) ^ key, CONCEPT_ZIPF, WITHOUT_BODY)
    return rarity >= _STRONG


def _shrink(dot: float, mine: Sum, other: Sum) -> float:
    norms = (one.norm / one.count**2 + _SHRINKAGE for one in (mine, other))
    return dot / (mine.count * other.count) / math.sqrt(math.prod(norms))


def _agree(memory: Memory, first: int, second: int) -> bool:
    """Whether the two stories are alike as wholes, and most pairs of their threads in two languages half as much."""
    ours, theirs = _list_threads(memory, first), _list_threads(memory, second)
    whole, other_whole = _add_up(ours), _add_up(theirs)
    if _shrink(whole.vector.dot(other_whole.vector.to_dict()), whole, other_whole) < memory.bars.across:
        return False
    pairs = [(one, other) for one in ours for other in theirs if one.language != other.language]
    alike = sum(
        _compare(memory, one, other, one.bridges.to_dict()) >= memory.bars.across * _HALF_ALIKE for one, other in pairs
    )
    return alike >= _AGREE * len(pairs)


def _list_threads(memory: Memory, story: int) -> list[Thread]:
    threads = [memory.threads[number] for number in memory.stories[story].threads]
    return sorted((one for one in threads if one.taught), key=lambda thread: -thread.count)[:_MOST_THREADS]


def _add_up(threads: list[Thread]) -> Sum:
    weights: dict[int, float] = {}
    for thread in threads:
        for key, weight in zip(thread.bridges.keys, thread.bridges.weights, strict=True):
            weights[key] = weights.get(key, 0.0) + weight
    norm = sum(weight * weight for weight in weights.values())
    return Sum(Vector.of(weights), norm, sum(thread.taught for thread in threads))


def explain_likeness(
    memory: Memory, thread: Thread, other: Thread, names: Mapping[int, str]
) -> tuple[float, dict[str, float]]:
    """The likeness of two threads, and what they share, heaviest first."""
    weights, theirs = thread.bridges.to_dict(), other.bridges.to_dict()
    likeness = _compare(memory, thread, other, weights)
    shared = {
        names[key]: round(weight * theirs[key] / thread.taught / other.taught, 1)
        for key, weight in weights.items()
        if key in theirs and key in names
    }
    return likeness, dict(sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:8])
