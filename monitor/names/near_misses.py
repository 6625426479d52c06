"""What in an article looks like a watched name and is not found as it: for `explain`, and for examples that fail.

It looks at the names of the few entities that somebody asks about, so it may compare each of them with every run of
words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import Protocol

from rapidfuzz import fuzz, process

from monitor.model import Article, EntityId, Zone
from monitor.model.sightings import Sightings
from monitor.names.brief import is_counted
from monitor.names.candidates import ArticleWords, read_article
from monitor.names.compile import NameBook
from monitor.names.guards import Contest, Guard, Held, Window, find_guard, list_windows
from monitor.names.lexicon import NameForm, Role
from monitor.names.spans import Claim, resolve_apart, settle_short
from monitor.text.affixes import read_forms
from monitor.text.counting import count
from monitor.text.normalize import fold
from monitor.text.tokenize import is_unspaced

Asked = tuple[EntityId | None, str]  # an entity, or None and the text that a rule looks for
ALIKE = 70  # of 100: below, two names have little in common
ALIKE_IF_CUT, BRIEF = 80, 6  # of a name with so few letters and a shorter word: "put" is no slip for Putin
MOST_EACH = 3  # of one entity or text
MOST_MISSES = 24  # in one answer: the likest, of each one that is asked about at least one if there is room
FARTHEST_APART = 8  # words between the words of one name
_LIKENESS_APART = 85  # of a name whose words are all there
_ROWS = 4096  # names that are compared at once


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Words of an article that look like a name, where they stand, how alike they are of 100, and what refuses them.

    `article.text(field)[start:end] == text`.
    """

    term: str  # the name as the user wrote it
    field: Zone
    start: int
    end: int
    text: str
    likeness: int
    held: Held

    def __str__(self) -> str:
        return f"{self.text!r} {self.likeness}: {self.held.why}"


def is_found(asked: Asked, seen: Sightings) -> bool:
    """Whether it was found, perhaps in a tier or a field that does not count."""
    entity, text = asked
    return text in seen.by_literal if entity is None else entity in seen.by_entity


class ListClaims(Protocol):
    """What lists the places where names fit: the engine."""

    def list_claims(self, article: Article) -> Sequence[Claim]:
        """Every place where a name fits, before it is settled who gets its words."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name at a place where it may nearly be; `apart` has the indexes of its words where they are not together."""

    likeness: int
    form: NameForm
    window: Window
    apart: tuple[int, ...] = ()

    @property
    def place(self) -> tuple[Zone, int, int]:
        return self.window.zone, self.window.first, self.window.last

    def overlaps(self, other: _Candidate) -> bool:
        (zone, first, last), (its_zone, its_first, its_last) = self.place, other.place
        return zone is its_zone and first <= its_last and its_first <= last


class NearMisses:
    """The names of one watch-list, by the entity or the text that they are looked for as."""

    def __init__(self, book: NameBook, names: ListClaims) -> None:
        self._book = book
        self._names = names
        self._forms: dict[Asked, list[NameForm]] = {}
        for form in book.forms:
            role = form.role
            if role is Role.NAME or role is Role.SHORT:
                self._forms.setdefault((form.owner, ""), []).append(form)
            elif role is Role.LITERAL:
                self._forms.setdefault((None, form.term), []).append(form)

    def find(self, asked: Iterable[Asked], article: Article, seen: Sightings) -> Mapping[Asked, Sequence[NearMiss]]:
        """What nearly is a name of each one of `asked`, the likest first; nothing of those that nothing is like.

        `seen` is what was found in the article: what is asked about and is among it, is left out.
        """
        forms = {one: self._forms.get(one, ()) for one in dict.fromkeys(asked) if not is_found(one, seen)}
        if not any(forms.values()):
            return {}
        look = self._look(article)
        found: dict[Asked, dict[tuple[Zone, int, int], _Candidate]] = defaultdict(dict)
        for one, candidate in _list_candidates(forms, look):
            best = found[one].get(candidate.place)
            if best is None or candidate.likeness > best.likeness:
                found[one][candidate.place] = candidate
        chosen = _choose({one: list(each.values()) for one, each in found.items()})
        return {one: [_describe(each, look) for each in candidates] for one, candidates in chosen.items()}

    def _look(self, article: Article) -> _Look:
        read, claims = read_article(article), self._names.list_claims(article)
        counted = [one for one in claims if not one.form.languages or is_counted(one, read.fields, read.language)]
        names = [one for one in counted if one.form.role is not Role.LITERAL]
        winners = settle_short(names, self._book.support, resolve_apart)
        return _Look(read, Contest(claims=claims, winners=winners, entities=self._book.entities))


@dataclass(frozen=True)
class _Look:
    """An article, and who claims its words."""

    read: ArticleWords
    contest: Contest

    @cached_property
    def spellings(self) -> Mapping[Zone, Mapping[str, Sequence[int]]]:
        """By field: each folded way to read a word, with the indexes of the words that are read so."""
        places: dict[Zone, dict[str, list[int]]] = {}
        for zone, words in self.read.fields.items():
            known = places[zone] = defaultdict(list)
            for at, text in enumerate(words.texts):
                for spelling in {form.spelling for form in read_forms(text, self.read.language)}:
                    known[spelling].append(at)
        return places

    @cached_property
    def spaced(self) -> Mapping[Zone, Sequence[str]]:
        """By field: its words, folded, as they would follow others."""
        return {zone: _space(map(fold, words.texts)) for zone, words in self.read.fields.items()}

    def list_windows(self, size: int) -> Sequence[tuple[str, Sequence[Window]]]:
        """Runs of so many words, by how they are spelt."""
        same: dict[str, list[Window]] = defaultdict(list)
        for window in list_windows(self.read.fields, size, self.read.language):
            same["".join(self.spaced[window.zone][window.first : window.last + 1]).lstrip()].append(window)
        return list(same.items())


