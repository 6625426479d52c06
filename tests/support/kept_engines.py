"""Engines that serve the next command with the same names: to index the shipped names costs more than most tests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from monitor.names.compile import NameBook
from monitor.names.engine import Engine
from monitor.names.lexicon import NameForm

MOST = 8  # each takes some 10 MB
Key = tuple[tuple[NameForm, ...], tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]


class KeptEngines:
    """Makes an engine, or hands out the one made for an equal book; it remembers words, which changes no answer."""

    def __init__(self) -> None:
        self._made: OrderedDict[Key, Engine] = OrderedDict()

    def __call__(self, book: NameBook) -> Engine:
        support = tuple((entity, tuple(near)) for entity, near in book.support.items())
        key = book.forms, support, tuple(book.entities)
        engine = self._made.pop(key, None) or Engine(book)
        self._made[key] = engine
        if len(self._made) > MOST:
            self._made.popitem(last=False)
        return engine


@contextmanager
def keep_engines() -> Iterator[None]:
    """For all tests that have this, as long as it lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.rules.examples.Engine", KeptEngines())
        yield
