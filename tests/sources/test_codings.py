"""What a body is compressed with, whatever its header says; bounded in size and time."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.sources.codings import CODINGS_AT_MOST, MEMBERS_AT_MOST, is_coded, read_codings, undo_codings

FEED = '<?xml version="1.0"?><rss><channel><title>وكالة الأنباء</title></channel></rss>'.encode()
LIMIT = 100_000


def deflate_bare(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "deflate": zlib.compress,
}


def undo(body: bytes, *written: str) -> bytes:
    return undo_codings(written, body, LIMIT) if is_coded(written, body) else body


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (FEED, ()),
        (FEED, ("identity",)),
        (FEED, ("utf-8",)),
        (FEED, ("none, UTF-8",)),
        (gzip.compress(FEED), ()),
        (gzip.compress(FEED), ("identity",)),
        (gzip.compress(FEED), ("x-gzip",)),
        (gzip.compress(FEED), ("GZIP",)),
        (gzip.compress(FEED), ('"gzip"',)),
        (gzip.compress(FEED), ("gzip;q=1",)),
        (gzip.compress(FEED), ("utf-8, gzip",)),
        (gzip.compress(FEED), ("gzip", "gzip")),
        (gzip.compress(FEED), ("aws-chunked",)),
        (gzip.compress(gzip.compress(FEED)), ("gzip",)),
        (gzip.compress(gzip.compress(FEED)), ("gzip, gzip",)),
        (brotli.compress(gzip.compress(FEED)), ("gzip, br",)),
        (gzip.compress(FEED[:9]) + gzip.compress(FEED[9:]), ("gzip",)),
        (gzip.compress(FEED) + b"\0" * 500, ("gzip",)),
        (zstd.compress(FEED[:9]) + zstd.compress(FEED[9:]), ("zstd",)),
        (deflate_bare(FEED), ("deflate",)),
        (b"", ("gzip",)),
        (b"", ("br",)),
    ],
    ids=range(22),
)  # fmt: skip
def test_a_feed_is_read_whatever_the_header_says(body: bytes, written: tuple[str, ...]) -> None:
    assert undo(body, *written) == (FEED if body else b"")


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize(
    "text",
    [FEED, b"\xef\xbb\xbf  \r\n" + FEED, FEED.decode().encode("utf-16"), b'{"version": "https://jsonfeed.org/"}', "<rss>ж".encode("cp1251")],
    ids=range(5),
)  # fmt: skip
def test_a_header_that_announces_what_was_not_done(coding: str, text: bytes) -> None:
    assert undo(text, coding) == text
    assert undo(PACK[coding](text), coding) == text


@pytest.mark.parametrize("coding", PACK)
def test_what_is_cut_off_or_broken_is_refused(coding: str) -> None:
    packed = PACK[coding](FEED * 20)
    for broken in (packed[:-5], packed[: len(packed) // 2], b"\x00no such thing" * 50):
        with pytest.raises(FetchError, match=f"broken or ends too early.*Content-Encoding: {coding}"):
            undo(broken, coding)


@pytest.mark.parametrize("coding", PACK)
def test_a_bomb_is_dropped_at_the_limit(coding: str) -> None:
    bomb = PACK[coding](bytes(50_000_000))
    tracemalloc.start()
    with pytest.raises(FetchError, match="larger than 97 KiB"):
        undo(bomb, coding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_bomb_in_a_second_layer_is_dropped_too() -> None:
    with pytest.raises(FetchError, match="larger than 97 KiB"):
        undo(gzip.compress(gzip.compress(bytes(50_000_000))), "gzip")


@pytest.mark.parametrize(
    ("body", "written", "why"),
    [
        (b"\x1f\x9d\x90\x00\x00" * 9, ("compress",), "did not ask for"),
        (gzip.compress(FEED), ("gzip, gzip, gzip",), "more than twice"),
        (gzip.compress(b"x" * 5) * (MEMBERS_AT_MOST + 1), ("gzip",), "broken or ends too early"),
        (gzip.compress(FEED)[:-9], (), "gzip, which no Content-Encoding announces"),
    ],
    ids=range(4),
)
def test_what_cannot_be_undone_is_named(body: bytes, written: tuple[str, ...], why: str) -> None:
    with pytest.raises(FetchError, match=why):
        undo(body, *written)


def test_a_third_layer_stays() -> None:
    packed = FEED
    for _ in range(CODINGS_AT_MOST + 1):
        packed = gzip.compress(packed)
    assert undo(packed, "gzip") == gzip.compress(FEED)


def test_a_servers_words_are_not_repeated_at_length() -> None:
    with pytest.raises(FetchError) as caught:
        undo(bytes(9), "y\x1b[31m", "x" * 9000)
    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)


@given(st.binary(max_size=200), st.lists(st.sampled_from(["gzip", "br", "zstd", "deflate", "utf-8", "x-gzip", ""])))
def test_any_bytes_under_any_header_end_in_a_body_or_one_error(body: bytes, written: list[str]) -> None:
    with contextlib.suppress(FetchError):
        assert isinstance(undo(body, *written), bytes)


def test_the_codings_of_all_headers_count_in_their_order() -> None:
    assert read_codings(["gzip, X-Gzip", " br ", ""]) == ["gzip", "gzip", "br"]
