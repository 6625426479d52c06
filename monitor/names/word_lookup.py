"""The words of all names by number, and which of them a word of a text is: what the engine knows of spelling."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract_iter

from monitor.model import Tier
from monitor.names.index import Index, Query
from monitor.names.lexicon import Case, NameForm, Word, fits_case, inflect_nothing
from monitor.names.reading import (
    EXACT,
    FEWEST_WHEN_LOOSE,
    SAME_BEGINNING,
    WHOLE,
    Hit,
    Small,
    Suspect,
    can_be_misspelt,
    count_allowed,
    list_misspelt,
    read_inflected,
    read_plural,
    read_same,
    suspect,
)
from monitor.text.affixes import AffixPlace, Form, drop_article, read_forms
from monitor.text.frequency import is_function_word, is_particle
from monitor.text.inflect import expand, is_form
from monitor.text.inflect import languages as languages_with_tables
from monitor.text.normalize import compose
from monitor.text.plurals import Singular, list_singulars
from monitor.text.scripts import find_script, is_written_in, read_primary

# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_VARIANT = Tier.VARIANT
_CAPITAL = Case.CAPITAL
_COMMON, _NOT, _PARTICLE, _RARE = Small.COMMON, Small.NOT, Small.PARTICLE, Small.RARE
_ANY = AffixPlace.ANY
Numbers = tuple[int, ...]
_Hits = Mapping[int, tuple[Hit, ...]]  # by the number of a word of names
_NO_GRAMMAR = ""  # of a word's own spelling only
_NO_WORD = Word("", "")
_AS_A_NAME = frozenset({_NOT, _PARTICLE})
_IN_SMALL = frozenset({_RARE, _COMMON})


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a text with its readings. A function word is nothing but itself."""

    text: str
    composed: str
    is_function_word: bool
    forms: tuple[Form, ...]
    grammar: str | None  # the language whose tables read the whole of it
    suspects: tuple[tuple[Suspect, str | None], ...]  # each with the language whose tables made what it may be
    singulars: Sequence[Singular]


def number_words(forms: Iterable[NameForm]) -> tuple[list[Word], list[Numbers]]:
    """The distinct words of names, by number, and the numbers of each name's words. 0 is the number of no word."""
    numbers = {_NO_WORD: 0}
    of_names = [tuple([numbers.setdefault(word, len(numbers)) for word in form.words]) for form in forms]
    return list(numbers), of_names


class WordLookup:
    """Which of the words of names, by number, a word of a text is."""

    def __init__(self, words: Sequence[Word]) -> None:
        """The words as `number_words` has them."""
        self._words = words
        self._by_folded: dict[str, int | Numbers] = {}
        for number, word in enumerate(words[1:], start=1):
            same = self._by_folded.get(word.folded)
            self._by_folded[word.folded] = number if same is None else (*_list_numbers(same), number)
        self._index = Index(enumerate(words[1:], start=1))
        self.beginnings = self._index.beginnings

    def read(self, texts: Iterable[str], language: str | None) -> Iterator[tuple[str, _Hits]]:
        """Each of `texts`, words of an article in `language`, with what it is.

        What it is in small letters though the name has a capital is left out, but for particles: see `read_small`.
        """
        for text in texts:
            forms = read_forms(text, language)
            queries = _list_queries(forms, list_misspelt(forms), language) if forms else ()
            numbers = self._find_candidates(forms, queries, language)
            yield text, self._verify(_read_token(text, forms, language), numbers, language) if numbers else {}

    def read_small(self, texts: Iterable[str], language: str | None) -> Iterator[tuple[str, _Hits]]:
        """Each of `texts`, words in small letters, with what it is of names that have it with a capital."""
        for text in texts:
            forms = read_forms(text, language)
            numbers = self._find_candidates(forms, _list_small_queries(forms, language), language)
            capitals = [number for number in numbers if self._words[number].case is _CAPITAL]
            token = _read_token(text, forms, language) if capitals else None
            yield text, self._verify(token, capitals, language, _IN_SMALL) if token else {}

    def _find_candidates(
        self, forms: Sequence[Form], queries: Iterable[Query], language: str | None
    ) -> Collection[int]:
        found = self._find_spelt(forms, language)
        for query in queries:
            found.update(self._index.find(query))
        return found

    def _find_spelt(self, forms: Sequence[Form], language: str | None) -> set[int]:
        """The words that are spelt as a reading of a word of a text, or as what that is the plural of."""
        found: set[int] = set()
        spellings = [form.spelling for form in forms]
        if forms:
            spellings += [single.spelling for single in list_singulars(forms[0].spelling, language)]
        for spelling in spellings:
            if (same := self._by_folded.get(spelling)) is not None:
                found.update(_list_numbers(same))
        return found

    def _verify(
        self, token: _Token, numbers: Iterable[int], language: str | None, wanted: Collection[Small] = _AS_A_NAME
    ) -> _Hits:
        known = {}
        for number in numbers:
            hits = [hit for hit in _weigh(self._words[number], token, language) if hit.small in wanted]
            if hits:
                known[number] = _share(tuple(sorted(hits, key=lambda hit: hit.order)))
        return known


