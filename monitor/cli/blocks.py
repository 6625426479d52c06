"""Reads files and pipes as blocks of whole lines, each as large as what can be read at once.

A block ends where the input pauses, so that what `tail -f` says is worked on at once; a file comes in large pieces.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

from monitor.errors import UsageError

BLOCK_BYTES = 128 * 1024  # some ten milliseconds of matching: handing a block to another process costs a hundredth


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole lines with their ends, which the last line of a file may lack; `first` is a line number, from 1."""

    name: str
    first: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The next block may have to be waited for, at this file descriptor."""

    descriptor: int


def read_blocks(files: Iterable[Path]) -> Iterator[Block | Pause]:
    """The blocks of all files, `-` being stdin. Raises UsageError where one cannot be read."""
    for path in files:
        if str(path) == "-":
            yield from _cut("stdin", cast("BufferedReader", sys.stdin.buffer))
            continue
        try:
            with path.open("rb") as stream:
                yield from _cut(str(path), stream)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error


def _cut(name: str, stream: BufferedReader) -> Iterator[Block | Pause]:
    first, begun = 1, [b""]  # a line that goes on in the next piece
    pause = _find_pause(stream)
    piece = b"\n"
    while piece:
        if pause:
            yield pause
        piece = stream.read1(BLOCK_BYTES)
        lines, end, rest = piece.rpartition(b"\n")
        if end or not piece:
            content = b"".join((*begun, lines, end))
            if content:
                yield Block(name=name, first=first, content=content)
            first += content.count(b"\n")
            begun.clear()
        begun.append(rest)


def _find_pause(stream: BufferedReader) -> Pause | None:
    """None where reading never waits: an ordinary file, or bytes in memory."""
    try:
        descriptor = stream.fileno()
    except OSError:
        return None
    return None if stat.S_ISREG(os.fstat(descriptor).st_mode) else Pause(descriptor=descriptor)
