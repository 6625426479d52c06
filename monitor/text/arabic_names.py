"""Real Arabic names with their usual Latin spellings: `data/arabic_names.txt`, for `marsad entity suggest`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from monitor.text.normalize import fold

_TO_PERSIAN = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا"})
_SERVANT = "عبد "  # "servant of" is written onto the next word in Persian


def list_real_spellings(word: str, language: str) -> Sequence[str]:
    """How a folded Latin name is really written in Arabic or Persian; empty where the table has it not."""
    if language == "ar":
        return _index_names().get(word, ())
    if language == "fa":
        return [_write_in_persian(name) for name in _index_names().get(word, ())]
    return ()


def _write_in_persian(name: str) -> str:
    joined = name.replace(_SERVANT, _SERVANT.strip()) if name.startswith(_SERVANT) else name
    return joined.translate(_TO_PERSIAN)


@cache
def _index_names() -> Mapping[str, Sequence[str]]:
    """{Latin letters, folded: Arabic names in the order of the file}."""
    names: dict[str, list[str]] = defaultdict(list)
    text = (files("monitor.text") / "data" / "arabic_names.txt").read_text("utf-8")
    for line in text.splitlines():
        arabic, bar, spellings = line.partition("|")
        for spelling in spellings.split() if bar and not line.startswith("#") else ():
            key = fold(spelling).replace("-", "")
            if arabic.strip() not in names[key]:
                names[key].append(arabic.strip())
    return names
