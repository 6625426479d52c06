"""Whether one word of a text may be one word of a name, and how well: the tiers of docs/matching.md, pair by pair.

Both matchers ask here; they differ only in how they find the pairs worth asking about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from rapidfuzz.distance import OSA, Prefix

from monitor.model import Tier
from monitor.names.lexicon import Case, Word, fits_case
from monitor.text.acronyms import is_capitalised, is_usual_word, is_word_at_beginning
from monitor.text.affixes import AffixPlace, Form, drop_article, is_derived
from monitor.text.frequency import RARE, is_common, is_particle, rate
from monitor.text.inflect import is_spelt
from monitor.text.inflect import languages as languages_with_tables
from monitor.text.normalize import compose, fold
from monitor.text.people import is_given_name
from monitor.text.plurals import Singular, list_singulars
from monitor.text.scripts import find_script, is_written_in, read_primary
from monitor.text.territories import index_words
from monitor.text.tokenize import is_unspaced

TIER_SCORES = {
    Tier.EXACT: 100,
    Tier.FOLDED: 98,
    Tier.VARIANT: 96,
    Tier.INFLECTED: 95,
    Tier.PROCLITIC: 94,
    Tier.PARTIAL: 92,
}
WHOLE = frozenset({Tier.FOLDED, Tier.VARIANT})  # of a form that is the whole of a word, which grammar may have made
BEST_FUZZY_SCORE = 93
FEWEST_FOR_ONE_EDIT = 6  # letters of the name's word
FEWEST_FOR_TWO_EDITS = 14
FEWEST_WHEN_LOOSE = 5  # where another word of the same name fits better
FEWEST_WHEN_GUESSED = 5  # for grammar in Latin letters where the article's language is unknown
SAME_BEGINNING = 2  # letters
MOST_EDITS = 2
LONGEST_ENDING = 2  # letters
LONGEST_BRIEF = 3  # letters of a name that needs its marks where it is a usual word without them
LONGEST_DOUBTFUL = 4  # letters of a name that only folding finds
LEAD_OF_FOLDED, LEAD_OF_INFLECTED, LEAD_OF_PROCLITIC = 0.1, 0.5, -0.4  # Zipf
USUAL_PLURAL = 4.0  # Zipf of a plural that may be another word
_BICAMERAL = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"})
LEAD_IN_HEBREW = 0.8  # Zipf: "in Paris" is one word there, and as usual as Paris; the article makes adjectives more so


class Small(IntEnum):
    """What a word in small letters is that a name has with a capital; such a word may stand in a longer name."""

    NOT = 0  # it is written as the name has it
    PARTICLE = 1
    RARE = 2  # no usual word of the language
    COMMON = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of a text taken for a word of a name. A loose one needs a better one beside it in the same name."""

    tier: Tier
    score: int
    place: AffixPlace = AffixPlace.ANY
    is_loose: bool = False
    is_doubtful: bool = False  # the text's word is at least as usual as the name: alone it needs a sign that it is one
    small: Small = Small.NOT

    def fits(self, *, is_first: bool, is_last: bool) -> bool:
        """Whether this reading is possible at this position of a name."""
        return self.place is AffixPlace.ANY or (is_first if self.place is AffixPlace.FIRST else is_last)

    @property
    def order(self) -> tuple[int, int, bool, bool, Small, str]:
        """Lower is better: the tier, the score, then what asks for least beside it."""
        return (self.tier.rank, -self.score, self.is_loose, self.is_doubtful, self.small, self.place.value)


EXACT = Hit(Tier.EXACT, TIER_SCORES[Tier.EXACT])


# CPython 3.11 looks up a member of an enum by a function in Python, which takes 0.2 µs.
_EXACT, _FOLDED, _VARIANT, _FUZZY = Tier.EXACT, Tier.FOLDED, Tier.VARIANT, Tier.FUZZY
_INFLECTED, _PROCLITIC = Tier.INFLECTED, Tier.PROCLITIC
_ANY, _CAPITAL, _UPPER = Case.ANY, Case.CAPITAL, Case.UPPER
_COMMON, _NOT, _PARTICLE, _RARE = Small.COMMON, Small.NOT, Small.PARTICLE, Small.RARE
_LAST = AffixPlace.LAST


