"""Which words of names a word of a text may be, and how well: the tiers of DESIGN §3.4, word by word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA, Prefix

from monitor.model import Tier
from monitor.rules.lexicon import Case, Word, fits_case
from monitor.text.affixes import Form, Place, drop_article, is_derived, read_forms
from monitor.text.frequency import RARE, is_common, is_function_word, rate
from monitor.text.inflect import is_spelt
from monitor.text.inflect import languages as languages_with_tables
from monitor.text.normalize import compose, fold
from monitor.text.scripts import find_script, is_written_in, read_primary
from monitor.text.territories import index_words
from monitor.text.tokenize import is_unspaced

TIER_SCORES = {Tier.EXACT: 100, Tier.FOLDED: 98, Tier.INFLECTED: 95, Tier.PROCLITIC: 94}
BEST_FUZZY_SCORE = 93
FEWEST_FOR_ONE_EDIT = 6  # letters of the name's word
FEWEST_FOR_TWO_EDITS = 14
FEWEST_WHEN_LOOSE = 5  # where another word of the same name fits better
FEWEST_WHEN_GUESSED = 5  # for grammar in Latin letters where the article's language is unknown
SAME_BEGINNING = 2  # letters
LONGEST_ENDING = 2  # letters
LONGEST_DOUBTFUL = 4  # letters of a name that only folding finds
LEAD_OF_FOLDED, LEAD_OF_INFLECTED, LEAD_OF_PROCLITIC = 0.1, 0.5, -0.4  # Zipf


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of a text taken for a word of a name. A loose one needs a better one beside it in the same name."""

    tier: Tier
    score: int
    place: Place = Place.ANY
    is_loose: bool = False
    is_doubtful: bool = False  # the text's word is at least as usual as the name: alone it needs a sign that it is one

    def fits(self, *, is_first: bool, is_last: bool) -> bool:
        """Whether this reading is possible at this position of a name."""
        return self.place is Place.ANY or (is_first if self.place is Place.FIRST else is_last)

    @property
    def order(self) -> tuple[int, int]:
        return (self.tier.rank, -self.score)


EXACT = Hit(Tier.EXACT, TIER_SCORES[Tier.EXACT])


