"""An article as the features that the grouper compares: pure, and the same for the same text whatever came before.

Within a language: stems of words, weighted by place. Across languages: keys that are the same in every language, which
are skeletons of names, numbers, watched entities, places and concepts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from monitor.stories.concepts import find_concepts, read_place
from monitor.stories.model import HeadlineForm, Item
from monitor.stories.pages import cut_outlet, find_form, make_pattern
from monitor.stories.skeleton import make_skeleton
from monitor.stories.words import Word, take_words
from monitor.text.language import choose_language
from monitor.text.scripts import read_primary

HEADLINE_WORDS, BODY_WORDS, LEAD_WORDS, BRIDGE_WORDS = 40, 160, 120, 100
STEM = 7  # letters: what follows is, in most languages, an ending
TOO_USUAL = 6.2  # Zipf of words that tell nothing
_IN_HEADLINE, _AS_NAME = 2.0, 1.5  # how much more a word weighs
_AS_ENTITY = 0.4  # an entity is, as a rule, also a name or a place, which count already
_USUAL_NAME = 5.0  # Zipf from which a word has no skeleton
_SHINGLE, SKETCH = 4, 64  # words of a shingle; how many shingles, those of the lowest hashes, stand for a text
_NAME_ZIPF, CONCEPT_ZIPF = 4.0, 4.5


class Weight(NamedTuple):
    """How much a key weighs in an article, and how usual it is before anything is learnt."""

    amount: float
    zipf: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Everything that is compared. Keys are text, so that a decision can be explained."""

    language: str
    form: HeadlineForm
    pattern: str  # the headline without what changes from day to day
    terms: dict[str, Weight]
    bridges: dict[str, Weight]
    headline: tuple[str, ...]  # folded words
    names: frozenset[str]  # rare words, names and numbers of the headline
    name_keys: array[int]  # hashed, of those that are no numbers
    headline_numbers: frozenset[str]
    numbers: frozenset[str]
    places: frozenset[str]  # countries that are named, also by their people or capital
    sketch: array[int]
    has_body: bool


def read(item: Item) -> Features:
    """The features of an article."""
    language = read_primary(choose_language(item.language, item.headline, item.body) or "und")
    title = cut_outlet(item.headline)
    headline = take_words(title, language, HEADLINE_WORDS)
    body = take_words(item.body, language, BODY_WORDS)
    bridges = _find_bridges(item, (headline, body), language)
    in_headline, in_lead = set(_list_numbers(headline)), set(_list_numbers(body[:LEAD_WORDS]))
    return Features(
        language=language,
        form=find_form(title, language),
        pattern=make_pattern(title, language),
        terms=weigh_terms(headline, body[:LEAD_WORDS]),
        bridges=bridges,
        headline=tuple(word.folded for word in headline),
        names=frozenset(word.folded for word in headline if _is_name(word)),
        name_keys=array("I", sorted({_hash_stem(language, word) for word in headline if _is_named(word)})),
        headline_numbers=frozenset(in_headline),
        numbers=frozenset(in_headline | in_lead),
        places=frozenset(place for key in bridges if (place := read_place(key))),
        sketch=sketch_text([word.folded for word in body]),
        has_body=bool(body),
    )


def weigh_terms(headline: Sequence[Word], lead: Sequence[Word]) -> dict[str, Weight]:
    """Stems and numbers; a headline counts twice, a word with a capital half as much again."""
    terms: dict[str, Weight] = {}
    for words, place in ((headline, _IN_HEADLINE), (lead, 1.0)):
        for word in words:
            if word.is_number:
                if len(word.folded) > 1:
                    _add(terms, f"#{word.folded}", Weight(place, 0.0))
            elif word.zipf < TOO_USUAL:
                _add(terms, word.folded[:STEM], Weight(place * (_AS_NAME if word.is_capital else 1.0), word.zipf))
    return terms


def _add(weights: dict[str, Weight], key: str, more: Weight) -> None:
    before = weights.get(key)
    weights[key] = more if before is None else Weight(before.amount + more.amount, max(before.zipf, more.zipf))


def _find_bridges(item: Item, words: tuple[Sequence[Word], Sequence[Word]], language: str) -> dict[str, Weight]:
    keys: dict[str, Weight] = {}
    texts = (item.headline, item.body)
    for text, read, place in zip(texts, (words[0], words[1][:BRIDGE_WORDS]), (1.0, 0.5), strict=True):
        for word in read:
            if key := _make_bridge(word):
                _add(keys, key, Weight(place, 0.0 if word.is_number else min(word.zipf, _NAME_ZIPF)))
        for concept in find_concepts(text, read, language):
            _add(keys, concept, Weight(place, CONCEPT_ZIPF))
    for entity in sorted(item.entities):
        keys[f"entity:{entity}"] = Weight(_AS_ENTITY, CONCEPT_ZIPF)
    return keys


def _make_bridge(word: Word) -> str:
    if word.is_number:
        return f"#{word.folded}" if len(word.folded) > 1 else ""
    if word.zipf >= _USUAL_NAME:
        return ""
    skeleton = make_skeleton(word.folded, word.script)
    return f"name:{skeleton}" if skeleton else ""


def _is_name(word: Word) -> bool:
    is_marked = word.is_capital or word.script not in {"LATIN", "CYRILLIC", "GREEK"}
    return word.is_number or (is_marked and word.zipf <= 4.2)


def _is_named(word: Word) -> bool:
    return _is_name(word) and not word.is_number


def _hash_stem(language: str, word: Word) -> int:
    return shorten_key(language, word.folded[:STEM])


def _list_numbers(words: Iterable[Word]) -> Iterator[str]:
    """Of two digits and more, years left out: those that two reports of one event should not contradict."""
    for word in words:
        if word.is_number and len(word.folded) > 1 and not _is_year(word.folded):
            yield word.folded


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in {"19", "20"}


def sketch_text(words: Sequence[str]) -> array[int]:
    """The lowest hashes of the text's runs of four words, in order: what near-duplicates have in common."""
    runs = {
        crc32(" ".join(words[at : at + _SHINGLE]).encode("utf-8", "surrogatepass"))
        for at in range(len(words) - _SHINGLE + 1)
    }
    return array("I", sorted(runs)[:SKETCH])


@lru_cache(maxsize=1 << 16)
def shorten_key(language: str, key: str) -> int:
    """32 bits: two of a million keys share one in a few hundred cases, which costs less than keeping the text."""
    return crc32(f"{language}\0{key}".encode("utf-8", "surrogatepass"))