def _list_candidates(forms: Mapping[Asked, Sequence[NameForm]], look: _Look) -> Iterator[tuple[Asked, _Candidate]]:
    owners = {(form.owner, form.term if form.role is Role.LITERAL else "") for form in chain(*forms.values())}
    for claim in look.contest.claims:
        one = claim.form.owner, claim.form.term if claim.form.role is Role.LITERAL else ""
        if one in owners and claim.form.role is not Role.NEVER:
            words = look.read.fields[claim.field]
            window = Window(
                zone=claim.field, words=words, first=claim.first, last=claim.last, language=look.read.language
            )
            yield one, _Candidate(claim.score, claim.form, window)
    yield from _list_alike(forms, look)
    for one, form in ((one, form) for one, each in forms.items() for form in each if form.gaps):
        yield from ((one, candidate) for candidate in _list_apart(form, look))


def _list_alike(forms: Mapping[Asked, Sequence[NameForm]], look: _Look) -> Iterator[tuple[Asked, _Candidate]]:
    """Runs of as many words as a name has, which are spelt about as it is."""
    import numpy as np  # 0.1 s, 19 MB

    by_size: dict[int, list[tuple[Asked, NameForm]]] = defaultdict(list)
    for one, each in forms.items():
        for form in each:
            by_size[len(form.words)].append((one, form))
    for size, pairs in by_size.items():
        windows = look.list_windows(size)
        texts = [text for text, _ in windows]
        for start in range(0, len(pairs) if texts else 0, _ROWS):
            part = pairs[start : start + _ROWS]
            names = ["".join(_space(word.folded for word in form.words)).lstrip() for _, form in part]
            alike = process.cdist(names, texts, scorer=fuzz.ratio, score_cutoff=ALIKE, dtype=np.uint8)
            for row, column in zip(*(axis.tolist() for axis in alike.nonzero()), strict=True):
                one, form = part[row]
                is_cut = len(texts[column]) < len(names[row]) <= BRIEF
                if is_cut and alike[row, column] < ALIKE_IF_CUT:
                    continue
                for window in windows[column][1]:
                    yield one, _Candidate(int(alike[row, column]), form, window)


def _list_apart(form: NameForm, look: _Look) -> Iterator[_Candidate]:
    """Places where all words of a name stand, as they are, but not one after the other."""
    for zone, spellings in look.spellings.items():
        places = [spellings.get(word.folded, ()) for word in form.words]
        if not all(places):
            continue
        for start in places[0]:
            chosen = [min(each, key=partial(_measure_gap, start)) for each in places]
            first, last = min(chosen), max(chosen)
            is_together = chosen == list(range(start, start + len(chosen)))
            if is_together or len(set(chosen)) < len(chosen) or last - first >= len(chosen) + FARTHEST_APART:
                continue
            window = Window(
                zone=zone, words=look.read.fields[zone], first=first, last=last, language=look.read.language
            )
            yield _Candidate(_LIKENESS_APART, form, window, tuple(chosen))


def _measure_gap(start: int, at: int) -> int:
    return abs(at - start)


def _space(words: Iterable[str]) -> list[str]:
    """Each word with the blank that stands before it after another one."""
    return [word if is_unspaced(word) else f" {word}" for word in words]


def _choose(found: Mapping[Asked, Sequence[_Candidate]]) -> Mapping[Asked, Sequence[_Candidate]]:
    """The likest of each, and of all."""
    ranked = {one: _pick_apart(each) for one, each in found.items()}
    turns = sorted(
        (
            (turn, -each.likeness, order, one)
            for order, (one, few) in enumerate(ranked.items())
            for turn, each in enumerate(few)
        ),
        key=lambda entry: entry[:3],
    )
    allowed: dict[Asked, int] = defaultdict(int)
    for *_, one in turns[:MOST_MISSES]:
        allowed[one] += 1
    return {one: few[: allowed[one]] for one, few in ranked.items() if allowed[one]}


def _pick_apart(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The likest, of those that share words only one."""
    picked: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda each: -each.likeness):
        if not any(candidate.overlaps(other) for other in picked):
            picked.append(candidate)
        if len(picked) == MOST_EACH:
            break
    return picked


def _describe(candidate: _Candidate, look: _Look) -> NearMiss:
    window = candidate.window
    start, end = window.words.find_span(window.first, window.last)
    return NearMiss(
        term=candidate.form.term,
        field=window.zone,
        start=start,
        end=end,
        text=window.text,
        likeness=candidate.likeness,
        held=_tell_apart(candidate) if candidate.apart else find_guard(candidate.form, window, look.contest),
    )


def _tell_apart(candidate: _Candidate) -> Held:
    if list(candidate.apart) != sorted(candidate.apart):
        return Held(Guard.APART, "its words stand there in another order")
    between = candidate.window.last - candidate.window.first + 1 - len(candidate.apart)
    return Held(Guard.APART, f"{count(between, 'other word')} between the words of the name")
