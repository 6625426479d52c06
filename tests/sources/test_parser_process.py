"""The process that reads what strangers wrote: it answers, it is killed in time, and it never takes the loop with it."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from waiting import PATIENCE_SECONDS, until_async

from monitor import child_process
from monitor.child_process import WorkFailure
from monitor.errors import ParseError
from monitor.model import Document, Fulltext, Source, SourceId, Validator
from monitor.sources.folder import FolderKind
from monitor.sources.parser_process import ParserProcess

pytestmark = pytest.mark.usefixtures("own_processes")

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), url="https://example.org/feed")
FEED = "<rss><channel><item><title>وقف إطلاق النار</title><guid>1</guid></item></channel></rss>".encode()


def make_document(body: bytes = FEED) -> Document:
    return Document(source=SOURCE.id, location="feed", body=body, fetched_at=NOW, validator=Validator())


def use(scenario: Callable[[ParserProcess], Awaitable[T]], deadline: float = PATIENCE_SECONDS) -> T:
    async def run() -> T:
        parser = ParserProcess(deadline=deadline)
        try:
            return await scenario(parser)
        finally:
            await parser.close()

    return asyncio.run(run())


def test_a_feed_is_read_in_another_process_and_the_same_one_reads_the_next() -> None:
    async def scenario(parser: ParserProcess) -> None:
        feed = await parser.parse(SOURCE, make_document())
        assert [article.headline for article in feed.articles] == ["وقف إطلاق النار"]
        assert feed.articles[0].first_seen_at == NOW
        first, second = await asyncio.gather(parser.run(os.getpid), parser.run(os.getpid))
        assert first == second != os.getpid()

    use(scenario)


def test_a_folder_is_read_without_a_process() -> None:
    async def scenario(parser: ParserProcess) -> None:
        await FolderKind(parser=parser).parse(Source(id=SourceId("saved"), path=Path("/x")), make_document())
        assert parser._child is None

    use(scenario)


@pytest.mark.parametrize(
    ("work", "args", "why"),
    [
        (re.compile, ("(",), r"it cannot be read \((PatternError|error): missing \)"),
        (bytearray, (2 * 1024**3,), "more than 512 MB of memory"),
        (os._exit, (3,), r"the parser process ended while it read it \(exit -?\d+: it ended without an answer\)"),
        (os.abort, (), r"the parser process ended while it read it \(exit -\d+"),
        (Path, ("/etc/passwd",), "is no data type of ours"),
    ],
)
def test_whatever_goes_wrong_is_a_parse_error_and_the_next_feed_is_read(work, args, why) -> None:
    async def scenario(parser: ParserProcess) -> None:
        with pytest.raises(ParseError, match=why):
            await parser.run(work, *args)
        assert (await parser.parse(SOURCE, make_document())).listed == 1

    use(scenario)


def test_a_parse_error_comes_back_as_it_was_said() -> None:
    async def scenario(parser: ParserProcess) -> None:
        with pytest.raises(ParseError, match=r"^the document is empty$"):
            await parser.parse(SOURCE, make_document(b" "))

    use(scenario)


@pytest.mark.parametrize(("work", "arg"), [(eval, "all(iter(lambda: 1, 0))"), (time.sleep, PATIENCE_SECONDS)])
def test_what_takes_too_long_is_killed_and_the_loop_goes_on(work: Callable[[Any], Any], arg: object) -> None:
    async def scenario(parser: ParserProcess) -> None:
        before = await parser.run(os.getpid)
        parser._deadline = 0.2
        turns = 0
        hanging = asyncio.create_task(parser.run(work, arg))
        while not hanging.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 1
        with pytest.raises(ParseError, match=r"took more than 0\.2 s, and was stopped"):
            await hanging
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        parser._deadline = PATIENCE_SECONDS
        assert await parser.run(os.getpid) != before

    use(scenario)


def test_a_process_that_gets_no_time_is_waited_for(tmp_path: Path) -> None:
    """On a machine with a load of 15 it may stand still for seconds; a good feed is not refused for it."""
    begun = tmp_path / "begun"

    async def scenario(parser: ParserProcess) -> None:
        pid = await parser.run(os.getpid)
        parser._deadline = 0.5
        asking = asyncio.create_task(
            parser.run(eval, f"[open({str(begun)!r}, 'x'), __import__('time').sleep(0.1), 7][-1]")
        )
        await until_async(begun.exists, "the work to begin")
        os.kill(pid, signal.SIGSTOP)
        stopped = time.monotonic()
        await until_async(lambda: time.monotonic() > stopped + 2 * parser._deadline, "more than the deadline")
        os.kill(pid, signal.SIGCONT)
        assert await asking == 7

    use(scenario)


def test_who_stops_waiting_leaves_no_answer_behind_for_the_next(tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    async def scenario(parser: ParserProcess) -> None:
        waiting = asyncio.create_task(
            parser.run(eval, f"[open({str(begun)!r}, 'x'), __import__('time').sleep({PATIENCE_SECONDS})]")
        )
        await until_async(begun.exists, "the work to begin")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await parser.run(abs, -7) == 7

    use(scenario)


def test_large_questions_and_answers_travel_whole() -> None:
    async def scenario(parser: ParserProcess) -> None:
        content = os.urandom(3_000_000)
        assert await parser.run(bytes, content) == content

    use(scenario)


def test_a_process_that_grew_large_makes_room_for_a_new_one() -> None:
    async def scenario(parser: ParserProcess) -> None:
        first = await parser.run(os.getpid)
        assert await parser.run(eval, "len(b'x' * 300_000_000)") == 300_000_000
        assert await parser.run(os.getpid) != first

    use(scenario)


def test_no_secret_of_the_daemon_is_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")

    async def scenario(parser: ParserProcess) -> None:
        assert await parser.run(os.getenv, "SMTP_PASSWORD") is None
        assert await parser.run(os.getenv, "PYTHONPATH")

    use(scenario)


def test_it_ends_with_the_daemon_and_may_be_closed_twice() -> None:
    async def scenario(parser: ParserProcess) -> int:
        pid = await parser.run(os.getpid)
        await parser.close()
        await parser.close()
        return pid

    with pytest.raises(ProcessLookupError):
        os.kill(use(scenario), 0)


def test_a_process_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")

    async def scenario(parser: ParserProcess) -> None:
        with pytest.raises(ParseError, match=r"did not start \(exit 1\)"):
            await parser.parse(SOURCE, make_document())

    use(scenario)


def test_opened_ahead_it_is_the_process_that_works() -> None:
    async def scenario(parser: ParserProcess) -> None:
        await parser.open()
        assert parser._child is not None
        opened = parser._child.process.pid
        await parser.open()
        assert await parser.run(os.getpid) == opened

    use(scenario)


def test_what_cannot_be_opened_is_told_to_who_has_work_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(parser: ParserProcess) -> None:
        monkeypatch.setattr(sys, "executable", "/bin/false")
        await parser.open()
        with pytest.raises(ParseError, match="did not start"):
            await parser.parse(SOURCE, make_document())

    use(scenario)


class Named:
    """Pickled as Python 3.11.0 to 3.11.3 (Debian 12 has 3.11.2) pickle the member of an enumeration."""

    def __init__(self, kind: type, name: str) -> None:
        self.kind, self.name = kind, name

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.kind, self.name)


def test_an_answer_may_hold_members_of_our_enumerations_as_every_python_pickles_them() -> None:
    answer = child_process._Answer(value=Named(Fulltext, "NEVER"), failure=WorkFailure.LATE, is_last=True)
    read = child_process._unpickle(bytearray(pickle.dumps(answer)))
    assert (read.value, read.failure) == (Fulltext.NEVER, WorkFailure.LATE)
    for kind, name in ((Source, "__init__"), (WorkFailure, "__init__")):
        answer = child_process._Answer(value=Named(kind, name), is_last=True)
        with pytest.raises((pickle.UnpicklingError, KeyError)):
            child_process._unpickle(bytearray(pickle.dumps(answer)))
