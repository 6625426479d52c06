"""What people say about stories, put into the grouper's memory: articles that are another story, stories that are one.

Only what the memory still has is changed; the store has the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from monitor.model import ArticleId
from monitor.model.story import StoryId, make_story_id
from monitor.stories.memory import Memory, without
from monitor.stories.model import Vector

_LITERAL = "story "  # before an id that is not made of an article's, which has no space


def name_story(called: str) -> StoryId:
    """The id of a story that the grouper calls so: after its first article, or as a person's correction made it."""
    if called.startswith(_LITERAL):
        return StoryId(called.removeprefix(_LITERAL))
    return make_story_id(ArticleId(called))


def unite(memory: Memory, story: StoryId, other: StoryId) -> None:
    """`other` is the same story as `story`, whose id it has from now on."""
    numbers = [number for number, state in memory.stories.items() if name_story(state.id) in {story, other}]
    if not numbers:
        return
    for number in numbers[1:]:
        memory.allow(min(numbers), number)
        memory.join_stories(min(numbers), number)
    memory.stories[min(numbers)].id = f"{_LITERAL}{story}"


def part(memory: Memory, articles: Collection[ArticleId], new: StoryId) -> None:
    """`articles` are the story `new`, which never becomes one again with the story that they are taken from."""
    by_thread: dict[int, list[int]] = {}
    for number, known in memory.articles.items():
        if known.id in articles:
            by_thread.setdefault(known.thread, []).append(number)
    parted: list[int] = []
    left: set[int] = set()
    for thread, members in sorted(by_thread.items()):
        left.add(memory.threads[thread].story)
        parted.append(memory.threads[_part_thread(memory, thread, members, new)].story)
    for story in parted[1:]:
        memory.join_stories(parted[0], story)
    for story in left & memory.stories.keys():
        memory.forbid(parted[0], story)


def _part_thread(memory: Memory, number: int, members: Sequence[int], new: StoryId) -> int:
    """The thread of `members`, which the other one has no longer."""
    thread = memory.threads[number]
    begun = memory.begin_thread(thread.language, f"{_LITERAL}{new}", min(memory.articles[one].time for one in members))
    fresh = memory.threads[begun]
    for member in members:
        thread.members = without(thread.members, member)
        memory.articles[member].thread = begun
        fresh.members += (member,)
        fresh.last = max(fresh.last, memory.articles[member].time)
    vectors = [memory.articles[member].vector for member in members]
    fresh.count, fresh.vector = len(members), _add_up(vectors)
    fresh.norm = _measure(fresh.vector)
    thread.count -= len(members)
    thread.vector = _subtract(thread.vector, fresh.vector)
    thread.norm = _measure(thread.vector)
    if not thread.members:
        memory.drop_thread(number)
    return begun


def _add_up(vectors: Iterable[Vector]) -> Vector:
    summed: dict[int, float] = {}
    for vector in vectors:
        for key, weight in zip(vector.keys, vector.weights, strict=True):
            summed[key] = summed.get(key, 0.0) + weight
    return Vector.of(summed)


def _subtract(first: Vector, second: Vector) -> Vector:
    gone = second.to_dict()
    pairs = ((key, weight - gone.get(key, 0.0)) for key, weight in first.to_dict().items())
    return Vector.of({key: weight for key, weight in pairs if weight > 1e-6})


def _measure(vector: Vector) -> float:
    return sum(weight * weight for weight in vector.weights)
