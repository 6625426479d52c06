"""Sentences as newspapers write them, in many languages: every name of the shipped packs is found, and nothing else.

`news/LANGUAGE.txt` holds a sentence a line, each name marked as `[words as published](id of the entity)`. Sentences
without a mark hold words that look like names and name nobody. `[words](id?)` is a known miss and `[words](id!)` a
known wrong hit; the comment above says why. The topics of the packs ("ceasefire") are not marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from packs import load_engine, load_packs, load_reference, make_article

from monitor.model import Article
from monitor.names.model import EntityKind

pytestmark = pytest.mark.untraced

FILES = sorted((Path(__file__).parent / "news").glob("*.txt"))
MARK = re.compile(r"\[(?P<text>[^]]+)]\((?P<entity>[^)?!]+)(?P<known>[?!]?)\)")
FEWEST_LANGUAGES = 50
FEWEST_SENTENCES = 8
FEWEST_NAMELESS = 2
MOST_ERRORS_ONE_IN = 100

Named = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, the (words as published, id) that it names, and those where the matcher is known to be wrong."""

    language: str
    text: str
    named: frozenset[Named]
    missed: frozenset[Named]
    wrong: frozenset[Named]

    @property
    def found(self) -> frozenset[Named]:
        """What the matcher finds."""
        return self.named - self.missed | self.wrong


def read_sentence(line: str, language: str) -> Sentence:
    marks = [((mark["text"], mark["entity"]), mark["known"]) for mark in MARK.finditer(line)]
    return Sentence(
        language=language,
        text=MARK.sub(lambda mark: mark["text"], line),
        named=frozenset(named for named, known in marks if known != "!"),
        missed=frozenset(named for named, known in marks if known == "?"),
        wrong=frozenset(named for named, known in marks if known == "!"),
    )


def read_sentences(file: Path) -> list[Sentence]:
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [read_sentence(line, file.stem) for line in lines]


@cache
def load_topics() -> frozenset[str]:
    entities = load_packs().entities.values()
    return frozenset(str(each.id) for each in entities if each.kind is EntityKind.TOPIC)


def make_article_of(sentence: Sentence) -> Article:
    return replace(make_article("", sentence.language.partition("-")[0]), body=sentence.text)


def find(sentence: Sentence) -> frozenset[Named]:
    """What the engine finds of people, places and organisations, each once (Bosna i Hercegovina, not Bosna in it)."""
    found = [each for each in load_engine().see(make_article_of(sentence)).evidence if each.entity not in load_topics()]
    inner = {
        each
        for each in found
        for other in found
        if other != each and other.entity == each.entity and other.start <= each.start and each.end <= other.end
    }
    return frozenset((each.text, str(each.entity)) for each in found if each not in inner)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_name_is_found_and_nothing_else(file: Path) -> None:
    for sentence in read_sentences(file):
        assert find(sentence) == sentence.found, sentence.text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_engine_equals_reference(file: Path) -> None:
    for sentence in read_sentences(file):
        assert (
            load_engine().see(make_article_of(sentence)).evidence
            == load_reference().see(make_article_of(sentence)).evidence
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_language_has_sentences_with_names_and_without(file: Path) -> None:
    sentences = read_sentences(file)
    assert len(sentences) >= FEWEST_SENTENCES
    assert len([sentence for sentence in sentences if not sentence.named]) >= FEWEST_NAMELESS


def test_there_are_enough_languages() -> None:
    assert len({file.stem.partition("-")[0] for file in FILES}) >= FEWEST_LANGUAGES


def test_known_errors_are_few() -> None:
    sentences = [sentence for file in FILES for sentence in read_sentences(file)]
    errors = sum(len(sentence.missed) + len(sentence.wrong) for sentence in sentences)
    assert errors * MOST_ERRORS_ONE_IN <= sum(len(sentence.named) for sentence in sentences)
