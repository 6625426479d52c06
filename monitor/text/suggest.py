"""How a name in Latin letters is probably spelt in other scripts: proposals to read, never for the matcher.

`data/spellings.txt.xz`, written by `benchmarks/build_spellings.py`, has two kinds of knowledge: whole names that most
scripts share, and per language the costs of writing a piece of a name (sh) as another (ش), learnt from CC0 name pairs.
A piece's cost depends on the piece before it; the cheapest ways through a name are searched with a beam.
"""

from __future__ import annotations

import lzma
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice, product

from monitor.text.normalize import fold
from monitor.text.scripts import find_script

# Each a language whose spelling is learnt, of a script that is written by sound: Han is not.
LANGUAGES = ("ar", "fa", "he", "ru", "uk", "el", "hy", "ka", "ko", "ja")
KNOWN_SCORE, BEST_GUESS = 100, 95  # of a hundred
BEAM, PER_WORD, MOST_KNOWN, FEWEST_TO_TRUST = 24, 6, 3, 4
UNITS = 20  # costs are whole numbers: natural logarithms times this
LONGEST_PIECE, FEWEST_LETTERS = 3, 2
COST_OF_A_STRANGER = 400  # for a letter that no piece explains, which is left out
_CAPITALISED = frozenset({"ru", "uk", "el", "hy"})
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
# Particles that are written onto the next word, or apart, as editors do it.
_ARTICLES = frozenset({"al", "el", "as", "ash", "ad", "ar", "az", "an", "at", "es"})
_ARTICLE = {"ar": "ال", "fa": "ال", "he": "אל-", "ru": "аль-", "uk": "аль-", "el": "αλ-", "hy": "ալ-", "ka": "ალ-"}
_ARTICLE_APART = "-"

