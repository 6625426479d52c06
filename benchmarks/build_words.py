"""Writes monitor/text/data/words/*.txt.xz from the frequency lists of wordfreq 3.1.1 (pip install wordfreq first).

A line is a Zipf frequency in tenths (log10 of uses per thousand million words) and every word of that frequency.
"""

from __future__ import annotations

import lzma
import math
import unicodedata
from collections import defaultdict
from pathlib import Path

import wordfreq

FOLDER = Path(__file__).parent.parent / "monitor" / "text" / "data" / "words"
RAREST = 3.5  # Zipf: three uses in a million words; rarer words are not worth their bytes
PER_CHARACTER = {"ja", "ko", "zh", "th"}  # languages that are matched without words
RENAMED = {"fil": "tl", "nb": "no", "sh": "sr"}


def list_words(language: str) -> dict[int, list[str]]:
    """Words by tenths of Zipf, most frequent first."""
    by_tenths = defaultdict(list)
    for word, share in wordfreq.get_frequency_dict(language, "best").items():
        zipf = math.log10(share * 1e9)
        composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())
        if zipf >= RAREST and len(composed) > 1 and composed.isalpha():
            by_tenths[round(zipf * 10)].append(composed)
    return dict(sorted(by_tenths.items(), reverse=True))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    total = 0
    for language in sorted(wordfreq.available_languages("best")):
        if language in PER_CHARACTER:
            continue
        lines = [f"{tenths} {' '.join(sorted(words))}\n" for tenths, words in list_words(language).items()]
        packed = lzma.compress("".join(lines).encode(), preset=9 | lzma.PRESET_EXTREME)
        (FOLDER / f"{RENAMED.get(language, language)}.txt.xz").write_bytes(packed)
        total += len(packed)
        print(language, len(packed), sum(line.count(" ") for line in lines))
    print("bytes in all", total)


if __name__ == "__main__":
    main()
