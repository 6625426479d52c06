"""Every form of every word of all names, and which of them a word of a text may be: for the reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from monitor.names.lexicon import Word
from monitor.names.reading import (
    EXACT,
    FEWEST_WHEN_LOOSE,
    SAME_BEGINNING,
    WHOLE,
    Hit,
    Suspect,
    can_be_misspelt,
    is_read_in,
    read_inflected,
    read_plural,
    read_same,
    suspect,
)
from monitor.text.affixes import Form, drop_article, read_forms
from monitor.text.frequency import is_function_word
from monitor.text.normalize import compose, fold
from monitor.text.plurals import list_singulars


class Vocabulary:
    """The distinct words of all names, looked up by folded form, by inflected form, and by likeness."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._by_folded: dict[str, list[Word]] = defaultdict(list)
        self._by_inflected: dict[str, list[tuple[Word, frozenset[str]]]] = defaultdict(list)
        self._alike: dict[tuple[str, bool, int], list[tuple[str, frozenset[str] | None, Word]]] = defaultdict(list)
        for word in dict.fromkeys(words):
            self._by_folded[word.folded].append(word)
            inflected = _inflect(word)
            for form, languages in inflected.items():
                self._by_inflected[form].append((word, languages))
            if not word.is_rigid:
                self._index_alike(word, {word.folded: None, **inflected})

    def _index_alike(self, word: Word, forms: Mapping[str, frozenset[str] | None]) -> None:
        for form, languages in forms.items():
            stem = drop_article(form)
            if len(stem) >= FEWEST_WHEN_LOOSE and can_be_misspelt(form):
                self._alike[stem[:SAME_BEGINNING], stem != form, len(stem)].append((stem, languages, word))

    def find(self, text: str, language: str | None) -> dict[Word, tuple[Hit, ...]]:
        """Every word of a name that `text`, one token of an article in `language`, may be; the best reading first."""
        if is_function_word(compose(text)):
            return {word: (EXACT,) for word in self._by_folded.get(fold(text), ()) if word.composed == compose(text)}
        forms = list(read_forms(text, language))
        found = [pair for form in forms for pair in self._look_up(form, text, language)]
        for single in list_singulars(forms[0].spelling, language) if forms else ():
            found += [
                (word, read_plural(word, single, text, language)) for word in self._by_folded.get(single.spelling, ())
            ]
        found += [pair for each in suspect(forms, text, language) for pair in self._find_alike(each, language)]
        hits: dict[Word, list[Hit]] = defaultdict(list)
        for word, hit in found:
            if hit is not None:
                hits[word].append(hit)
        return {word: tuple(sorted(each, key=lambda hit: hit.order)) for word, each in hits.items()}

    def _look_up(self, form: Form, text: str, language: str | None) -> Iterator[tuple[Word, Hit | None]]:
        for word in self._by_folded.get(form.spelling, ()):
            yield word, read_same(word, form, text, language)
        if form.tier in WHOLE:
            for word, languages in self._by_inflected.get(form.spelling, ()):
                if is_read_in(language, form, languages):
                    yield word, read_inflected(word, form, text, language)

    def _find_alike(self, each: Suspect, language: str | None) -> Iterator[tuple[Word, Hit | None]]:
        """Misspellings; of a form that grammar made only where the language is known: two guesses are too many."""
        is_definite = each.stem != each.form.spelling
        for size in range(len(each.stem) - 2, len(each.stem) + 3):
            for name, languages, word in self._alike.get((each.stem[:SAME_BEGINNING], is_definite, size), ()):
                if languages is None or (language and is_read_in(language, each.form, languages)):
                    yield word, each.read_alike(word, name)


@lru_cache(maxsize=1 << 15)
def _inflect(word: Word) -> Mapping[str, frozenset[str]]:
    """The same names come in one book after another, and all forms of one take some kilobytes."""
    return word.inflected