class Vocabulary:
    """The distinct words of all names, looked up by folded form, by inflected form, and by likeness."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._by_folded: dict[str, list[Word]] = defaultdict(list)
        self._by_inflected: dict[str, list[Word]] = defaultdict(list)
        self._alike: dict[tuple[str, bool, int], list[tuple[str, frozenset[str] | None, Word]]] = defaultdict(list)
        for word in dict.fromkeys(words):
            self._by_folded[word.folded].append(word)
            for form in word.inflected:
                self._by_inflected[form].append(word)
            if not word.is_rigid:
                self._index_alike(word)

    def _index_alike(self, word: Word) -> None:
        for form, languages in {word.folded: None, **word.inflected}.items():
            stem = drop_article(form)
            if len(stem) >= FEWEST_WHEN_LOOSE and _can_be_misspelt(form):
                self._alike[stem[:SAME_BEGINNING], stem != form, len(stem)].append((stem, languages, word))

    def find(self, text: str, language: str | None) -> dict[Word, tuple[Hit, ...]]:
        """Every word of a name that `text`, one token of an article in `language`, may be; the best reading first."""
        hits: dict[Word, list[Hit]] = defaultdict(list)
        if is_function_word(compose(text)):
            return {word: (EXACT,) for word in self._by_folded.get(fold(text), ()) if word.composed == compose(text)}
        forms = list(read_forms(text, language))
        for form in forms:
            for word, hit in self._look_up(form, text, language):
                hits[word].append(hit)
        stems = [form for form in forms if form.tier is Tier.INFLECTED]
        for form in stems or forms[:1]:
            for word, hit in self._find_alike(form, text, language):
                hits[word].append(hit)
        return {word: tuple(sorted(found, key=lambda hit: hit.order)) for word, found in hits.items()}

    def _look_up(self, form: Form, text: str, language: str | None) -> Iterator[tuple[Word, Hit]]:
        for word in self._by_folded.get(form.spelling, ()):
            if fits_case(word.case, form.part):
                is_same = form.tier is Tier.FOLDED and word.composed == compose(text)
                tier = Tier.EXACT if is_same else form.tier
                doubtful = is_likelier(text, word, tier, language)
                yield word, Hit(tier, TIER_SCORES[tier], form.place, is_doubtful=doubtful)
        if form.tier is not Tier.FOLDED:
            return
        for word in self._by_inflected.get(form.spelling, ()):
            if _is_read_in(language, form, word.inflected[form.spelling]) and _is_inflected(word, form, language):
                doubtful = is_likelier(text, word, Tier.INFLECTED, language)
                yield word, Hit(Tier.INFLECTED, TIER_SCORES[Tier.INFLECTED], is_doubtful=doubtful)

    def _find_alike(self, form: Form, text: str, language: str | None) -> Iterator[tuple[Word, Hit]]:
        """Misspellings of a whole word, or of what a suffix is written onto, that is no word of its own.

        A misspelling of a form that grammar made counts only where the language is known: two guesses are too many.
        """
        stem = drop_article(form.spelling)
        if len(stem) < FEWEST_WHEN_LOOSE - 1 or not _can_be_misspelt(form.spelling) or is_common(form.spelling):
            return
        is_usual = rate(compose(text), language) > RARE
        has_grammar = language is not None and read_primary(language) in languages_with_tables()
        for size in range(len(stem) - 2, len(stem) + 3):
            for name, languages, word in self._alike.get((stem[:SAME_BEGINNING], stem != form.spelling, size), ()):
                edits = count_edits(name, stem)
                if not edits or is_derived(name, stem) or not fits_case(word.case, form.part):
                    continue
                if languages is None or (language and _is_read_in(language, form, languages)):
                    score = score_edits(edits, name, stem)
                    is_short = size < FEWEST_FOR_ONE_EDIT
                    is_loose = is_short or is_usual or (has_grammar and differs_in_ending(name, stem))
                    yield word, Hit(Tier.FUZZY, score, form.place, is_loose=is_loose)


def count_edits(name: str, word: str) -> int:
    """Edits (OSA: a swap of neighbours is one) between a name's word and a text's; 0 when equal or too many."""
    allowed = 2 if len(name) >= FEWEST_FOR_TWO_EDITS else 1
    edits = OSA.distance(name, word, score_cutoff=allowed)
    return edits if edits <= allowed else 0


def differs_in_ending(name: str, word: str) -> bool:
    """Whether only the last letters differ: where words have endings that is another word (Irské), not a slip."""
    return max(len(name), len(word)) - Prefix.similarity(name, word) <= LONGEST_ENDING


def score_edits(edits: int, name: str, word: str) -> int:
    """The score of the fuzzy tier, whole numbers only: `min(93, floor(100 * (1 - edits / letters)))`."""
    letters = max(len(name), len(word))
    return min(BEST_FUZZY_SCORE, 100 * (letters - edits) // letters)


def is_likelier(text: str, word: Word, tier: Tier, language: str | None) -> bool:
    """Whether a word of a text that is not spelt as the name is more probably just that word: كبار is not ك + بار.

    Bounds measured on Arabic news; an inflected name is often about as frequent as the name. An acronym that is a word
    in small letters (US, WHO) is always in doubt.
    """
    if word.case is Case.UPPER:
        return rate(compose(text), language) > RARE
    if tier is Tier.EXACT or (tier is Tier.FOLDED and len(word.folded) > LONGEST_DOUBTFUL):
        return False
    lead = {Tier.FOLDED: LEAD_OF_FOLDED, Tier.INFLECTED: LEAD_OF_INFLECTED, Tier.PROCLITIC: LEAD_OF_PROCLITIC}[tier]
    readings = [compose(text)]
    if tier is Tier.PROCLITIC and fold(text[1:]) != word.folded:  # و + بريد before و + ب + ريد
        readings.append(compose(text[1:]))
    own = max(rate(reading, language) for reading in readings)
    return own > RARE and own >= rate(word.composed, language) + lead


def _can_be_misspelt(folded: str) -> bool:
    return folded.isalpha() and not is_unspaced(folded)


def _is_inflected(word: Word, form: Form, language: str | None) -> bool:
    """Whether nothing speaks against a form that grammar makes of a name's word."""
    is_bold = language is None and _is_rash(word, form)
    is_other = is_bold or _is_elsewhere(word, form) or not is_spelt(word.composed, form.part, language)
    return fits_case(word.case, form.part) and not is_other


def _is_elsewhere(word: Word, form: Form) -> bool:
    """Whether grammar turned the name of one territory into that of another: Нигер, the Bulgarian Нигерия."""
    codes = index_words()
    return form.spelling in codes and word.folded in codes and codes[form.spelling].isdisjoint(codes[word.folded])


def _is_rash(word: Word, form: Form) -> bool:
    """Whether guessing the grammar of a form is too bold: many languages share Latin letters (Gaza, a Polish Gaze).

    What is a word of its own is not guessed (Russian, which Finnish makes of Russia), nor what changes a name's stem.
    """
    if find_script(word.folded[0]) != "LATIN":
        return False
    spelling = form.spelling
    is_changed = not spelling.startswith(word.folded[:-1]) or not form.part.isalpha()  # Ilham's is not Swedish
    return is_changed or len(word.folded) < FEWEST_WHEN_GUESSED or is_common(spelling)


def _is_read_in(language: str | None, form: Form, languages: frozenset[str]) -> bool:
    """Whether the grammar of one of `languages` is that of the article; any is where its language is unknown."""
    if language is None or not is_written_in(language, find_script(form.spelling[0])):
        return True
    return read_primary(language) in languages
