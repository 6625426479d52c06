"""What Marsad says, in the languages of its readers: gettext catalogues, read from their sources with Babel.

A catalogue is `locale/LANGUAGE/LC_MESSAGES/DOMAIN.po`; each part of Marsad that speaks has a domain of its own. English
is what stands in the code, and has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from babel import Locale, UnknownLocaleError, localedata
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from monitor.text.scripts import direction

SOURCE_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The messages of one domain for one reader. `language` is the reader's BCP 47 tag, or "en".

    `context` is where a short word stands, if another language has two words for it. A message without a translation
    is said in English.
    """

    language: str
    locale: Locale
    translations: NullTranslations

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return direction(self.language)

    def say(self, message: str, *, context: str = "") -> str:
        """`message` in the reader's language."""
        if context:
            return str(self.translations.pgettext(context, message))
        return self.translations.gettext(message)

    def count(self, singular: str, plural: str, number: int) -> str:
        """The form for `number`, by the catalogue's Plural-Forms; the number is not filled in."""
        return self.translations.ngettext(singular, plural, number)


def open_catalogue(domain: str, language: str) -> Catalogue:
    """The catalogue for a BCP 47 tag such as ar-SY, by its language; the English one where there is none."""
    spoken = language if speaks(domain, language) else SOURCE_LANGUAGE
    return Catalogue(language=spoken, locale=find_locale(spoken), translations=_read(domain, _find_primary(spoken)))


def speaks(domain: str, language: str) -> bool:
    """Whether the domain has the language of a tag."""
    return _find_primary(language) in list_languages(domain)


@cache
def list_languages(domain: str) -> Sequence[str]:
    """The languages of a domain, English first."""
    found = [folder.name for folder in _find_folder().iterdir() if _find_file(domain, folder.name).is_file()]
    return (SOURCE_LANGUAGE, *sorted(found))


@cache
def find_locale(language: str) -> Locale:
    """The Babel locale of a BCP 47 tag; of its language alone where CLDR has no more, English where it has nothing."""
    for tag in (language, language.partition("-")[0]):
        try:
            return _make_own(Locale.parse(tag, sep="-"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(SOURCE_LANGUAGE)


def _make_own(locale: Locale) -> Locale:
    """The same with data of its own.

    Babel 2.18 resolves aliases inside data that locales share: once `ar` was used, `ar-SY` had the months of Egypt.
    """
    own = localedata.LocaleDataDict(deepcopy(locale._data._data))  # noqa: SLF001
    locale._Locale__data = own  # type: ignore[attr-defined]  # noqa: SLF001
    return locale


@cache
def _read(domain: str, language: str) -> NullTranslations:
    """Compiled in memory, once: a catalogue of a hundred messages takes a few milliseconds."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with _find_file(domain, language).open("rb") as file:
        catalogue = read_po(file, locale=language, domain=domain)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain)


def _find_primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _find_folder() -> Traversable:
    return files("monitor.text").joinpath("locale")


def _find_file(domain: str, language: str) -> Traversable:
    return _find_folder().joinpath(language, "LC_MESSAGES", f"{domain}.po")
