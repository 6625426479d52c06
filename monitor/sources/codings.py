"""Undoes the compression of an answer: what its Content-Encoding says, unless its bytes say otherwise. Pure.

Servers name the wrong coding, none, or the same one twice; the readers that people come from bear all of that. Feeds
are text: a body that begins like a feed is not compressed, and one that begins like gzip is.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from monitor.errors import FetchError

GZIP = b"\x1f\x8b"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
CODINGS_AT_MOST = 2  # gzip within gzip is a server's mistake; more is an attack
MEMBERS_AT_MOST = 64  # of one stream: each copies all that follows it
LOOKED_AT = 512  # bytes, to tell text from what is compressed
CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\x0b\x0c\r\x1b")  # an escape begins ISO-2022-JP


class _TooLargeError(Exception):
    """The limit is exceeded."""


class _BrokenError(Exception):
    """Not that coding, or cut off."""


class _Stream(Protocol):
    """What zlib's and zstd's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def is_coded(written: Iterable[str], body: bytes) -> bool:
    """Whether there is anything to undo."""
    return body.startswith(GZIP) or any(coding != "identity" for coding in read_codings(written))


def read_codings(written: Iterable[str]) -> list[str]:
    """The codings of all Content-Encoding headers, in the order in which they were applied."""
    parts = (part.partition(";")[0].strip(' \t"').lower() for line in written for part in line.split(","))
    return [part.removeprefix("x-") for part in parts if part]


def undo_codings(written: Iterable[str], body: bytes, largest: int) -> bytes:
    """The body as text. What no one knows counts as no coding. Raises FetchError, also beyond `largest` bytes."""
    codings = read_codings(written)
    known = [coding for coding in codings if coding in _UNDO]
    shown = ", ".join(coding for coding in codings if coding.isprintable())[:80]
    if len(known) > CODINGS_AT_MOST:
        raise FetchError(f"is compressed more than twice (Content-Encoding: {shown})")
    try:
        for coding in reversed(known):
            body = body if is_text(body) else _UNDO[coding](body, largest)
        if body.startswith(GZIP):
            body = _undo_gzip(body, largest)
    except _TooLargeError:
        raise FetchError(explain_size(largest)) from None
    except _BrokenError:
        named = f"Content-Encoding: {shown}" if known else "gzip, which no Content-Encoding announces"
        raise FetchError(f"its compressed answer is broken or ends too early ({named})") from None
    if len(known) < len(codings) and 0 in body[:LOOKED_AT] and not body.startswith(UTF16):
        raise FetchError(f"uses a compression that Marsad did not ask for (Content-Encoding: {shown})")
    return body


def explain_size(largest: int) -> str:
    return f"is larger than {largest // 1024} KiB; nothing of it was kept"


def is_text(body: bytes) -> bool:
    """Whether a body begins as markup or JSON does, which nothing compressed can."""
    start = body[:LOOKED_AT]
    if not start or start.startswith(UTF16):
        return True
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return first in {b"<", b"{", b"["} and CONTROLS.isdisjoint(start)


def _undo_stream(make: Callable[[], _Stream], magic: bytes, body: bytes, largest: int) -> bytes:
    """One member after the other; what follows the last one is padding."""
    parts, room = [], largest
    for _ in range(MEMBERS_AT_MOST):
        stream = make()
        part = stream.decompress(body, room + 1)
        if len(part) > room:
            raise _TooLargeError
        if not stream.eof:
            raise _BrokenError
        parts.append(part)
        room -= len(part)
        body = stream.unused_data
        if not magic or not body.startswith(magic):
            return b"".join(parts)
    raise _BrokenError


def _undo_gzip(body: bytes, largest: int) -> bytes:
    try:
        return _undo_stream(lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), GZIP, body, largest)
    except zlib.error:
        raise _BrokenError from None


def _undo_deflate(body: bytes, largest: int) -> bytes:
    """With zlib's header (RFC 9110 §8.4.1.2), or bare, as some servers send it."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return _undo_stream(lambda bits=bits: zlib.decompressobj(bits), b"", body, largest)  # type: ignore[misc]
        except zlib.error:
            continue
    raise _BrokenError


def _undo_brotli(body: bytes, largest: int) -> bytes:
    import brotli

    stream, parts, size = brotli.Decompressor(), [], 0
    try:
        part = stream.process(body, output_buffer_limit=largest + 1)
        while part:
            parts.append(part)
            size += len(part)
            if size > largest:
                raise _TooLargeError
            part = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=largest + 1)
    except brotli.error:
        raise _BrokenError from None
    if not stream.is_finished():
        raise _BrokenError
    return b"".join(parts)


def _undo_zstd(body: bytes, largest: int) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    try:
        return _undo_stream(zstd.ZstdDecompressor, b"\x28\xb5\x2f\xfd", body, largest)
    except zstd.ZstdError:
        raise _BrokenError from None


_UNDO: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _undo_gzip,
    "deflate": _undo_deflate,
    "br": _undo_brotli,
    "zstd": _undo_zstd,
}
