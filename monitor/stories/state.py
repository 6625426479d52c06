"""The grouper's memory as plain data, so that a store can keep it and another process go on where this one was.

`dump_memory` gives dicts, lists, text and numbers alone; `load_memory` of it, also through JSON, decides as the
original would have.
"""

from __future__ import annotations

import json
import zlib
from array import array
from dataclasses import asdict, fields
from typing import Any

from monitor.stories.memory import Memory, RememberedArticle, StoryState, Thread
from monitor.stories.model import Bars, Vector

VERSION = 1


def dump_memory(memory: Memory) -> dict[str, Any]:
    """Everything that later decisions depend on."""
    return {
        "version": VERSION,
        "bars": asdict(memory.bars),
        "clock": memory.clock,
        "next_article": memory.next_article,
        "next_thread": memory.next_thread,
        "forgotten": memory.forgotten,
        "articles": {str(number): _dump(known) for number, known in memory.articles.items()},
        "threads": {str(number): _dump(thread) for number, thread in memory.threads.items()},
        "stories": {str(number): _dump(story) for number, story in memory.stories.items()},
        "words": memory.words.dump(),
        "copies": memory.copies.dump(),
        "across": memory.across.dump(),
        "word_rarity": memory.word_rarity.dump(),
        "bridge_rarity": memory.bridge_rarity.dump(),
        "series": {str(key): seen for key, seen in memory.series.items()},
    }


def load_memory(data: dict[str, Any]) -> Memory:
    """What `dump_memory` gave. Raises ValueError for the data of another version."""
    if data.get("version") != VERSION:
        raise ValueError(
            f"the stored stories have version {data.get('version')!r}; this Marsad can read only version {VERSION}"
        )
    memory = Memory(Bars(**data["bars"]))
    memory.clock = data["clock"]
    memory.next_article, memory.next_thread = data["next_article"], data["next_thread"]
    memory.forgotten = data["forgotten"]
    memory.articles = {
        int(number): RememberedArticle(**_read(RememberedArticle, row)) for number, row in data["articles"].items()
    }
    memory.oldest = min(memory.articles, default=memory.next_article)
    memory.threads = {int(number): Thread(**_read(Thread, row)) for number, row in data["threads"].items()}
    _share_vectors(memory)
    memory.stories = {int(number): StoryState(**_read(StoryState, row)) for number, row in data["stories"].items()}
    memory.words.load(data["words"])
    memory.copies.load(data["copies"])
    memory.across.load(data["across"])
    memory.word_rarity.load(data["word_rarity"])
    memory.bridge_rarity.load(data["bridge_rarity"])
    memory.series = {int(key): seen for key, seen in data["series"].items()}
    return memory


def _dump(state: RememberedArticle | Thread | StoryState) -> dict[str, Any]:
    return {field.name: _write(getattr(state, field.name)) for field in fields(state)}


def _write(value: Any) -> Any:
    if isinstance(value, Vector):
        return {"keys": value.keys.tolist(), "weights": value.weights.tolist()}
    if isinstance(value, (array, tuple, list)):
        return list(value)
    return value


def _read(kind: type[RememberedArticle | Thread | StoryState], row: dict[str, Any]) -> dict[str, Any]:
    """The fields of one row with the types that they have in memory; what earlier versions kept beside is left out."""
    types = {field.name: str(field.type) for field in fields(kind)}
    return {name: _restore(types[name], value) for name, value in row.items() if name in types}


def _share_vectors(memory: Memory) -> None:
    """A thread of one article has the article's own vector, as when it began."""
    for thread in memory.threads.values():
        if len(thread.members) == 1:
            known = memory.articles[thread.members[0]].vector
            thread.vector = known if known == thread.vector else thread.vector


def _restore(kind: str, value: Any) -> Any:
    if kind == "Vector":
        return Vector.of(dict(zip(value["keys"], value["weights"], strict=True)))
    if kind == "array[int]":
        return array("I", value)
    return tuple(value) if kind.startswith("tuple") else value


def encode_memory(memory: Memory) -> bytes:
    """`dump_memory` as compressed JSON."""
    return zlib.compress(json.dumps(dump_memory(memory), separators=(",", ":")).encode(), 1)


def decode_memory(content: bytes) -> Memory:
    """What `encode_memory` gave. Raises ValueError for the data of another version, or damaged ones."""
    try:
        return load_memory(json.loads(zlib.decompress(content)))
    except (zlib.error, KeyError, TypeError) as error:
        raise ValueError(f"the stories that were kept cannot be read: {error}") from error
