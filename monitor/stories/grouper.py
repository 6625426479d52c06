"""Groups articles of one event, one after the other as they come, across sources, days and languages.

Pure and deterministic: the same articles in the same order give the same stories, and each decision says why. The
recipe and its measurements are in docs/accuracy.md, Stories.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul

from monitor.stories import across
from monitor.stories.compare import Likeness, compare, measure_copy
from monitor.stories.features import ENTITY, RARE_NAME, Features, read
from monitor.stories.memory import Memory, RememberedArticle, Thread, sort_places
from monitor.stories.model import HOUR, Bars, Decision, HeadlineForm, Item, Kind, Reason, Vector, rank
from monitor.stories.rarity import WITH_BODY, WITHOUT_BODY
from monitor.stories.words import shorten_key

_KEPT_TERMS = 48  # of an article
_MOST_TERMS, _KEPT_SUM = 400, 250  # of a story
_INDEXED, _VERIFIED, _NEAREST = 8, 20, 3  # keys that find others; articles that are compared; members that count
_SHINGLES = 8  # runs of words by which copies are found
_ONE_NAME = 0.15  # what is left of a likeness with a story where one name is all that is shared
_AGAIN = 12 * HOUR  # after which the same headline of one owner is a page that comes again
_SAME_PAGE = 18 * HOUR  # how old an article may be for a page that is filled anew to join it


@dataclass(slots=True, kw_only=True)
class _Case:
    """One article on its way: what was read, and what it is compared with."""

    item: Item
    features: Features
    time: float
    weights: dict[int, float]  # of the heaviest keys, heaviest first
    form: HeadlineForm
    is_repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """One thread that was compared: `value` against `needed`; `best` is its most similar member."""

    thread: int
    value: float
    needed: float
    dot: float
    guards: tuple[str, ...]
    best: int


class Grouper:
    """Give it articles in the order in which they come."""

    def __init__(self, bars: Bars | None = None, memory: Memory | None = None) -> None:
        self.memory = memory or Memory(bars or Bars())

    def add(self, item: Item) -> Decision:
        """Read | weigh | compare | join or begin | teach | merge | link across languages."""
        return self.put(item, read(item))

    def put(self, item: Item, features: Features) -> Decision:
        """The same for an article that has been read, which may happen elsewhere."""
        case = self._open(item, features)
        self.memory.forget()
        found = self._find(case)
        decision = self._copy(case, found)
        if decision is None:
            fits = self._rank_threads(case, found)
            decision = self._join(case, fits) or self._begin(case, fits)
        self.memory.word_rarity.learn(features.language, features.term_keys)
        return decision

    def _open(self, item: Item, features: Features) -> _Case:
        time = self.memory.tell_time(item.published)
        is_repeated = self._is_repeated(item, features, time)
        return _Case(
            item=item,
            features=features,
            time=time,
            weights=self._weigh(_without_headline(item, features) if is_repeated else features),
            form=features.form,
            is_repeated=is_repeated,
        )

    def _is_repeated(self, item: Item, features: Features, time: float) -> bool:
        """Whether the owner had the same headline, but for its date and numbers, half a day ago or earlier."""
        if not item.owner or not features.pattern:
            return False
        key = shorten_key(item.owner, features.pattern)
        seen = self.memory.series.get(key)
        if seen is None or time - seen >= _AGAIN:
            self.memory.series[key] = time
        return seen is not None and time - seen >= _AGAIN

    def _weigh(self, features: Features) -> dict[int, float]:
        """The weights of the heaviest keys, heaviest first, of length 1."""
        length = WITH_BODY if features.has_body else WITHOUT_BODY
        rarity, terms = self.memory.word_rarity, features.terms.values()
        weights = rarity.weigh(features.language, features.term_keys, terms, length)
        heaviest = {key: weights[key] for key in rank(weights)[:_KEPT_TERMS]}
        norm = math.sqrt(sum(map(mul, heaviest.values(), heaviest.values()))) or 1.0
        return {key: weight / norm for key, weight in heaviest.items()}

    # What an article is compared with

    def _find(self, case: _Case) -> dict[int, Likeness]:
        """Likeness with the articles that share most."""
        memory = self.memory
        shared: dict[int, float] = {}
        for key in list(case.weights)[:_INDEXED]:
            weight = case.weights[key]
            numbers = memory.words.get(key)
            for number in numbers[bisect_left(numbers, memory.oldest) :]:
                shared[number] = shared.get(number, 0.0) + weight
        oldest = _find_oldest(case)
        known = ((number, memory.articles[number]) for number in rank(shared, newest=True)[:_VERIFIED])
        return {number: compare(case.features, case.weights, one) for number, one in known if one.time >= oldest}

    def _rank_threads(self, case: _Case, found: Mapping[int, Likeness]) -> list[_Fit]:
        by_thread: dict[int, list[int]] = {}
        for number in found:
            by_thread.setdefault(self.memory.articles[number].thread, []).append(number)
        fits = [self._measure(case, found, thread, members) for thread, members in by_thread.items()]
        return sorted(fits, key=lambda fit: (fit.needed - fit.value, fit.thread))

    def _measure(self, case: _Case, found: Mapping[int, Likeness], number: int, members: Sequence[int]) -> _Fit:
        """Half the likeness with the sum of the thread, half that with its nearest members."""
        memory, bars, thread = self.memory, self.memory.bars, self.memory.threads[number]
        nearest = sorted(members, key=lambda member: (-found[member].value, member))
        count = min(_NEAREST, thread.count)
        likeness = found[nearest[0]]
        guards = likeness.guards
        dot = likeness.dot if thread.vector is memory.articles[nearest[0]].vector else thread.vector.dot(case.weights)
        value = dot / math.sqrt(thread.norm) if thread.norm else 0.0
        left = sum(found[member].left for member in nearest[:count]) / len(nearest[:count])
        value = 0.5 * value * left + 0.5 * sum(found[member].value for member in nearest[:count]) / count
        gap = max(0.0, case.time - thread.last)
        needed = bars.join + bars.silence * math.log2(1 + gap / bars.pause)
        if thread.takes_copies_only or case.time - thread.first > bars.span:
            needed = math.inf
        if value >= needed and _shares_one_name(case, thread):
            value, guards = value * _ONE_NAME, (*guards, "one name in common")
        return _Fit(thread=number, value=value, needed=needed, dot=dot, guards=guards, best=nearest[0])

    # Decisions

    def _copy(self, case: _Case, found: Mapping[int, Likeness]) -> Decision | None:
        """The article repeats one that is known."""
        best: tuple[float, int, str] | None = None
        oldest = _find_oldest(case)
        for number in sorted({*found, *self._list_copies(case)}):
            if self.memory.articles[number].time < oldest or (number in found and found[number].guards):
                continue
            what, share = measure_copy(case.features, self.memory.articles[number])
            if what == "headline" and (case.is_repeated or case.form is HeadlineForm.RECURRING):
                continue
            if what and (best is None or share > best[0]):
                best = share, number, what
        if best is None:
            return None
        share, number, what = best
        known = self.memory.articles[number]
        because = (Reason(what=f"same {what}", value=round(share, 3), other=known.id),)
        fit = next((fit for fit in self._rank_threads(case, found) if fit.thread == known.thread), None)
        return self._enter(case, known.thread, fit.dot if fit else None, (Kind.COPY, because))

    def _list_copies(self, case: _Case) -> Iterable[int]:
        shingles = case.features.sketch[:_SHINGLES]
        oldest = self.memory.oldest
        return (number for key in shingles for number in self.memory.copies.get(key) if number >= oldest)

    def _join(self, case: _Case, fits: Sequence[_Fit]) -> Decision | None:
        if case.form in {HeadlineForm.ROUNDUP, HeadlineForm.RECURRING}:
            return None
        if not fits or fits[0].value < fits[0].needed:
            return None
        fit = fits[0]
        thread = self.memory.threads[fit.thread]
        known = filter(case.weights.__contains__, thread.vector.keys)
        novelty = 1 - sum(case.weights[key] ** 2 for key in known)
        bars = self.memory.bars
        is_news = novelty >= bars.novelty and fit.value - fit.needed < bars.margin
        because = [self._explain(case, fit)]
        if is_news:
            because.append(Reason(what="mostly new to the story", value=round(novelty, 3), needed=bars.novelty))
        kind = Kind.FOLLOW_UP if is_news else Kind.JOINED
        others = [one.thread for one in fits[1:]]
        return self._enter(case, fit.thread, fit.dot, (kind, tuple(because)), others)

    def _begin(self, case: _Case, fits: Sequence[_Fit]) -> Decision:
        because = [self._explain(case, fit) for fit in fits[:1]]
        if case.form in {HeadlineForm.ROUNDUP, HeadlineForm.RECURRING}:
            because = [Reason(what=f"{case.form} headline")]
        number = self.memory.begin_thread(case.features.language, case.item.id, case.time)
        self.memory.threads[number].takes_copies_only = case.form in {HeadlineForm.ROUNDUP, HeadlineForm.RECURRING}
        return self._enter(case, number, None, (Kind.NEW, tuple(because) or (Reason(what="nothing like it"),)))

    def _enter(
        self,
        case: _Case,
        number: int,
        dot: float | None,
        verdict: tuple[Kind, tuple[Reason, ...]],
        others: Iterable[int] = (),
    ) -> Decision:
        """Remembers the article in its thread, which learns from it and may become one with `others`."""
        thread, (kind, because) = self.memory.threads[number], verdict
        vector = Vector.of(case.weights)
        self._remember(case, number, vector)
        links: list[Reason] = []
        if thread.count == 1 or case.form is HeadlineForm.REPORT:
            self._teach(thread, case.weights, vector, dot)
            number, links = self._merge(number, others)
        if case.form is HeadlineForm.REPORT and not case.is_repeated:
            keys = [across.hash_bridge(key) for key in case.features.bridges]
            across.teach(self.memory, number, across.weigh_bridges(self.memory, case.features, keys))
            links += across.link_languages(self.memory, number, dict(zip(keys, case.features.bridges, strict=True)))
        return self._decide(case, number, kind, (*because, *links))

    def _decide(self, case: _Case, number: int, kind: Kind, because: tuple[Reason, ...]) -> Decision:
        """A new article that is told in another language already begins no new story."""
        story = self.memory.stories[self.memory.threads[number].story].id
        if kind is Kind.NEW and story != case.item.id:
            kind = Kind.JOINED
        void = dict.fromkeys(reason.void for reason in because if reason.void)
        merged = tuple(one for one in void if one not in {story, case.item.id})
        return Decision(id=case.item.id, story=story, kind=kind, because=because, merged=merged)

    def _remember(self, case: _Case, number: int, vector: Vector) -> None:
        features = case.features
        names = sum(1 << at for at, word in enumerate(features.headline) if word in features.names)
        headline_numbers = tuple(sorted(features.headline_numbers))
        known = RememberedArticle(
            id=case.item.id,
            time=case.time,
            thread=number,
            vector=vector,
            headline=" ".join(features.headline),
            names=names,
            name_keys=features.name_keys,
            headline_numbers=headline_numbers,
            numbers=_sort_numbers(features, headline_numbers),
            places=sort_places(features.places),
            sketch=features.sketch,
        )
        article = self.memory.add_article(known)
        self.memory.words.add(list(case.weights)[:_INDEXED], article)
        self.memory.copies.add(features.sketch[:_SHINGLES], article)

    def _teach(self, thread: Thread, weights: Mapping[int, float], vector: Vector, dot: float | None) -> None:
        if thread.count == 1:
            thread.vector, thread.norm = vector, 1.0
            return
        if dot is None:
            dot = thread.vector.dot(weights)
        summed = thread.vector.to_dict()
        for key, weight in weights.items():
            summed[key] = summed.get(key, 0.0) + weight
        thread.vector = Vector.of(_keep_heaviest(summed))
        thread.norm += 1 + 2 * dot

    def _merge(self, number: int, others: Iterable[int]) -> tuple[int, list[Reason]]:
        """Threads that have become alike are one: the number that it has then, and what was joined."""
        because: list[Reason] = []
        weights = self.memory.threads[number].vector.to_dict()
        for other in others:
            if self._are_one(number, other, weights):
                number, void = self._merge_threads(number, other)
                weights = self.memory.threads[number].vector.to_dict()
                because.append(Reason(what="two stories became alike", void=void))
        return number, because

    def _are_one(self, number: int, other: int, weights: Mapping[int, float]) -> bool:
        """Whether two threads are alike; `weights` are those of the first."""
        bars, threads = self.memory.bars, self.memory.threads
        ours, theirs = threads[number], threads.get(other)
        if theirs is None or theirs is ours or ours.takes_copies_only or theirs.takes_copies_only:
            return False
        if max(ours.last, theirs.last) - min(ours.first, theirs.first) > bars.span:
            return False
        if not self.memory.may_join(ours.story, theirs.story):
            return False
        is_alike = theirs.vector.dot(weights) >= bars.merge * math.sqrt(ours.norm * theirs.norm)
        return is_alike and len(weights.keys() & theirs.vector.keys) > 1

    def _merge_threads(self, number: int, other: int) -> tuple[int, str | None]:
        memory = self.memory
        kept_number, gone_number = min(number, other), max(number, other)
        kept, gone = memory.threads[kept_number], memory.threads[gone_number]
        void = memory.join_stories(kept.story, gone.story) if kept.story != gone.story else None
        kept.norm += gone.norm + 2 * kept.vector.dot(gone.vector.to_dict())
        kept.vector = Vector.of(_keep_heaviest(_add(kept.vector, gone.vector)))
        across.set_bridges(kept, _add(kept.bridges, gone.bridges))
        memory.across.add(gone.bridges.keys[:10], kept_number)
        kept.taught += gone.taught
        kept.count += gone.count
        kept.first, kept.last = min(kept.first, gone.first), max(kept.last, gone.last)
        for member in gone.members:
            memory.articles[member].thread = kept_number
        kept.members += gone.members
        memory.drop_thread(gone_number)
        return kept_number, void

    def _explain(self, case: _Case, fit: _Fit) -> Reason:
        thread, best = self.memory.threads[fit.thread], self.memory.articles[fit.best]
        names, length = dict(zip(case.features.term_keys, case.features.terms, strict=True)), math.sqrt(thread.norm)
        shared = {
            names[key]: round(case.weights[key] * weight / length, 3)
            for key, weight in zip(thread.vector.keys, thread.vector.weights, strict=True)
            if key in case.weights
        }
        heaviest = dict(sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:8])
        guards, needed = fit.guards, None
        if math.isfinite(fit.needed):
            needed = round(fit.needed, 3)
        else:
            guards = (*guards, "takes copies only" if thread.takes_copies_only else "the story is too old")
        what = "; ".join(("same words", *guards))
        return Reason(what=what, value=round(fit.value, 3), needed=needed, shared=heaviest, other=best.id)


def _shares_one_name(case: _Case, thread: Thread) -> bool:
    """Whether all that an article shares with a story is one word that is not rare, or the name that is watched.

    A fire, a library and a book that have "Bush" in their headlines are three events.
    """
    shared = [key for key in thread.vector.keys if key in case.weights]
    if len(shared) != 1:
        return False
    features = case.features
    zipfs = (zipf for _, zipf in features.terms.values())
    if dict(zip(features.term_keys, zipfs, strict=True))[shared[0]] > RARE_NAME:
        return True
    entities = {across.hash_bridge(key) for key in features.bridges if key.startswith(ENTITY)}
    return not entities.isdisjoint(thread.bridges.keys)


def _sort_numbers(features: Features, in_headline: tuple[str, ...]) -> tuple[str, ...]:
    """All numbers, which are compared with those of headlines alone; often they are the same, and kept once."""
    if not in_headline or len(features.numbers) == len(in_headline):
        return in_headline
    return tuple(sorted(features.numbers))


def _find_oldest(case: _Case) -> float:
    """The time before which nothing is compared with a page that is filled anew."""
    return case.time - _SAME_PAGE if case.is_repeated or case.form is not HeadlineForm.REPORT else -math.inf


def _add(first: Vector, second: Vector) -> dict[int, float]:
    summed = first.to_dict()
    for key, weight in zip(second.keys, second.weights, strict=True):
        summed[key] = summed.get(key, 0.0) + weight
    return summed


def _keep_heaviest(summed: dict[int, float]) -> dict[int, float]:
    if len(summed) <= _MOST_TERMS:
        return summed
    return {key: summed[key] for key in rank(summed)[:_KEPT_SUM]}


def _without_headline(item: Item, features: Features) -> Features:
    """Those of the body alone."""
    return read(replace(item, headline="", language=features.language))
