"""Writes monitor/text/data/language_names.txt, from CLDR (Babel): a language's code and its own name a line.

Babel keeps every locale that it has read: all of them take 130 MB, in a daemon that looks up one misspelt language too.
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale

from monitor.text.locales import is_written

FILE = Path(__file__).parent.parent / "monitor" / "text" / "data" / "language_names.txt"


def main() -> None:
    """Write the file anew."""
    codes = sorted(str(code) for code in Locale.parse("en").languages if is_written(str(code)))
    names = {code: Locale.parse(code).get_language_name() for code in codes}
    FILE.write_text("".join(f"{code} {name}\n" for code, name in names.items() if name), encoding="utf-8")
    print(f"{len(names)} languages")


if __name__ == "__main__":
    main()
