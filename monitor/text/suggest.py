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
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import islice, product

from monitor.text.arabic_names import list_real_spellings
from monitor.text.normalize import fold
from monitor.text.scripts import find_script

# Each a language whose spelling is learnt, of a script that is written by sound: Han is not.
LANGUAGES = ("ar", "fa", "he", "ru", "uk", "el", "hy", "ka", "ko", "ja")
KNOWN_SCORE, BEST_GUESS = 100, 95  # of a hundred
# Of a hundred leaders of the shipped pack, how many were spelt so: the first proposal by its score, and a later one
# (benchmarks/suggestions.py; docs/accuracy.md). Measured on names of two words.
KNOWN_SHARE, OTHER_KNOWN_SHARE, OTHER_SHARE = 55, 17, 5
FIRST_SHARES = ((90, 42), (80, 35), (70, 27), (60, 20), (50, 17), (30, 10), (0, 2))
MEASURED_WORDS = 2
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

_SERVANTS = frozenset({"abd", "abdel", "abdul", "abdal", "abdoul"})
# Words of names that are no person's; those in the second row are family names too, but not beside "of".
NO_PERSON = frozenset(
    """
    academy agency airlines airport alliance assembly association authority board bureau commission committee company
    corporation council department directorate embassy federation foundation hospital institute institution league
    international ministry movement museum network newspaper observatory organisation organization parliament republic
    senate service society syndicate tribunal union university party banque ministere parti universite conseil societe
    compagnie hopital mouvement syndicat organisme
    """.split()  # noqa: SIM905
)
HARDLY_PERSON = frozenset(
    """
    army bank center centre chamber church city club college court force forces front fund group house mission office
    police press school state states
    """.split()  # noqa: SIM905
)
_JOINING = frozenset({"of", "the", "for", "and", "de", "du"})

Pieces = Mapping[str, Sequence[tuple[int, str]]]  # Latin letters -> (number of the piece, what they become)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A spelling with a score from 1 to 100; `is_known`: every word of it is a name that the data has whole.

    The score orders proposals. `share` says of how many names in a hundred such a proposal was right.
    """

    text: str
    score: int
    is_known: bool
    share: int = 0


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

    Raises ValueError for another language, a name without Latin letters, or one that is no person's.
    """
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is none of the languages that can be suggested: {', '.join(LANGUAGES)}")
    words = _split(name, language)
    if not words:
        raise ValueError(f"{name!r} has no word in Latin letters")
    _check_person(name, words)
    best: dict[str, Proposal] = {}
    for chosen in product(*(_spell(word, language) for word, _ in words)):
        text = _join([spelling.text for spelling in chosen], [gap for _, gap in words], language)
        score = round(math.prod(spelling.score / 100 for spelling in chosen) ** (1 / len(chosen)) * 100)
        found = Proposal(text, max(score, 1), all(spelling.is_known for spelling in chosen))
        if text not in best or best[text].score < found.score:
            best[text] = found
    ordered = islice(sorted(best.values(), key=lambda proposal: -proposal.score), number)
    return tuple(replace(found, share=_find_share(found, at, len(words))) for at, found in enumerate(ordered))


def _find_share(found: Proposal, at: int, words: int) -> int:
    """The measured share of right proposals like this one; a name of more words is right less often."""
    if at:
        share = OTHER_KNOWN_SHARE if found.is_known else OTHER_SHARE
    elif found.is_known:
        share = KNOWN_SHARE
    else:
        share = next(share for score, share in FIRST_SHARES if found.score >= score)
    likely: float = (share / 100) ** (words / MEASURED_WORDS)
    return max(1, round(100 * likely))


def _check_person(name: str, words: Sequence[tuple[str, str]]) -> None:
    """Raises ValueError for what is translated and not spelt by sound: Central Bank of Egypt."""
    spelt = [word for word, _ in words]
    listed = NO_PERSON if _JOINING.isdisjoint(spelt) else NO_PERSON | HARDLY_PERSON
    telling = next((word for word in spelt if word in listed), None)
    if telling is not None and len(words) > 1:
        raise ValueError(
            f"{name!r} is not a person's name ({telling!r}): names of organisations and offices are translated; "
            "look up how newspapers of the language write it"
        )


def _split(name: str, language: str) -> list[tuple[str, str]]:
    """Each word, folded, with what stands before it: "al-Sharaa" is al, then Sharaa after a hyphen."""
    words = _list_words(name)
    at = 0
    while at < len(words) - 1:
        taken = _join_servant([word for word, _ in words[at : at + 3]], language)
        if taken:
            joined, count = taken
            words[at : at + count] = [(joined, words[at][1])]
        at += 1
    return words


def _join_servant(words: Sequence[str], language: str) -> tuple[str, int] | None:
    """Abdel Fattah and Abd al-Rahman as the one name that they are, and of how many words; None for another name."""
    if words[0] not in _SERVANTS:
        return None
    count = 3 if words[1] in _ARTICLES and len(words) > 2 else 2
    for servant in ("abdul", "abdel"):
        joined = servant + words[count - 1]
        if list_real_spellings(joined, language):
            return joined, count
    return None


def _list_words(name: str) -> list[tuple[str, str]]:
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
    real = list_real_spellings(word, language)
    for text in real:
        shares.pop(text, None)
    others = sorted((text for text in listed if text not in real), key=lambda text: -shares.pop(text, 0))
    known = [*real, *others][:MOST_KNOWN]
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
