"""Write monitor/text/data/han.txt: one form for each Chinese character that has a traditional and a simplified one.

    python benchmarks/build_han.py

From the tables of OpenCC as the package opencc-python-reimplemented 0.1.7 carries them (Apache-2.0): traditional and
Hong Kong, Taiwan and Japanese forms, each before the simplified one. Needs: pip install opencc-python-reimplemented.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

FILE = Path(__file__).parent.parent / "monitor" / "text" / "data" / "han.txt"
OTHER_WORDS_IN_CHINESE = frozenset("芸欠予余糸缶弁浜")  # Japanese forms that are another character in Chinese
PAIRS_IN_A_LINE = 40


def main() -> None:
    simplified = {old: new.split()[0] for old, new in read_table("TSCharacters")}
    for table in ("TWVariants", "HKVariants", "JPVariants"):
        for standard, forms in read_table(table):
            for form in forms.split():
                if form != standard and form not in OTHER_WORDS_IN_CHINESE and form not in simplified.values():
                    simplified.setdefault(form, simplified.get(standard, standard))
    pairs = {old: follow(new, simplified) for old, new in simplified.items()}
    kept = sorted(f"{old}{new}" for old, new in pairs.items() if old != new and len(f"{old}{new}".encode()) == 6)
    lines = ["".join(kept[at : at + PAIRS_IN_A_LINE]) for at in range(0, len(kept), PAIRS_IN_A_LINE)]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_table(name: str) -> Iterator[tuple[str, str]]:
    """A character and what it becomes."""
    text = (files("opencc") / "dictionary" / f"{name}.txt").read_text("utf-8")
    for line in text.splitlines():
        old, _, new = line.partition("\t")
        yield old, new


def follow(char: str, table: dict[str, str]) -> str:
    """What a character becomes in the end."""
    seen = {char}
    while table.get(char, char) not in seen:
        char = table[char]
        seen.add(char)
    return char


if __name__ == "__main__":
    main()
