"""The words of a text are the same on every Python that this machine has: `re` of CPython 3.11.2 once lost letters."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel import Locale, localedata

from monitor.text.tokenize import Words

SYSTEM = Path("/usr/bin/python3")
OLDEST = (3, 11)
# The tokenizer needs the standard library alone, so it runs under interpreters that have nothing installed.
CUT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from monitor.text.tokenize import Words
sys.stdout.write(json.dumps([Words(text).texts for text in json.load(sys.stdin)]))
"""


def list_candidates() -> Iterator[Path]:
    """Debian's own Pythons, those in PATH, and those of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = [SYSTEM.parent, *map(Path, os.get_exec_path()), *sorted(pyenv.glob("*/bin"))]
    for folder in dict.fromkeys(folders):
        for path in sorted(folder.glob("python3*")):
            if re.fullmatch(r"python3(\.\d+t?)?", path.name) and not is_script(path):
                yield path


def is_script(path: Path) -> bool:
    """Such as the shims of pyenv, which start an interpreter of its folder `versions`."""
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def ask_version(python: Path) -> str:
    """Its full version, or nothing where it does not start."""
    command = [python, "-I", "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def is_supported(version: str) -> bool:
    return bool(version) and tuple(map(int, re.findall(r"\d+", version)[:2])) >= OLDEST


@cache
def list_others() -> dict[str, Path]:
    """One interpreter of every other version than that of this process."""
    real = dict.fromkeys(path.resolve() for path in list_candidates())
    versions = {ask_version(path): path for path in real}
    return {
        version: path
        for version, path in versions.items()
        if is_supported(version) and version != platform.python_version()
    }


def list_names_of_places() -> Iterator[str]:
    """The territories in every language of CLDR: some thirty scripts."""
    for name in localedata.locale_identifiers():
        if name.count("_") > 1 or (name.count("_") == 1 and len(name.split("_")[1]) != 4):
            continue  # a country's variant of the same language
        yield ", ".join(Locale.parse(name).territories.values())


def list_texts(root: Path) -> list[str]:
    """Articles, news and names; each as it is, and with its words quoted in the ways that news quotes words."""
    news = tomllib.loads((root / "tests" / "names" / "news_in_languages.toml").read_text(encoding="utf-8"))
    plain = [
        *(path.read_text(encoding="utf-8") for path in sorted((root / "seeds" / "articles").iterdir())),
        *(one["text"] for one in news.values()),
        *list_names_of_places(),
    ]
    quotes = ['says "{}"', "«{}»", "'{}'", "‘{}’s", '{}"', "{}\u200c"]
    quoted = [" ".join(quotes[at % len(quotes)].format(word) for at, word in enumerate(text.split())) for text in plain]
    return plain + quoted


@pytest.fixture(scope="module")
def texts(root: Path) -> list[str]:
    return list_texts(root)


def list_scripts(texts: list[str]) -> set[str]:
    letters = {char for text in texts for char in text if char.isalpha()}
    return {unicodedata.name(letter, "?").split()[0].partition("-")[0] for letter in letters}


def test_the_texts_are_of_every_script_that_news_is_written_in(texts: list[str]) -> None:
    usual = (
        "LATIN CYRILLIC GREEK ARABIC HEBREW ARMENIAN GEORGIAN DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU"
    )
    others = "KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR KHMER ETHIOPIC HANGUL HIRAGANA KATAKANA CJK"
    rare = "CHEROKEE TIFINAGH NKO ADLAM"  # of these, Adlam is outside the Basic Multilingual Plane
    assert list_scripts(texts) >= {*usual.split(), *others.split(), *rare.split()}


def test_words_are_the_same_on_every_interpreter(root: Path, texts: list[str]) -> None:
    others = list_others()
    if not others:
        system = ask_version(SYSTEM)
        assert not is_supported(system) or system == platform.python_version(), "the system's Python was not found"
        pytest.skip(f"needs a second Python >= 3.11; this machine has {platform.python_version()} only")
    expected = [Words(text).texts for text in texts]
    for version, python in others.items():
        assert cut(python, root, texts) == expected, f"Python {version} ({python}) cuts other words"


def cut(python: Path, root: Path, texts: list[str]) -> list[list[str]]:
    done = subprocess.run(
        [python, "-I", "-B", "-c", CUT, root], input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{python}\n{done.stderr}"
    words: list[list[str]] = json.loads(done.stdout)
    return words


def test_no_letter_of_a_real_text_is_lost(texts: list[str]) -> None:
    for text in texts:
        assert "".join(filter(str.isalnum, text)) == "".join(filter(str.isalnum, "".join(Words(text).texts)))


def test_this_process_is_not_compared_with_itself() -> None:
    assert platform.python_version() not in list_others()
    assert ask_version(Path(sys.executable)) == platform.python_version()
