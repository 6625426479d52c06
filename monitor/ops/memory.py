"""What the garbage collector is kept from: what lives as long as the process, and looking for what is not there."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 10_000


@contextmanager
def build_to_last(*, is_outlived: bool = False) -> Iterator[None]:
    """What is made in the block is not looked through while it grows, nearly half of the time, nor once it is there.

    The latter is a third of what a new word costs the engine, and each look stops all threads, for 0.3 s in the end.
    `is_outlived`: something that an earlier block made, and that nobody uses any more, is still there: look through it
    as well, once. A block within another is part of it.
    """
    if not gc.isenabled():
        yield
        return
    if is_outlived:
        gc.unfreeze()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def collect_seldom() -> Iterator[None]:
    """Look for cycles after 10,000 new containers, not a few hundred: a poll makes hardly any.

    Looking for them was an eighth of what a 304 costs; what is waited for is a few MB.
    """
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
