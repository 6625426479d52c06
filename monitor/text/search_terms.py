"""What a typed word or phrase asks the index for: its forms by grammar, proclitics, and how else it may be joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from monitor.model.search import Either, Every, Forms, Run, Wanted
from monitor.text.affixes import add_proclitics
from monitor.text.index_words import fold_index_word, pair_up
from monitor.text.inflect import inflect
from monitor.text.normalize import fold
from monitor.text.tokenize import Words, is_unspaced
from monitor.text.transcribe import spell_out

_FEWEST_TO_INFLECT = 3  # letters: of shorter words most forms are other words
_MOST_RUNS = 64  # spellings of one phrase


def ask_for_words(typed: Sequence[str]) -> Wanted | None:
    """All of these words, anywhere; each in any form, or joined with its neighbour. None where nothing is a word."""
    chunks = [chunk for chunk in (_cut(text) for text in typed) if chunk]
    parts: list[Wanted] = []
    for at, chunk in enumerate(chunks):
        neighbours = [chunks[at - 1 : at + 1], chunks[at : at + 2]] if len(chunks) > 1 else []
        joined = {word for pair in neighbours if len(pair) > 1 for word in _join([*pair[0], *pair[1]])}
        parts.append(_either([*_ask_for_chunk(chunk), *([Forms(words=dict.fromkeys(joined))] if joined else [])]))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Every(parts=tuple(parts))


def ask_for_any(names: Iterable[str]) -> Wanted | None:
    """The words of at least one of these names; a name that has all words of another one need not be asked for."""
    by_words = {frozenset(fold(word) for word in _cut(name)): name for name in names}
    shortest = [words for words in by_words if words and not any(other and other < words for other in by_words)]
    asked = [ask_for_words(by_words[words].split()) for words in shortest]
    parts = [part for part in asked if part is not None]
    return _either(parts) if parts else None


def ask_for_phrase(typed: str) -> Wanted | None:
    """These words one after the other as they are typed; only proclitics may stand before the first."""
    chunk = _cut(typed)
    if not chunk:
        return None
    run = _make_run(chunk)
    first = [run.words[0], *add_proclitics(run.words[0])] if not is_unspaced(run.words[0]) else [run.words[0]]
    return _either([Run(words=(word, *run.words[1:]), is_open=run.is_open) for word in first[:_MOST_RUNS]])


def list_plain(wanted: Wanted) -> Wanted:
    """The same without the forms that only some languages have: what an article of any language is excluded for."""
    if isinstance(wanted, Forms):
        return Forms(words={word: languages for word, languages in wanted.words.items() if languages is None})
    if isinstance(wanted, Every):
        return Every(parts=tuple(map(list_plain, wanted.parts)))
    return Either(parts=tuple(map(list_plain, wanted.parts))) if isinstance(wanted, Either) else wanted


def _cut(typed: str) -> list[str]:
    return [word for word in Words(typed).texts if fold_index_word(word)]


def _ask_for_chunk(chunk: Sequence[str]) -> Iterator[Wanted]:
    """What is typed without a blank: one word, or words that a hyphen joins (F-16), or a run of 东京都."""
    if len(chunk) == 1 and not is_unspaced(chunk[0]):
        yield Forms(words=_list_forms(chunk[0]))
        return
    yield _make_run(chunk)
    if joined := _join(chunk):
        yield Forms(words=dict.fromkeys(joined))


def _make_run(chunk: Sequence[str]) -> Run:
    words: list[str] = []
    characters: list[str] = []
    for word in chunk:
        if is_unspaced(word):
            characters.append(fold(word))
        else:
            words += [*_pair(characters), *fold_index_word(word)]
            characters = []
    return Run(words=(*words, *_pair(characters)), is_open=len(characters) == 1)


def _pair(characters: Sequence[str]) -> list[str]:
    """The pairs of a run; the index has a word for its last character too, which in a text need not be the last."""
    pairs = list(pair_up(characters))
    return pairs[:-1] if len(characters) > 1 else pairs


def _join(chunk: Iterable[str]) -> Sequence[str]:
    """The words written as one, where a text may do so."""
    words = list(chunk)
    return () if any(map(is_unspaced, words)) else fold_index_word("".join(words))


@lru_cache(maxsize=1 << 10)
def _list_forms(word: str) -> Mapping[str, frozenset[str] | None]:
    """Every spelling under which the index has one word, itself the first."""
    [folded, *more] = fold_index_word(word)
    found: dict[str, frozenset[str] | None] = {folded: None}
    if spelt := spell_out(word):
        found |= dict.fromkeys(fold_index_word(spelt))
    found |= dict.fromkeys(add_proclitics(folded))
    if not more and len(folded) >= _FEWEST_TO_INFLECT:
        for form, languages in inflect(word).items():
            found.setdefault(form, languages)
    return found


def _either(parts: Sequence[Wanted]) -> Wanted:
    forms = [part for part in parts if isinstance(part, Forms)]
    if len(forms) > 1:
        united: dict[str, frozenset[str] | None] = {}
        for part in forms:
            united |= part.words
        parts = [Forms(words=united), *(part for part in parts if not isinstance(part, Forms))]
    return parts[0] if len(parts) == 1 else Either(parts=tuple(parts))