Pieces = Mapping[str, Sequence[tuple[int, str]]]  # Latin letters -> (number of the piece, what they become)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A spelling with a score from 1 to 100; `is_known`: every word of it is a name that the data has whole."""

    text: str
    score: int
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The costs of one language: of each piece by itself, of falling back on that, and of pairs of pieces."""

    pieces: Pieces
    alone: Sequence[int]
    fallback: Sequence[int]
    pairs: Mapping[tuple[int, int], int]

    def weigh(self, before: int, piece: int) -> int:
        cost = self.pairs.get((before, piece))
        return self.fallback[before] + self.alone[piece] if cost is None else cost


START, END = 0, 1  # the numbers of the pieces that stand for the edges of a name


def propose(name: str, language: str, number: int = 5) -> tuple[Proposal, ...]:
    """The best spellings of a name, written in Latin letters, in one of LANGUAGES; best first, none twice.

    Raises ValueError for another language, or a name without Latin letters.
    """
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is none of {', '.join(LANGUAGES)}")
    words = _split(name)
    if not words:
        raise ValueError(f"{name!r} has no word in Latin letters")
    best: dict[str, Proposal] = {}
    for chosen in product(*(_spell(word, language) for word, _ in words)):
        text = _join([spelling.text for spelling in chosen], [gap for _, gap in words], language)
        score = round(math.prod(spelling.score / 100 for spelling in chosen) ** (1 / len(chosen)) * 100)
        found = Proposal(text, max(score, 1), all(spelling.is_known for spelling in chosen))
        if text not in best or best[text].score < found.score:
            best[text] = found
    return tuple(islice(sorted(best.values(), key=lambda proposal: -proposal.score), number))


def _split(name: str) -> list[tuple[str, str]]:
    """Each word, folded, with what stands before it: "al-Sharaa" is al, then Sharaa after a hyphen."""
    words, end = [], 0
    for found in _WORD.finditer(name):
        word = fold(found.group())
        if re.fullmatch("[a-z]+", word):
            words.append((word, name[end : found.start()].strip() or " "))
        end = found.end()
    return words


def _join(words: Sequence[str], gaps: Sequence[str], language: str) -> str:
    text = ""
    for index, (word, gap) in enumerate(zip(words, gaps, strict=True)):
        glued = index and words[index - 1] == _ARTICLE.get(language) and gap in {"-", " "}
        blank = "・" if language == "ja" else " "
        text += word if not index or glued else (gap if gap == "-" and language in _CAPITALISED else blank) + word
    return text


def _spell(word: str, language: str) -> Sequence[Proposal]:
    if word in _ARTICLES and language in _ARTICLE:
        return (Proposal(_ARTICLE[language], KNOWN_SCORE, True),)
    shares = _guess(word, _load().models[language])
    listed = [text for text, is_wide in _list_known(word, language).items() if is_wide or text in shares]
    known = sorted(listed, key=lambda text: -shares.pop(text, 0))[:MOST_KNOWN]
    best = [Proposal(_dress(text, language), KNOWN_SCORE - index, True) for index, text in enumerate(known)]
    likely = sorted(shares.items(), key=lambda item: -item[1])
    guessed = (Proposal(_dress(text, language), max(1, round(share * BEST_GUESS)), False) for text, share in likely)
    return tuple(islice((*best, *guessed), PER_WORD))


def _dress(text: str, language: str) -> str:
    """As a name is printed: composed, and with a capital where the script has them."""
    composed = unicodedata.normalize("NFC", text)
    return composed[:1].upper() + composed[1:] if language in _CAPITALISED else composed


def _list_known(word: str, language: str) -> dict[str, bool]:
    """Spellings that the data has whole, and whether of a name that many languages spell: pet names are in few."""
    known: dict[str, bool] = {}
    for entry in _load().known.get(word, ()):
        for text in entry.get(language, ()):
            known[_take_apart(text, language)] = len(entry) >= FEWEST_TO_TRUST
    return known


def _take_apart(text: str, language: str) -> str:
    """Hangul as its letters, as the costs have them."""
    return unicodedata.normalize("NFD", text) if language == "ko" else text


def _guess(word: str, model: Model) -> dict[str, float]:
    """Spellings with the share of each among all that the beam kept."""
    beams: list[dict[tuple[int, str], int]] = [defaultdict(lambda: 10**9) for _ in range(len(word) + 1)]
    beams[0][START, ""] = 0
    for index in range(len(word)):
        kept = sorted(beams[index].items(), key=lambda item: item[1])[:BEAM]
        for (before, text), cost in kept:
            for width, piece, becomes, more in _step(word, index, before, model):
                key = piece, text + becomes
                beams[index + width][key] = min(beams[index + width][key], cost + more)
    totals: dict[str, float] = defaultdict(float)
    for (before, text), cost in beams[-1].items():
        totals[text] += math.exp(-(cost + model.weigh(before, END)) / UNITS)
    whole = sum(totals.values()) or 1.0
    return {text: share / whole for text, share in totals.items() if _is_whole(text)}


def _is_whole(text: str) -> bool:
    """At least two letters; Hangul in whole syllables, Greek with the one accent of a word."""
    composed = unicodedata.normalize("NFC", text)
    if len(text) < FEWEST_LETTERS:
        return False
    if find_script(composed[0]) == "HANGUL":
        return all("가" <= char <= "힣" for char in composed)
    accents = sum(mark == "\u0301" for mark in unicodedata.normalize("NFD", text))
    return find_script(composed[0]) != "GREEK" or accents == 1


def _step(word: str, index: int, before: int, model: Model) -> Iterator[tuple[int, int, str, int]]:
    """Every piece that may come next: how many letters it takes, its number, what they become, and at what cost."""
    is_stuck = True
    for width in range(1, min(LONGEST_PIECE, len(word) - index) + 1):
        for piece, becomes in model.pieces.get(word[index : index + width], ()):
            is_stuck = False
            yield width, piece, becomes, model.weigh(before, piece)
    if is_stuck:
        yield 1, before, "", COST_OF_A_STRANGER


@dataclass(frozen=True, slots=True)
class _Data:
    models: Mapping[str, Model]
    known: Mapping[str, Sequence[Mapping[str, Sequence[str]]]]


@cache
def _load() -> _Data:
    packed = (files("monitor.text") / "data" / "spellings.txt.xz").read_bytes()
    sections = lzma.decompress(packed).decode().split("@")[1:]
    parts = dict(section.split("\n", 1) for section in sections)
    known = _read_known(parts.pop("known"))
    return _Data({language: _read_model(text) for language, text in parts.items()}, known)


def _read_known(text: str) -> Mapping[str, Sequence[Mapping[str, Sequence[str]]]]:
    known: dict[str, list[Mapping[str, Sequence[str]]]] = defaultdict(list)
    for line in text.splitlines():
        latin, *others = line.split("|")
        entry = {language: texts for language, *texts in (other.split(" ") for other in others)}
        for word in latin.split():
            known[word].append(entry)
    return known


def _read_model(text: str) -> Model:
    """Lines `latin other cost fallback`, an empty line, lines `number number cost`."""
    first, second = text.strip("\n").split("\n\n")
    rows = [line.split(" ") for line in first.split("\n")]
    pieces: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, (latin, other, *_) in enumerate(rows):
        if number > END:
            pieces[latin].append((number, other))
    pairs = (tuple(map(int, line.split())) for line in second.split("\n"))
    return Model(
        pieces=pieces,
        alone=[int(row[2]) for row in rows],
        fallback=[int(row[3]) for row in rows],
        pairs={(a, b): cost for a, b, cost in pairs},
    )
