"""All that an item says, once: summary, content, captions and what else a feed may hold each lack what another has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

WORD = re.compile(r"\w+")
SENTENCES = re.compile(r"(?<=[.!?…؟۔։])[\"'»”’)\]]*\s+|(?<=[。！？])")
CUT_SHORT = re.compile(r"[\[(]?(?:…|\.\.\.)[\])]?$")  # "… and the last wo[…]"
LONGEST_MARK = 8  # characters of such an end


def join_texts(texts: Iterable[str], captions: Iterable[str] = (), headline: str = "") -> str:
    """The longest of `texts`, and after it, paragraph by paragraph, what the others and the captions say beside.

    A caption that is in the headline is not said again.
    """
    parts = sorted(filter(None, texts), key=len, reverse=True)
    more = list(captions)
    if len(parts) <= 1 and not more:
        return parts[0] if parts else ""
    paragraphs, known = parts[:1], _list_words(parts[0] if parts else "")
    for text in parts[1:]:
        for paragraph in _list_missing(text, known):
            paragraphs.append(paragraph)
            known += _list_words(paragraph)
    known += _list_words(headline)
    for caption in more:
        words = _list_words(caption)
        if words.strip() and words not in known:
            paragraphs.append(caption)
            known += words
    return "\n\n".join(paragraphs)


def _list_missing(text: str, known: str) -> Iterator[str]:
    """The paragraphs that are not in `known`, each from its first new sentence to its last."""
    for paragraph in text.split("\n\n"):
        if _is_known(paragraph, known):
            continue
        sentences = [sentence for sentence in SENTENCES.split(paragraph) if sentence]
        new = [number for number, sentence in enumerate(sentences) if not _is_known(sentence, known)]
        if new:
            yield _cut(paragraph, sentences, new)


def _cut(paragraph: str, sentences: Sequence[str], new: Sequence[int]) -> str:
    """Of a paragraph as it stands, so that no sign between its sentences changes."""
    start = 0
    for number in range(new[0]):
        start = paragraph.index(sentences[number], start) + len(sentences[number])
    start = paragraph.index(sentences[new[0]], start)
    end = start
    for number in range(new[0], new[-1] + 1):
        end = paragraph.index(sentences[number], end) + len(sentences[number])
    return paragraph[start:end]


def _is_known(text: str, known: str) -> bool:
    """Whether its words stand there in a row; of one that is cut short, those before the last."""
    if _list_words(text) in known:
        return True
    mark = CUT_SHORT.search(text[-LONGEST_MARK:])
    begun = _list_words(text[: -len(mark[0])]).strip().rpartition(" ")[0] if mark else ""
    return bool(begun) and f" {begun} " in known


def _list_words(text: str) -> str:
    """Between blanks, so that no word is found inside of another."""
    return f" {' '.join(WORD.findall(text.casefold()))} "
