"""When a brief name of a country (중국, चीन, Nga) counts: in its own languages, and as a word's homonym beside a place.

Such names have fewer letters than others that `territory:` brings. Which of them are common words too is data
(`monitor/text/data/homonyms.toml`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.model import Tier, Zone
from monitor.names.lexicon import Role
from monitor.names.spans import Claim
from monitor.text.frequency import RARE, rate
from monitor.text.homonyms import Homonym, find_homonym, is_place, is_sign_after, is_sign_before
from monitor.text.normalize import compose, fold
from monitor.text.people import is_given_name
from monitor.text.scripts import find_script, guess_language, is_written_in, read_primary
from monitor.text.tokenize import Words

# Languages under the name that CLDR has their names by.
_SAME = {"no": "nb", "nn": "nb", "prs": "fa", "arz": "ar", "ary": "ar", "cnr": "sr", "sh": "sr", "tl": "fil"}
_FEWEST_WHEN_UNKNOWN = 4  # letters
_TONAL = frozenset({"vi", "yo"})
_MOST_BETWEEN = 6  # words from a homonym to the place that speaks for it


def is_counted(claim: Claim, words: Mapping[Zone, Words], language: str | None) -> bool:
    """Whether a claim of a name that only some languages have is one in an article of `language`."""
    languages = claim.form.languages
    if not languages:
        return True
    inside = words[claim.field]
    text = inside.texts[claim.first]
    if claim.form.tier is Tier.VARIANT and text.isupper():
        return False  # an acronym declined as a word (Natosta): IAEE is no form of IAEA
    spoken = _find_language(text, language)
    if spoken not in languages:
        return language is None and _is_rare(text)
    if _has_other_marks(text, claim, spoken):
        return False
    homonym = _find_homonym(text, claim, spoken) if claim.form.role is Role.NAME else None
    return homonym is None or _is_beside_place(inside, claim, homonym, spoken)


def _is_rare(text: str) -> bool:
    """Whether a Latin word of four letters, whose language is unknown, is hardly another word: Kina, but not Pole."""
    is_long_enough = len(text) == _FEWEST_WHEN_UNKNOWN and find_script(text[0]) == "LATIN"
    return is_long_enough and rate(compose(text), None) <= RARE and not is_given_name(compose(text))


def _has_other_marks(text: str, claim: Claim, language: str) -> bool:
    """Whether a Latin word has a mark that a name has not: Ngà (tusk) is no Nga. People leave marks out only.

    In Vietnamese, where marks are tones, a name with marks is no word with others (Đúc, Đức).
    """
    name = claim.form.words[0].composed
    if claim.tier is not Tier.FOLDED or find_script(name[0]) != "LATIN" or text.isascii():
        return False
    return name.isascii() or language in _TONAL


def _find_homonym(text: str, claim: Claim, language: str) -> Homonym | None:
    """By the word of the text; but for Korean, where an ending may tell, also by the name that it is a form of."""
    if found := find_homonym(text, language):
        return found
    name = claim.form.words[0].composed
    return None if find_script(name[0]) == "HANGUL" else find_homonym(name, language)


def _find_language(text: str, language: str | None) -> str:
    """The language of an article as names know it; that of the script where the article's own does not use it."""
    script = find_script(text[0])
    if language is None or not is_written_in(language, script):
        return guess_language(script)
    primary = read_primary(language)
    return _SAME.get(primary, primary)


def _is_beside_place(words: Words, claim: Claim, homonym: Homonym, language: str) -> bool:
    """Whether a place or a word of state near by, in the same sentence, says that the homonym is a country."""
    before, after = _look_back(words, claim.first), _look_ahead(words, claim.last)
    nearest = before[0] if before else ""
    if homonym.is_word_after(nearest) and not words.gaps[claim.first].strip():
        return any(is_place(text, language) for text in (*before[:1], *after[:1]))
    if not homonym.needs_place or is_sign_before(nearest, language) or _has_sign(claim, words, after, language):
        return True
    return any(is_place(text, language) for text in (*before, *after))


def _has_sign(claim: Claim, words: Words, after: Sequence[str], language: str) -> bool:
    """Whether a word of state follows, after a postposition or not; in Korean only right after the bare name."""
    name = words.texts[claim.first]
    if find_script(name[0]) == "HANGUL":
        after = after[:1] if fold(name) == claim.form.words[0].folded else ()
    return any(is_sign_after(text, language) for text in after[:2])


def _look_back(words: Words, index: int) -> Sequence[str]:
    """The words before one in its sentence, the nearest first."""
    return _list_near(words, index, range(index - 1, max(-1, index - 1 - _MOST_BETWEEN), -1))


def _look_ahead(words: Words, index: int) -> Sequence[str]:
    return _list_near(words, index, range(index + 1, min(len(words), index + 1 + _MOST_BETWEEN)))


def _list_near(words: Words, index: int, places: range) -> Sequence[str]:
    sentence = words.find_sentence(index)
    return [words.texts[at] for at in places if words.find_sentence(at) == sentence]
