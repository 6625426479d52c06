"""Where in a text the words stand that a search asks for, as the index has them; and what of a long text to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.model.search import Every, Forms, Run, Wanted
from monitor.text.index_words import JOINTS, MOST_INDEX_WORDS, fold_index_word, list_joined_parts
from monitor.text.normalize import fold
from monitor.text.scripts import find_script, is_written_in, read_primary
from monitor.text.tokenize import Words, is_unspaced

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class IndexedPlace:
    """A word of the index where a text has it; `begin_end` is the end of its first character's own word."""

    word: str
    start: int
    end: int
    begin_end: int
    stems: tuple[str, ...] = ()


def locate_index_words(text: str) -> list[IndexedPlace]:
    """The same words as `read_index_words`, in their order."""
    cut = Words(text)
    found: list[IndexedPlace] = []
    for at, word in enumerate(cut.texts[:MOST_INDEX_WORDS]):
        start, end = cut.find_span(at, at)
        if is_unspaced(word):
            follows = at + 1 < len(cut.texts) and not cut.gaps[at + 1] and is_unspaced(cut.texts[at + 1])
            pair = fold(word) + (fold(cut.texts[at + 1]) if follows else "")
            last = cut.find_span(at, at + 1)[1] if follows else end
            found += [IndexedPlace(each, start, last, end) for each in fold_index_word(pair)]
        else:
            stems = () if word.isalnum() or not JOINTS.search(word) else list_joined_parts(word)
            found += [IndexedPlace(each, start, end, end, stems) for each in fold_index_word(word)]
    return found


def find_wanted(wanted: Wanted, fields: Sequence[Sequence[IndexedPlace]], language: str | None) -> list[list[Span]]:
    """The spans by field where an article in a language has what is wanted; empty where it lacks any of it."""
    if isinstance(wanted, Forms | Run):
        found = [list(_find_leaf(wanted, places, language)) for places in fields]
        return found if any(found) else []
    parts = [find_wanted(part, fields, language) for part in wanted.parts]
    if isinstance(wanted, Every) and not all(parts):
        return []
    there = [part for part in parts if part]
    return [sorted({span for part in there for span in part[at]}) for at in range(len(fields))] if there else []


def _find_leaf(wanted: Forms | Run, places: Sequence[IndexedPlace], language: str | None) -> Iterator[Span]:
    return _find_forms(wanted, places, language) if isinstance(wanted, Forms) else _find_run(wanted, places)


def _find_forms(wanted: Forms, places: Sequence[IndexedPlace], language: str | None) -> Iterator[Span]:
    for place in places:
        for word in (place.word, *place.stems):
            if word in wanted.words and _is_of(wanted.words[word], word, language):
                yield place.start, place.end
                break


def _is_of(languages: frozenset[str] | None, word: str, language: str | None) -> bool:
    """Whether grammar makes the form in the article's language; any is right where that is unknown."""
    if languages is None or language is None or not is_written_in(language, find_script(word[0])):
        return True
    return read_primary(language) in languages


def _find_run(wanted: Run, places: Sequence[IndexedPlace]) -> Iterator[Span]:
    words = wanted.words
    for at in range(len(places) - len(words) + 1):
        if all(place.word == word for place, word in zip(places[at:], words[:-1], strict=False)):
            last = places[at + len(words) - 1]
            if last.word == words[-1] or (wanted.is_open and last.word.startswith(words[-1])):
                yield places[at].start, last.begin_end if wanted.is_open else last.end


def join_spans(spans: Sequence[Span]) -> list[Span]:
    """The same without overlaps, in their order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def choose_excerpt(text: str, spans: Sequence[Span], length: int) -> Span:
    """The part of a text of about `length` characters that has the first of the spans, from word to word."""
    first = spans[0][0] if spans else 0
    if len(text) <= length:
        return 0, len(text)
    start = max(0, min(first - length // 3, len(text) - length))
    end = min(len(text), start + length)
    if start and (blank := text.find(" ", start, first)) >= 0:
        start = blank + 1
    if end < len(text) and (blank := text.rfind(" ", max(start, spans[0][1] if spans else 0), end)) > start:
        end = blank
    return start, end
