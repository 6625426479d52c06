"""Write monitor/text/data/spellings.txt.xz: how names in Latin letters are spelt in other scripts.

    pip download --no-deps rigour==1.3.0 && unzip rigour-1.3.0-*.whl 'rigour/data/names/persons.txt'
    python benchmarks/build_spellings.py rigour/data/names/persons.txt [LANGUAGE …]

persons.txt (rigour is under the MIT licence) has a Wikidata item per line, data that Wikidata gives away under CC0: the
spellings of one given or family name in many scripts. Pairs of a Latin and another spelling are cut into pieces (sh ш)
by Viterbi training, and pairs of neighbouring pieces are counted; the file holds their costs, and nothing of the list
but the names that most scripts have. Takes about ten minutes.
"""

from __future__ import annotations

import argparse
import lzma
import math
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from monitor.text.normalize import fold

FILE = Path(__file__).parent.parent / "monitor" / "text" / "data" / "spellings.txt.xz"
# The letters that a language's own spellings are made of, as a regular expression's class.
LETTERS = {
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "fa": "آؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
    "he": "א-ת'",
    "ru": "а-яё",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'",
    "el": "α-ωάέήίόύώϊϋΐΰ",
    "hy": "ա-և",
    "ka": "ა-ჰ",
    "ko": "가-힣",
    "ja": "ァ-ヺー",
}
# A name that so many languages spell, or both Arabic and Russian, is kept whole, with so many spellings in each.
FEWEST_SCRIPTS, MOST_SPELLINGS = 4, 2
# What German, Czech, Polish, Dutch and French write and English does not: only the other spellings are learnt.
FOREIGN = re.compile("tsch|sch|cz|sz|rz|ij|sj|tj|lj|nj|dj|[aeiou]j|[aeiou]w$|[^aeiou]w|ou|oe|ss|ck|ch(?=k|t)")
SHAPES = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 0), (3, 1), (2, 0), (1, 3), (2, 3), (3, 2))  # letters of a piece
MOST_PAIRS, ROUNDS, RAREST_PAIR, DISCOUNT = 12_000, 4, 3, 0.6
UNITS = 20  # of the whole numbers in the file to one natural logarithm
HELD_OUT = 0.1

Piece = tuple[str, str]
Pair = tuple[tuple[str, ...], str]


def read_names(file: Path) -> Iterator[list[str]]:
    for line in file.read_text("utf-8").splitlines():
        yield [unicodedata.normalize("NFC", name) for name in line.rpartition(" => ")[0].split(", ")]


def list_pairs(file: Path, language: str) -> list[Pair]:
    """All Latin spellings of a name beside one of `language`; Hangul as its letters."""
    pairs = []
    for names in read_names(file):
        latin = pick_english([name for name in names if re.fullmatch("[a-z]{3,}", name)])
        pairs += [(latin, spell(name, language)) for name in names if latin and is_spelling(name, language)]
    return pairs


def pick_english(latin: Sequence[str]) -> tuple[str, ...]:
    fewest = min((len(FOREIGN.findall(name)) for name in latin), default=0)
    return tuple(name for name in latin if len(FOREIGN.findall(name)) == fewest)


def is_spelling(name: str, language: str) -> bool:
    """Whether a name is written as `language` writes: Ukrainian shares most letters with Russian, but not и for i."""
    if not re.fullmatch(f"[{LETTERS[language]}]{{2,}}", name) or name.endswith("씨"):  # a Korean "Mr"
        return False
    return language != "uk" or bool(re.search("[іїєґ']", name)) or not re.search("[ие]", name)


def spell(name: str, language: str) -> str:
    return unicodedata.normalize("NFD", name) if language == "ko" else name


def align(latin: str, other: str, costs: Mapping[Piece, float] | None) -> tuple[float, list[Piece]]:
    """The cheapest way to cut both into pieces; by the diagonal in the first round (`costs` is None)."""
    best: list[list[tuple[float, Piece | None]]] = [
        [(math.inf, None)] * (len(other) + 1) for _ in range(len(latin) + 1)
    ]
    best[0][0] = (0.0, None)
    for i in range(len(latin)):
        for j in range(len(other) + 1):
            here = best[i][j][0]
            if here == math.inf or abs(i * len(other) - j * len(latin)) > 3.5 * max(len(latin), len(other)):
                continue
            for width, height in SHAPES:
                if i + width > len(latin) or j + height > len(other):
                    continue
                piece = (latin[i : i + width], other[j : j + height])
                cost = here + (
                    guess(width, height, i / len(latin) - j / len(other)) if costs is None else costs.get(piece, 12)
                )
                if cost < best[i + width][j + height][0]:
                    best[i + width][j + height] = (cost, piece)
    return best[-1][-1][0], list(trace(best, len(latin), len(other)))[::-1]