def read_same(word: Word, form: Form, text: str, language: str | None) -> Hit | None:
    """`form`, a reading of `text` in an article of `language`, is spelt as the name's word."""
    small = find_small(word, form.part, language)
    if small is None:
        return None
    if not _is_spelt_out(word, form) or (word.case is not _UPPER and has_only_s(form, text)):
        return None
    tier = _EXACT if form.tier is _FOLDED and word.composed == compose(text) else form.tier
    if tier is _FOLDED and _is_brief_word(word, text, language):
        return None
    doubtful = is_likelier(text, word, tier, language)
    tier = _worsen(tier, _VARIANT) if small or not fits_case(word.case, form.part) else tier
    return Hit(tier, TIER_SCORES[tier], form.place, is_doubtful=doubtful, small=small)


def _is_brief_word(word: Word, text: str, language: str | None) -> bool:
    """Whether a name of three Latin letters lacks its first letter's mark and is a usual word so: Sam is no Şam."""
    first = word.composed[:1]
    if len(word.folded) > LONGEST_BRIEF or first.isascii() or find_script(word.folded[0]) != "LATIN":
        return False
    composed = compose(text)
    return composed[:1] != first and max(rate(composed, None), rate(composed, language)) > RARE


def _is_persons(word: Word, text: str) -> bool:
    """Whether what grammar makes of a country's name is a given name: Katarina, of Katara (Qatar)."""
    return word.folded in index_words() and is_given_name(compose(text))


def read_inflected(word: Word, form: Form, text: str, language: str | None) -> Hit | None:
    """`form`, the whole of `text`, is what grammar read in an article of `language` makes of the name's word."""
    small = find_small(word, form.part, language)
    if small is None or not (_is_spelt_out(word, form) and _is_inflected(word, form, language)):
        return None
    if _is_brief_word(word, text, language) or _is_persons(word, text):
        return None
    doubtful = is_likelier(text, word, _INFLECTED, language)
    return Hit(_INFLECTED, TIER_SCORES[_INFLECTED], is_doubtful=doubtful, small=small)


def _is_spelt_out(word: Word, form: Form) -> bool:
    """Whether a form with ö as oe, if it is one, is the name, perhaps with an ending after it; never a country's name.

    Süden is no Suède.
    """
    if form.tier is not _VARIANT:
        return True
    return form.spelling.startswith(word.folded) and word.folded not in index_words()


def has_only_s(form: Form, text: str) -> bool:
    """Whether a reading of `text` leaves out an s that only acronyms have: NGOs."""
    return form.place is _LAST and text == f"{form.part}s"


def read_plural(word: Word, single: Singular, text: str, language: str | None) -> Hit | None:
    """`single`, of which `text` is the plural, is spelt as the name's word."""
    small = find_small(word, text, language)
    is_kept_single = word.plural < single.of or (single.is_small and word.case is not _ANY)
    is_acronym = word.case is _CAPITAL and text[:-1].isupper() and not text.isupper()  # NGOs is no plural of Ngo
    if small is None or is_kept_single or is_acronym or is_given_name(word.composed) or not compose(text).isalpha():
        return None
    doubtful = word.case is _CAPITAL and rate(compose(text), language) >= USUAL_PLURAL
    return Hit(_INFLECTED, TIER_SCORES[_INFLECTED], is_doubtful=doubtful, small=small)


def find_small(word: Word, part: str, language: str | None) -> Small | None:
    """How `part` of a text is written beside the name's word; None where its letters are not those of a name at all."""
    if fits_case(word.case, part):
        return _NOT
    if word.case is _UPPER:
        return _NOT if is_capitalised(part) and not is_usual_word(part, language) else None
    if word.case is not _CAPITAL or not part.islower():
        return None
    composed = compose(part)
    if is_particle(composed):
        return _PARTICLE
    readings = (composed, *(single.spelling for single in list_singulars(composed, language)))  # horizons as horizon
    return _COMMON if any(rate(reading, language) > RARE for reading in readings) else _RARE


def _worsen(tier: Tier, other: Tier) -> Tier:
    return tier if tier.rank >= other.rank else other


@dataclass(frozen=True, slots=True)
class Suspect:
    """A reading of a text's word that may be misspelt: `stem` is what is compared, without a definite article."""

    form: Form
    stem: str
    is_usual: bool  # a frequent word of its own
    has_grammar: bool  # the article's language writes endings

    def read_alike(self, word: Word, name: str) -> Hit | None:
        """`name` is a folded form of the name's word without its article; it begins like `stem`."""
        edits = count_edits(name, self.stem)
        if not edits or is_derived(name, self.stem) or not fits_case(word.case, self.form.part):
            return None
        if _is_two_places(word, name, self.stem):
            return None
        is_short = len(name) < FEWEST_FOR_ONE_EDIT
        is_loose = is_short or self.is_usual or (self.has_grammar and differs_in_ending(name, self.stem))
        return Hit(_FUZZY, score_edits(edits, name, self.stem), self.form.place, is_loose=is_loose)


