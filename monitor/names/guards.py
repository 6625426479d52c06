"""Why words of a text that look like a name are not found as it: which guard of docs/matching.md holds them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

from monitor.model import EntityId, Zone
from monitor.names.candidates import fit, has_capitals, looks_like_name, stands_free
from monitor.names.lexicon import Case, NameForm, Role, Word, has_gaps
from monitor.names.reading import FEWEST_FOR_ONE_EDIT, SAME_BEGINNING, Hit, count_allowed
from monitor.names.spans import Claim
from monitor.names.vocabulary import Vocabulary
from monitor.text.affixes import drop_article, is_derived
from monitor.text.frequency import is_common, is_function_word
from monitor.text.normalize import compose, fold
from monitor.text.tokenize import Words


class Guard(StrEnum):
    """What keeps a name from being found; `explain` and failing examples name it."""

    CASE = "case"
    ACRONYM = "acronym"
    SHORT = "short"
    LONGER = "longer"
    NEVER = "not"
    USUAL = "usual"
    GAP = "gap"
    SPELLING = "spelling"


@dataclass(frozen=True, slots=True)
class Held:
    """A guard, and in words what it asks for."""

    guard: Guard
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Words `first` to `last` of a zone of an article in a language, that may be a name."""

    zone: Zone
    words: Words
    first: int
    last: int
    language: str | None

    @property
    def texts(self) -> Sequence[str]:
        return self.words.texts[self.first : self.last + 1]

    @property
    def text(self) -> str:
        """As published."""
        start, end = self.words.find_span(self.first, self.last)
        return self.words.text[start:end]

    def overlaps(self, claim: Claim) -> bool:
        return claim.field is self.zone and claim.first <= self.last and claim.last >= self.first


def find_guard(
    form: NameForm, window: Window, claims: Iterable[Claim], near: Mapping[EntityId, Sequence[EntityId]]
) -> Held:
    """The guard that keeps `form` from being found at a window. `claims` are those of the whole article."""
    here = [claim for claim in claims if window.overlaps(claim)]
    if any(claim.form.owner == form.owner and claim.form.term == form.term for claim in here):
        return _find_loss(form, window, here, near)
    readings = [_read(word, text, window.language) for word, text in zip(form.words, window.texts, strict=True)]
    for word, text, hits in zip(form.words, window.texts, readings, strict=True):
        if not hits:
            return _compare(word, text)
    return _find_look(form, window, readings)


def _read(word: Word, text: str, language: str | None) -> Sequence[Hit]:
    return Vocabulary([word]).find(text, language).get(word, ())


def _find_loss(
    form: NameForm, window: Window, here: Sequence[Claim], near: Mapping[EntityId, Sequence[EntityId]]
) -> Held:
    """The name fits: another one has its words, or it is a short name alone."""
    others = [each for each in here if each.form.owner != form.owner or each.form.role is Role.NEVER]
    own = min((each.order for each in here if each not in others), default=None)
    better = [each for each in others if own is None or each.order <= own]
    for claim in sorted(better, key=lambda claim: claim.order):
        if claim.form.role is Role.NEVER:
            return Held(Guard.NEVER, f"`not:` has {_quote(claim, window)}")
        return Held(Guard.LONGER, f"it is part of the longer name {_quote(claim, window)}")
    beside = near.get(form.owner, ()) if form.owner is not None else ()
    wanted = f" or of {', '.join(beside)}" if beside else ""
    return Held(Guard.SHORT, f"a short name counts only where a full name of {form.owner}{wanted} is found too")


def _quote(claim: Claim, window: Window) -> str:
    start, end = window.words.find_span(claim.first, claim.last)
    return repr(window.words.text[start:end])


def _compare(word: Word, text: str) -> Held:
    """Why one word of a text is not one word of a name."""
    folded = fold(text)
    if folded == word.folded:
        if word.case is Case.UPPER:
            return Held(Guard.ACRONYM, f"an acronym of up to four letters is in capitals: {word.composed.upper()}")
        if is_function_word(compose(text)):
            return Held(Guard.USUAL, f"{text!r} is a word that only holds sentences together")
        return Held(Guard.CASE, f"{text!r} is in small letters, and the name has a capital")
    if word.is_rigid:
        return Held(Guard.ACRONYM, f"{word.composed!r} is neither declined nor misspelt")
    return Held(Guard.SPELLING, _tell_difference(word, text, drop_article(folded)))


def _tell_difference(word: Word, text: str, folded: str) -> str:
    name = drop_article(word.folded)
    if is_common(fold(text)):
        return f"{text!r} is a word or a country of its own"
    if is_derived(name, folded):
        return f"{text!r} is the adjective made from the name"
    if name[:SAME_BEGINNING] != folded[:SAME_BEGINNING]:
        return f"the first two letters of {text!r} are other ones"
    if len(name) < FEWEST_FOR_ONE_EDIT:
        return f"{text!r} is no form of the name, which is too short to be misspelt"
    return _tell_edits(name, folded, text)


def _tell_edits(name: str, folded: str, text: str) -> str:
    edits, allowed = OSA.distance(name, folded), count_allowed(name)
    if edits > allowed:
        return f"{text!r} is no form of the name, and {edits} letters are other ones: {allowed} may be"
    return f"{text!r} is no form of the name; misspelt, it needs the name's capital and a word of no other meaning"


def _find_look(form: NameForm, window: Window, readings: Sequence[Sequence[Hit]]) -> Held:
    """Each word could be the name's, but not as they stand there."""
    words, first, last = window.words, window.first, window.last
    gaps = words.gaps[first + 1 : last + 1]
    if form.gaps and not has_gaps(form, gaps):
        return Held(Guard.GAP, f"other signs stand between the words: {''.join(gaps).strip()!r}")
    if not stands_free(words, first, last):
        return Held(Guard.GAP, "a sentence ends inside, or a longer word goes on")
    chosen = fit(form, readings)
    if not chosen:
        return Held(Guard.SPELLING, "misspelt: a short name or a usual word needs another word of it that is right")
    return Held(*_tell_look(form, window, chosen))


def _tell_look(form: NameForm, window: Window, chosen: Sequence[Hit]) -> tuple[Guard, str]:
    small = next((text for text, hit in zip(window.texts, chosen, strict=True) if hit.small), None)
    if small is not None and not (len(chosen) > 1 and has_capitals(form, chosen, window.words, window.first)):
        return Guard.CASE, f"{small!r} is in small letters, and the name has a capital"
    if chosen[0].is_doubtful and not looks_like_name(form, window.words, window.first):
        return Guard.USUAL, f"{window.text!r} is a usual word too, and nothing shows that it is a name here"
    return Guard.SPELLING, "misspelt, and too unlike the name"


def list_windows(zones: Mapping[Zone, Words], size: int, language: str | None) -> Iterator[Window]:
    """Every run of `size` words of an article."""
    for zone, words in zones.items():
        for first in range(len(words) - size + 1):
            yield Window(zone=zone, words=words, first=first, last=first + size - 1, language=language)