def guess(width: int, height: int, off: float) -> float:
    return 1 + 1.5 * (width + height - 2 + 2 * (height == 0)) + 4 * abs(off)


def trace(best: Sequence[Sequence[tuple[float, Piece | None]]], i: int, j: int) -> Iterator[Piece]:
    while (piece := best[i][j][1]) is not None:
        yield piece
        i, j = i - len(piece[0]), j - len(piece[1])


def cut(pairs: Iterable[Pair], costs: Mapping[Piece, float] | None) -> list[list[Piece]]:
    """Each pair in pieces, once for each Latin spelling."""
    aligned = (align(one, other, costs) for latin, other in pairs for one in latin)
    return [pieces for cost, pieces in aligned if cost < math.inf]


def train(pairs: Sequence[Pair]) -> list[list[Piece]]:
    rows = cut(pairs, None)
    for _ in range(ROUNDS):
        counts = Counter(piece for row in rows for piece in row)
        total = counts.total()
        rows = cut(pairs, {piece: -math.log(count / total) for piece, count in counts.items() if count > 1})
    return rows


def write_model(rows: Sequence[Sequence[Piece]]) -> Iterator[str]:
    """Pieces with their cost and that of falling back on them, then pairs by the numbers of their pieces."""
    counts = Counter(piece for row in rows for piece in row)
    kept = {piece: count for piece, count in counts.items() if count >= RAREST_PAIR}
    total = sum(kept.values()) + len(rows)
    pairs = Counter(
        pair for row in rows if all(p in kept for p in row) for pair in zip([START, *row], [*row, END], strict=True)
    )
    often = {pair: count for pair, count in pairs.items() if count >= RAREST_PAIR}
    before = Counter[Piece]()
    for (first, _), count in pairs.items():
        before[first] += count
    left = {
        first: count - sum(c - DISCOUNT for (a, _), c in often.items() if a == first) for first, count in before.items()
    }
    numbered = {piece: index for index, piece in enumerate([START, END, *sorted(kept)])}
    for piece in numbered:
        share = kept.get(piece, len(rows)) / total
        spare = max(left.get(piece, 1), 0.5) / max(before.get(piece, 1), 1)
        yield f"{piece[0]} {piece[1]} {measure(share)} {measure(min(spare, 1))}"
    yield ""
    for (first, second), count in sorted(often.items(), key=lambda item: (numbered[item[0][0]], numbered[item[0][1]])):
        yield f"{numbered[first]} {numbered[second]} {measure((count - DISCOUNT) / before[first])}"
    yield ""


START, END = ("^", ""), ("$", "")


def measure(share: float) -> int:
    return round(-math.log(share) * UNITS)


def list_known(file: Path) -> Iterator[str]:
    """Names that most languages here spell, as `latin latin|ar … …|ru …`."""
    for names in read_names(file):
        latin = [name for name in names if re.fullmatch("[a-z]{3,}", name)]
        spelt = {
            language: [name for name in names if is_spelling(name, language)][:MOST_SPELLINGS] for language in LETTERS
        }
        is_wide = sum(map(bool, spelt.values())) >= FEWEST_SCRIPTS or (spelt["ar"] and spelt["ru"])
        if latin and is_wide:
            yield "|".join(
                [" ".join(latin), *(" ".join([language, *some]) for language, some in spelt.items() if some)]
            )


def split(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from and pairs to measure with, always the same."""
    random.Random(7).shuffle(pairs)
    size = int(len(pairs) * HELD_OUT)
    return pairs[size:][:MOST_PAIRS], pairs[:size]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("persons", type=Path)
    parser.add_argument("--part", help="Write the model of this one language to stdout, to run several at once.")
    args = parser.parse_args()
    if args.part:
        print("\n".join(write_model(train(split(list_pairs(args.persons, args.part))[0]))))
        return
    lines = []
    for language in LETTERS:
        lines += [f"@{language}", *write_model(train(split(list_pairs(args.persons, language))[0]))]
        print(language, len(lines))
    write(lines, list(list_known(args.persons)))


def write(models: Sequence[str], known: Sequence[str]) -> None:
    text = "\n".join([*models, "@known", *known]) + "\n"
    FILE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print("bytes", FILE.stat().st_size, "known", len(known), "spelt", fold("ok"))


if __name__ == "__main__":
    main()