def _is_two_places(word: Word, name: str, spelling: str) -> bool:
    """Whether a word may be the plural of a territory's name: the two Georgias are not Georgia."""
    return spelling == f"{name}s" and word.folded in index_words() and find_script(spelling[0]) == "LATIN"


def suspect(forms: Sequence[Form], text: str, language: str | None) -> tuple[Suspect, ...]:
    """What of `text`, whose readings are `forms`, may be a misspelling."""
    found = list_misspelt(forms)
    if not found:
        return ()
    is_usual = rate(compose(text), language) > RARE
    has_grammar = language is not None and read_primary(language) in languages_with_tables()
    return tuple(Suspect(form, stem, is_usual, has_grammar) for form, stem in found)


def list_misspelt(forms: Sequence[Form]) -> list[tuple[Form, str]]:
    """Of the readings of a word what may be misspelt: the whole, or what suffixes are written onto; each with its stem.

    A word that stands for itself is not.
    """
    inflected = [form for form in forms if form.tier is _INFLECTED] if len(forms) > 1 else ()
    stems = [form for form in inflected if not has_only_s(form, forms[0].part)]
    found = [(form, drop_article(form.spelling)) for form in stems or forms[:1]]
    return [
        (form, stem)
        for form, stem in found
        if len(stem) >= FEWEST_WHEN_LOOSE - 1 and not is_common(form.spelling) and can_be_misspelt(form.spelling)
    ]


def count_allowed(name: str) -> int:
    """How many edits a form of a name may have."""
    return MOST_EDITS if len(name) >= FEWEST_FOR_TWO_EDITS else 1


def count_edits(name: str, word: str) -> int:
    """Edits (OSA: a swap of neighbours is one) between a name's word and a text's; 0 when equal or too many."""
    allowed = count_allowed(name)
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
    in small letters (US, WHO) is always in doubt, as is Nato in Italian, where nato is "born".
    """
    if word.case is _UPPER:
        return rate(compose(text), language) > RARE if text.isupper() else is_word_at_beginning(text, language)
    if tier in {_EXACT, _VARIANT} or (tier is _FOLDED and len(word.folded) > LONGEST_DOUBTFUL):
        return False
    if tier is _INFLECTED and (word.folded in index_words() or _is_plain(word)):  # Latvijas is usual because Latvia is
        return False
    readings = [compose(text)]
    if tier is _PROCLITIC and fold(text[1:]) != word.folded:  # و + بريد before و + ب + ريد
        readings.append(compose(text[1:]))
    own = max(rate(reading, language) for reading in readings)
    return own > RARE and own >= rate(word.composed, language) + _find_lead(word, tier)


def _find_lead(word: Word, tier: Tier) -> float:
    """How much more usual than the name a word is that is hardly the name, read in this tier."""
    if tier is _PROCLITIC:
        return LEAD_IN_HEBREW if find_script(word.folded[0]) == "HEBREW" else LEAD_OF_PROCLITIC
    return LEAD_OF_FOLDED if tier is _FOLDED else LEAD_OF_INFLECTED


def _is_plain(word: Word) -> bool:
    """Whether the name is in small letters where there are capitals: a topic is meant to be a word, санкции too."""
    return word.case is _ANY and find_script(word.folded[:1] or " ") in _BICAMERAL


def can_be_misspelt(folded: str) -> bool:
    """Whether a slip in a folded word can be told from another word: digits and lone characters cannot slip."""
    return folded.isalpha() and not is_unspaced(folded)


def _is_inflected(word: Word, form: Form, language: str | None) -> bool:
    """Whether nothing speaks against a form that grammar makes of a name's word."""
    is_bold = language is None and _is_rash(word, form)
    return not (is_bold or _is_elsewhere(word, form) or not is_spelt(word.composed, form.part, language))


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
    if _is_two_places(word, word.folded, spelling):
        return True
    is_changed = not spelling.startswith(word.folded[:-1]) or not form.part.isalpha()  # Ilham's is not Swedish
    return is_changed or len(word.folded) < FEWEST_WHEN_GUESSED or is_common(spelling)


def is_read_in(language: str | None, form: Form, languages: frozenset[str]) -> bool:
    """Whether the grammar of one of `languages` is that of the article; any is where its language is unknown."""
    if language is None or not is_written_in(language, find_script(form.spelling[0])):
        return True
    return read_primary(language) in languages