@lru_cache(maxsize=1 << 12)
def _share(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """The same object for equal hits: there are few that differ, and each word remembered has some."""
    return hits


def _list_numbers(kept: int | Numbers) -> Numbers:
    return kept if isinstance(kept, tuple) else (kept,)


def _read_token(text: str, forms: tuple[Form, ...], language: str | None) -> _Token:
    composed = compose(text)
    suspects = [(each, _pick_grammar(each.form.spelling, language)) for each in suspect(forms, text, language)]
    grammar = suspects[0][1] if suspects else _pick_grammar(forms[0].spelling, language)
    singulars = list_singulars(forms[0].spelling, language)
    return _Token(text, composed, is_function_word(composed), forms, grammar, tuple(suspects), singulars)


def _list_queries(forms: Sequence[Form], misspelt: Sequence[tuple[Form, str]], language: str | None) -> Iterable[Query]:
    """What to look up, and by whose grammar: the word as a whole, and what of it may be misspelt.

    Nobody guesses both the language and a slip.
    """
    whole = forms[0]
    grammar = _pick_grammar((misspelt[0][0] if misspelt else whole).spelling, language)
    own = _NO_GRAMMAR if language is None else grammar
    is_capital = fits_case(_CAPITAL, whole.part) or is_particle(compose(whole.part))
    spelt = [form.spelling for form in forms if form.tier is _VARIANT]
    if own == grammar and [(whole, whole.spelling)] == misspelt:  # most words
        asked = [Query(whole.spelling, grammar, is_capital, may_slip=True)]
        return asked + [Query(each, grammar, is_capital, may_slip=False) for each in spelt] if spelt else asked
    asked = [Query(each, grammar, is_capital, may_slip=False) for each in (whole.spelling, *spelt)]
    for form, stem in misspelt:
        of_form = _NO_GRAMMAR if language is None else _pick_grammar(form.spelling, language)
        asked.append(Query(stem, of_form, fits_case(_CAPITAL, form.part), may_slip=True))
    return asked


def _list_small_queries(forms: Sequence[Form], language: str | None) -> Sequence[Query]:
    """What to look up of a word in small letters: a slip in it is not looked for."""
    if not forms:
        return []
    whole = forms[0].spelling
    return [Query(whole, _pick_grammar(whole, language), is_capital=True, may_slip=False)]


def _pick_grammar(spelling: str, language: str | None) -> str | None:
    """The language whose tables read a word; None for those of all languages, also where it is none of `language`'s.

    A tag is whatever a feed says: what is remembered for a language must not be remembered for each of its spellings.
    """
    if language is None or not is_written_in(language, find_script(spelling[0])):
        return None
    primary = read_primary(language)
    return primary if primary in languages_with_tables() else _NO_GRAMMAR


def _weigh(word: Word, token: _Token, language: str | None) -> list[Hit]:
    """Every way in which the token may be the word."""
    whole = token.forms[0]
    if token.is_function_word:
        return [EXACT] if word.composed == token.composed and word.folded == whole.spelling else []
    found = [read_same(word, form, token.text, language) for form in token.forms if form.spelling == word.folded]
    found += [read_plural(word, each, token.text, language) for each in token.singulars if each.spelling == word.folded]
    declined = [form for form in token.forms if form.tier in WHOLE and _is_declined(word, form.spelling, token.grammar)]
    found += [read_inflected(word, form, token.text, language) for form in declined]
    hits = [hit for hit in found if hit is not None]
    if word.is_rigid or any(hit.place is _ANY for hit in hits):  # nobody asks whether what fits anywhere is a slip
        return hits
    for each, grammar in token.suspects:
        hits += _compare(word, each, _NO_GRAMMAR if language is None else grammar)
    return hits


def _is_declined(word: Word, spelling: str, grammar: str | None) -> bool:
    if word.inflect is inflect_nothing or word.folded[:1] != spelling[:1]:
        return False
    return spelling != word.folded and is_form(word.composed, spelling, grammar)


def _compare(word: Word, each: Suspect, grammar: str | None) -> list[Hit]:
    """The readings of a misspelt word, of each form that the article's grammar makes of a name's word.

    Both have a definite article or none has, so that it makes no difference to how far apart they are.
    """
    if word.inflect is inflect_nothing:
        grammar = _NO_GRAMMAR
    forms, edits = _list_spellings(word.composed, word.folded, grammar)
    found = extract_iter(each.form.spelling, forms, scorer=OSA.distance, score_cutoff=edits)
    names = [(form, drop_article(form)) for form, _, _ in found]
    alike = [each.read_alike(word, name) for form, name in names if _is_alike(form, name, each)]
    return [hit for hit in alike if hit is not None]


def _is_alike(form: str, name: str, each: Suspect) -> bool:
    is_definite = each.stem != each.form.spelling
    is_begun = name[:SAME_BEGINNING] == each.stem[:SAME_BEGINNING] and (name != form) == is_definite
    return is_begun and len(name) >= FEWEST_WHEN_LOOSE and can_be_misspelt(form)


@lru_cache(maxsize=1 << 11)
def _list_spellings(composed: str, folded: str, grammar: str | None) -> tuple[list[str], int]:
    """A word's own spelling and its forms, and how many edits the longest of them may have."""
    forms = [folded] if grammar == _NO_GRAMMAR else [*({folded} | expand(composed, grammar))]
    return forms, count_allowed(max(forms, key=len))
