"""A web server for benchmarks, in a process of its own: one feed under many hosts, in the moods that polls meet.

/fresh/… answers 304 to its own validators; /same/… sends the same bytes to everybody, without validators; /new/… has
validators and two more items after every GET of /turn.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

STAMP = "Thu, 01 Jan 2026 08:00:00 GMT"
PARAGRAPH = "<p>قال <a href='/x'>المتحدث</a> إن الجانبين اتفقا على وقف إطلاق النار في الإقليم <b>اليوم</b>.</p>"
ITEMS = 45  # the mean of 200 real feeds; their median is 81 kB


def write_feed(first: int, count: int = ITEMS) -> bytes:
    items = "".join(
        f"<item><title>بوتين وعلييف يبحثان الوضع {number}</title><guid isPermaLink='false'>{number}</guid>"
        f"<link>https://example.org/news/{number}</link><pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>"
        f"<description><![CDATA[{PARAGRAPH * 9}]]></description></item>"
        for number in range(first + count - 1, first - 1, -1)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>سانا</title>{items}</channel></rss>".encode()


def make_answer(status: str, etag: str | None = None, body: bytes = b"") -> bytes:
    validators = f"ETag: {etag}\r\nLast-Modified: {STAMP}\r\n" if etag else ""
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/rss+xml\r\n" if body else ""
    return (
        f"HTTP/1.1 {status}\r\nDate: {STAMP}\r\nServer: nginx\r\nConnection: close\r\n{validators}{length}\r\n".encode()
        + body
    )


class Feeds:
    """What the server holds."""

    def __init__(self) -> None:
        self.turns = 0
        self.same = make_answer("200 OK", body=write_feed(0))
        self.turn()

    def turn(self) -> None:
        self.turns += 1
        self.etag = f'"5f3c-{self.turns}"'
        self.not_modified = {mood: make_answer("304 Not Modified", etag) for mood, etag in self.list_etags()}
        self.whole = {
            "fresh": make_answer("200 OK", '"5f3c-0"', write_feed(0)),
            "new": make_answer("200 OK", self.etag, write_feed(self.turns * 2)),
        }

    def list_etags(self) -> list[tuple[str, str]]:
        return [("fresh", '"5f3c-0"'), ("new", self.etag)]

    def answer(self, request: bytes) -> bytes:
        mood = request.split(b"/", 2)[1].decode("ascii").partition(" ")[0]
        if mood == "turn":
            self.turn()
            return make_answer("200 OK", body=b"turned")
        if mood == "same":
            return self.same
        known = dict(self.list_etags())[mood].encode("ascii")
        return self.not_modified[mood] if known in request else self.whole[mood]


class Conversation(asyncio.Protocol):
    def __init__(self, feeds: Feeds) -> None:
        self.feeds = feeds
        self.request = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.request += data
        if self.request.endswith(b"\r\n\r\n") and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(self.feeds.answer(self.request))
            self.transport.close()


async def serve(pipe: Connection) -> None:
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(feeds), "0.0.0.0", 0, backlog=1000)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def run_server(pipe: Connection) -> None:
    asyncio.run(serve(pipe))


@contextmanager
def running_server() -> Iterator[int]:
    """The port of a server that lives as long as the block."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=run_server, args=(sender,), daemon=True)
    server.start()
    try:
        yield receiver.recv()
    finally:
        server.terminate()
        server.join()


def list_urls(port: int, mood: str, count: int) -> list[str]:
    """One host each, all on loopback."""
    return [f"http://127.0.1.{number}:{port}/{mood}/rss.xml" for number in range(1, count + 1)]
