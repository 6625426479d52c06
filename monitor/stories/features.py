"""An article as the features that the grouper compares: pure, and the same for the same text whatever came before.

Within a language: stems of words, weighted by place. Across languages: keys that are the same in every language, which
are skeletons of names, numbers, watched entities, places and concepts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from sys import intern
from zlib import crc32

from monitor.stories.concepts import find_concepts, read_place
from monitor.stories.model import HeadlineForm, Item
from monitor.stories.pages import cut_outlet, find_form, make_pattern
from monitor.stories.rarity import Weight
from monitor.stories.words import Word, take_words
from monitor.text.language import choose_language
from monitor.text.scripts import read_primary

HEADLINE_WORDS, BODY_WORDS, LEAD_WORDS, BRIDGE_WORDS = 40, 160, 120, 100
_IN_HEADLINE, _AS_NAME = 2.0, 1.5  # how much more a word weighs
_AS_ENTITY = 0.4  # an entity is, as a rule, also a name or a place, which count already
_SHINGLE, SKETCH = 4, 64  # words of a shingle; how many shingles, those of the lowest hashes, stand for a text
_NAME_ZIPF, CONCEPT_ZIPF = 4.0, 4.5
RARE_NAME = 4.2  # Zipf up to which a word with a capital tells one event from another
ENTITY = "entity:"  # before the id of a watched entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Everything that is compared. Keys are text, so that a decision can be explained."""

    language: str
    form: HeadlineForm
    pattern: str  # the headline without what changes from day to day
    terms: dict[str, Weight]
    term_keys: tuple[int, ...]  # the same, hashed
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
    language = intern(read_primary(choose_language(item.language, item.headline, item.body) or "und"))
    title = cut_outlet(item.headline)
    headline = take_words(title, language, HEADLINE_WORDS)
    body = take_words(item.body, language, BODY_WORDS)
    bridges = _find_bridges(item, (headline, body), language)
    terms, term_keys = weigh_terms(headline, body[:LEAD_WORDS])
    in_headline, in_lead = set(_list_numbers(headline)), set(_list_numbers(body[:LEAD_WORDS]))
    return Features(
        language=language,
        form=find_form(title, language),
        pattern=make_pattern(title, language),
        terms=terms,
        term_keys=term_keys,
        bridges=bridges,
        headline=tuple(word.folded for word in headline),
        names=frozenset(word.folded for word in headline if _is_name(word)),
        name_keys=array("I", sorted({word.key for word in headline if _is_named(word)})),
        headline_numbers=frozenset(in_headline),
        numbers=frozenset(in_headline | in_lead),
        places=frozenset(place for key in bridges if (place := read_place(key))),
        sketch=sketch_text([word.folded for word in body]),
        has_body=bool(body),
    )


def weigh_terms(headline: Sequence[Word], lead: Sequence[Word]) -> tuple[dict[str, Weight], tuple[int, ...]]:
    """Stems and numbers, and their hashes; a headline counts twice, a word with a capital half as much again."""
    terms: dict[str, Weight] = {}
    keys: dict[str, int] = {}
    for words, place in ((headline, _IN_HEADLINE), (lead, 1.0)):
        for word in words:
            if stem := word.stem:
                _add(terms, stem, place * _AS_NAME if word.is_capital else place, word.zipf)
                keys[stem] = word.key
    return terms, tuple(keys.values())


def _add(weights: dict[str, Weight], key: str, amount: float, zipf: float) -> None:
    if before := weights.get(key):
        amount, zipf = before[0] + amount, max(before[1], zipf)
    weights[key] = amount, zipf


def _find_bridges(item: Item, words: tuple[Sequence[Word], Sequence[Word]], language: str) -> dict[str, Weight]:
    keys: dict[str, Weight] = {}
    texts = (item.headline, item.body)
    for text, read, place in zip(texts, (words[0], words[1][:BRIDGE_WORDS]), (1.0, 0.5), strict=True):
        for word in read:
            if key := word.bridge:
                _add(keys, key, place, min(word.zipf, _NAME_ZIPF))
        for concept in find_concepts(text, read, language):
            _add(keys, concept, place, CONCEPT_ZIPF)
    for entity in sorted(item.entities):
        keys[f"{ENTITY}{entity}"] = _AS_ENTITY, CONCEPT_ZIPF
    return keys


def _is_name(word: Word) -> bool:
    is_marked = word.is_capital or word.script not in {"LATIN", "CYRILLIC", "GREEK"}
    return word.is_number or (is_marked and word.zipf <= RARE_NAME)


def _is_named(word: Word) -> bool:
    return _is_name(word) and not word.is_number


def _list_numbers(words: Iterable[Word]) -> Iterator[str]:
    """Of two digits and more, years left out: those that two reports of one event should not contradict."""
    for word in words:
        if word.is_number and len(word.folded) > 1 and not _is_year(word.folded):
            yield word.folded


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in {"19", "20"}


def sketch_text(words: Sequence[str]) -> array[int]:
    """The lowest hashes of the text's runs of four words, in order: what near-duplicates have in common."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    text = b" ".join(encoded)
    begins = list(accumulate((len(word) + 1 for word in encoded), initial=0))
    runs = {crc32(text[begin : end - 1]) for begin, end in zip(begins, begins[_SHINGLE:], strict=False)}
    return array("I", sorted(runs)[:SKETCH])
