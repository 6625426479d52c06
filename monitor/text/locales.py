"""Which language tags mean something: asked of CLDR through Babel, so that a typing error is found at load."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.core import parse_locale


def is_locale(tag: str) -> bool:
    """Whether the tag (`ar`, `ar-SY`, `zh-Hant`) names a language, script and region that CLDR knows."""
    try:
        language, territory, script, *_ = parse_locale(tag, sep="-")
    except ValueError:
        return False
    english = _english()
    return (
        language in english.languages
        and (territory is None or territory in english.territories)
        and (script is None or script in english.scripts)
    )


def is_written(tag: str) -> bool:
    """Whether CLDR can write dates in the language of the tag."""
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def find_language_code(name: str) -> str | None:
    """The code of a language by its English name, a country's code (ua, cn) or its own name: العربية -> ar."""
    word = name.strip().casefold()
    if word.upper() in _english().territories and word != "zz":
        return _find_spoken(word.upper())
    return _english_names().get(word) or _own_names().get(word)


def _find_spoken(territory: str) -> str | None:
    try:
        return Locale.parse(f"und_{territory}").language
    except (ValueError, UnknownLocaleError):
        return None


@cache
def _english() -> Locale:
    return Locale.parse("en")


@cache
def _english_names() -> dict[str, str]:
    return {str(name).casefold(): str(code) for code, name in _english().languages.items() if len(str(code)) <= 3}


@cache
def _own_names() -> dict[str, str]:
    lines = (files("monitor.text") / "data" / "language_names.txt").read_text("utf-8").splitlines()
    return {name.casefold(): code for code, name in (line.split(" ", 1) for line in lines)}
