"""Stories across languages: threads that share enough names, numbers, entities, places and concepts are one story."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import mul

from monitor.stories.concepts import list_concept_keys, list_place_keys, read_place
from monitor.stories.features import CONCEPT_ZIPF, Features
from monitor.stories.memory import Memory, Thread
from monitor.stories.model import Reason, Vector, rank
from monitor.stories.rarity import WITH_BODY, WITHOUT_BODY
from monitor.stories.words import shorten_key

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
    """Bridge keys summed over the articles of some threads, with the names that a thread has for its own."""

    bridges: Vector
    bridges_norm: float
    taught: int


@lru_cache(maxsize=1 << 16)
def hash_bridge(key: str) -> int:
    """The same in every language."""
    return shorten_key("", key)


def weigh_bridges(memory: Memory, features: Features, keys: Sequence[int]) -> dict[int, float]:
    """Weights of an article's hashed keys by rarity; counts the article."""
    language, length = features.language, WITH_BODY if features.has_body else WITHOUT_BODY
    salt = _salt(language)
    salted = [salt ^ key for key in keys]
    weights = memory.bridge_rarity.weigh(language, salted, features.bridges.values(), length)
    memory.bridge_rarity.learn(language, salted)
    return {salt ^ key: weight for key, weight in weights.items()}


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
    memory.across.add(rank(weights)[:_INDEXED], number)


def set_bridges(thread: Thread, summed: Mapping[int, float]) -> None:
    """The heaviest keys of a sum."""
    if len(summed) > _MOST_KEYS:
        summed = {key: summed[key] for key in rank(summed)[:_KEPT_KEYS]}
    thread.bridges = Vector.of(summed)
    weights = thread.bridges.weights
    thread.bridges_norm = sum(map(mul, weights, weights))


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
        likeness = _compare(memory, thread, found, weights, needed)
        if likeness >= needed:
            yield needed - likeness, other


def _find_candidates(memory: Memory, thread: Thread, weights: Mapping[int, float]) -> list[int]:
    """The threads of other languages that share most of the heaviest keys."""
    shared: dict[int, float] = {}
    for key in rank(weights)[:_INDEXED]:
        weight = weights[key]
        for other in memory.across.get(key):
            shared[other] = shared.get(other, 0.0) + weight
    nearest: list[int] = []
    for other in rank(shared, newest=True):
        found = memory.threads.get(other)
        if found and found.language != thread.language and found.story != thread.story:
            nearest.append(other)
            if len(nearest) == _VERIFIED:
                break
    return nearest


def _compare(memory: Memory, thread: Thread, other: Thread, weights: Mapping[int, float], least: float = 0.0) -> float:
    """The cosine of two threads, shrunk where they weigh little; 0 unless enough shared keys are rare in both.

    One of them must be more than a concept: a name, a number, an entity or a place. `weights` are those of `thread`.
    0 also where it is less than `least`, which is known first and true of most.
    """
    likeness = _shrink(other.bridges.dot(weights), thread, other)
    if likeness < least:
        return 0.0
    shared = list(filter(weights.__contains__, other.bridges.keys))
    if len(shared) < _STRONG_KEYS or _concepts().issuperset(shared):
        return 0.0
    if not _are_strong(memory, shared, thread.language, other.language):
        return 0.0
    return likeness * (_OTHER_PLACES if _have_other_places(thread, other) else 1.0)


def _have_other_places(thread: Thread, other: Thread) -> bool:
    """Whether both name countries, none of them the same."""
    places = _places()
    ours, theirs = (
        frozenset(map(places.__getitem__, filter(places.__contains__, one.bridges.keys))) for one in (thread, other)
    )
    return bool(ours and theirs) and ours.isdisjoint(theirs)


@cache
def _concepts() -> frozenset[int]:
    """Hashed keys of concepts, which alone are no proof: many elections are won on one day."""
    return frozenset(hash_bridge(key) for key in list_concept_keys())


@cache
def _places() -> Mapping[int, str]:
    """{hashed key: country}"""
    return {hash_bridge(key): read_place(key) for key in list_place_keys()}


def _are_strong(memory: Memory, keys: Sequence[int], first: str, second: str) -> bool:
    """Whether enough of the keys are rare in both languages."""
    rarity, rare = memory.bridge_rarity, set(keys)
    for language in (first, second):
        salt, most = _salt(language), rarity.find_most(language, _STRONG, CONCEPT_ZIPF, WITHOUT_BODY)
        rare = {key for key, count in zip(rare, rarity.count(salt ^ key for key in rare), strict=True) if count <= most}
    return len(rare) >= _STRONG_KEYS


def _shrink(dot: float, one: Thread | Sum, other: Thread | Sum) -> float:
    norm = (one.bridges_norm / one.taught**2 + _SHRINKAGE) * (other.bridges_norm / other.taught**2 + _SHRINKAGE)
    return dot / (one.taught * other.taught) / math.sqrt(norm)


def _agree(memory: Memory, first: int, second: int) -> bool:
    """Whether the two stories are alike as wholes, and most pairs of their threads in two languages half as much."""
    ours, theirs = _list_threads(memory, first), _list_threads(memory, second)
    whole, other_whole = _add_up(ours), _add_up(theirs)
    if _shrink(whole.bridges.dot(other_whole.bridges.to_dict()), whole, other_whole) < memory.bars.across:
        return False
    pairs = [(one, other) for one in ours for other in theirs if one.language != other.language]
    half = memory.bars.across * _HALF_ALIKE
    alike = sum(_compare(memory, one, other, one.bridges.to_dict(), half) >= half for one, other in pairs)
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
