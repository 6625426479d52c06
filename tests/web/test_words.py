"""The interface in the languages of its readers: every catalogue has every message that pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from monitor.model import OutboxState, Severity, Tier
from monitor.model.fault import FaultKind
from monitor.model.health import Health
from monitor.model.silence import SilenceKind
from monitor.queries.steps import Stage
from monitor.web.language import choose_language, list_interface_languages
from monitor.web.words import SHOWN

KEYWORDS = {"say": None, "_": None, "count": (1, 2)}
METHODS = [("**.py", "python"), ("**.j2", "jinja2")]
LANGUAGES = ("ar", "de", "es", "fa", "fr", "ru", "tr", "uk", "zh")


@pytest.fixture(scope="module")
def said(root: Path) -> set[str | tuple[str, ...]]:
    """What pages say, in English; of a count both forms."""
    return {
        message
        for folder in (root / "monitor" / "web", root / "templates" / "console")
        for _, _, message, _, _ in extract_from_dir(folder, METHODS, keywords=KEYWORDS)
    }


def read_catalogue(root: Path, language: str) -> Catalog:
    path = root / "monitor" / "text" / "locale" / language / "LC_MESSAGES" / "console.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def list_fields(text: str) -> set[str]:
    return set(re.findall(r"{\w+}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_translation_with_the_same_fields(root: Path, said, language: str) -> None:
    """`make messages DOMAIN=console SAYS='monitor/web templates/console'` adds those that lack."""
    catalogue = read_catalogue(root, language)
    for message in said:
        found = catalogue.get(message if isinstance(message, str) else message[0])
        assert found is not None, message
        if isinstance(message, tuple):
            assert len(found.string) == catalogue.num_plurals
            assert all(found.string), message
            assert list_fields(found.string[-1]) == list_fields(message[1])
        else:
            assert found.string, message
            assert list_fields(found.string) == list_fields(message)
    unused = {message.id for message in catalogue if message.id} - said
    assert unused == set()


def test_there_are_words_for_all_that_the_model_names() -> None:
    shown = {*SHOWN}
    for kind in (Health, Tier, OutboxState, Severity, SilenceKind, FaultKind, Stage):
        assert {one.value for one in kind} <= shown, kind


def test_the_languages_are_those_of_the_catalogues() -> None:
    assert set(list_interface_languages()) == {"en", *LANGUAGES}


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        (None, "", "en"),
        ("ar", "en", "ar"),
        ("xx", "fa-IR,fa;q=0.9", "fa"),
        (None, "ja, de;q=0.5, fr;q=0.8", "fr"),
        (None, "de;q=x, ru", "ru"),
        (None, "*", "en"),
    ],
)
def test_the_language_is_the_readers_choice_or_the_browsers(wanted, accepted, language) -> None:
    assert choose_language(wanted, accepted) == language
