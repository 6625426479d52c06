"""Why words of a text that look like a name are not found as it: which guard of docs/matching.md holds them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

from monitor.model import EntityId, Tier, Zone
from monitor.names.candidates import fit, has_capitals, looks_like_name, stands_free
from monitor.names.compile import list_entity_names
from monitor.names.lexicon import Case, NameForm, Role, Word, has_gaps
from monitor.names.model import Entity
from monitor.names.reading import FEWEST_FOR_ONE_EDIT, SAME_BEGINNING, Hit, count_allowed
from monitor.names.spans import Claim
from monitor.names.vocabulary import Vocabulary
from monitor.text.affixes import drop_article, is_derived
from monitor.text.counting import count
from monitor.text.frequency import is_common, is_function_word
from monitor.text.normalize import compose, fold
from monitor.text.tokenize import Words

_NAMES_SHOWN = 3  # of an entity, in a message


class Guard(StrEnum):
    """What keeps a name from being found; `explain` and failing examples name it."""

    CASE = "case"
    ACRONYM = "acronym"
    SHORT = "short"
    LONGER = "longer"
    NEVER = "not"
    USUAL = "usual"
    GAP = "gap"
    APART = "apart"
    LANGUAGE = "language"
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

    def lies_in(self, claim: Claim) -> bool:
        return claim.field is self.zone and claim.first <= self.first and claim.last >= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Every claim to words of an article, those that have their words in the end, and the entities they are names of.

    `claims` are all places where a name fits; `winners` those of names that count, shipped ones included.
    """

    claims: Sequence[Claim]
    winners: Sequence[Claim]
    entities: Mapping[EntityId, Entity]


def find_guard(form: NameForm, window: Window, contest: Contest) -> Held:
    """The guard that keeps `form` from being found at a window."""
    if any(is_own(claim, form) for claim in contest.claims if window.overlaps(claim)):
        return _find_loss(form, window, contest)
    around = [claim for claim in contest.winners if window.lies_in(claim) and claim.tier is not Tier.FUZZY]
    if form.role is not Role.LITERAL and (rival := _find_rival(form, window, around)):
        return rival
    readings = [_read(word, text, window.language) for word, text in zip(form.words, window.texts, strict=True)]
    whys = [
        _compare(word, text) for word, text, hits in zip(form.words, window.texts, readings, strict=True) if not hits
    ]
    if whys:
        return Held(whys[0].guard, "; ".join(dict.fromkeys(held.why for held in whys)))
    return _find_look(form, window, readings)


def is_own(claim: Claim, form: NameForm) -> bool:
    """Whether a claim is that of a name, in this spelling of it or in another."""
    return claim.form.owner == form.owner and claim.form.term == form.term and claim.form.role is form.role


def _read(word: Word, text: str, language: str | None) -> Sequence[Hit]:
    return Vocabulary([word]).find(text, language).get(word, ())


def _find_loss(form: NameForm, window: Window, contest: Contest) -> Held:
    """The name fits: another one has its words, or it is a short name alone, or of another language."""
    if rival := _find_rival(form, window, contest.winners):
        return rival
    if form.role is Role.SHORT:
        return Held(Guard.SHORT, f"a short name, which counts only beside {_list_support(form, contest.entities)}")
    if form.languages:
        return Held(
            Guard.LANGUAGE, f"so short a name counts only in some languages: {', '.join(sorted(form.languages))}"
        )
    return Held(Guard.SPELLING, "misspelt, and another name fits these words better")


def _find_rival(form: NameForm, window: Window, winners: Iterable[Claim]) -> Held | None:
    """Another name has words of the window."""
    here = [claim for claim in winners if window.overlaps(claim) and not _is_same_owner(claim, form)]
    for claim in sorted(here, key=lambda claim: claim.order):
        if claim.form.role is Role.NEVER and claim.form.owner == form.owner:
            return Held(Guard.NEVER, f"`not:` has {_quote(claim, window)}")
        whose = f"a name of {claim.form.owner}" if claim.form.owner else "another name"
        is_longer = claim.first < window.first or claim.last > window.last
        verb = "inside" if is_longer else "these words are"
        return Held(Guard.LONGER, f"{verb} {_quote(claim, window)}, {whose}")
    return None


def _is_same_owner(claim: Claim, form: NameForm) -> bool:
    return form.owner is not None and claim.form.owner == form.owner and claim.form.role is not Role.NEVER


def _list_support(form: NameForm, entities: Mapping[EntityId, Entity]) -> str:
    """What must be found for a short name to count: full names, the first ones, and `near` entities."""
    entity = entities[form.owner] if form.owner is not None else None
    if entity is None:
        return "a full name"
    names = list_entity_names(entity)
    shown = (*names[:_NAMES_SHOWN], *(["another full name"] if len(names) > _NAMES_SHOWN else []), *entity.near)
    return " or ".join(shown) or f"a full name of {entity.id}"


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
        far = count(edits - allowed, "letter")
        return f"{text!r} is {far} too far from {name!r}: {edits} differ, and {allowed} may"
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
