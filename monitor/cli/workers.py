"""Shares blocks of work (lines, articles) among several processes; the results come in the order of the blocks.

    blocks -> whoever is idle -> turns, in the order of the blocks -> the first of them, once it is done

A worker has one block in hand and is listening when it gets the next, so that neither side ever waits for the other to
read; how far workers may be ahead of the slowest is bounded, and so is memory.
"""

from __future__ import annotations

import gc
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, Self, TypeVar

from monitor.cli.blocks import Pause
from monitor.errors import UsageError, WorkerLost

AHEAD = 4  # turns for each worker

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Turn(Generic[R]):
    """A block that was handed out; `done` is None until it comes back."""

    done: R | None = None


class Workers(Generic[T, R]):
    """Processes that all do the same; they end with the `with` block, and when this process ends in any way."""

    def __init__(self, count: int, make: Callable[[], Callable[[T], R]]) -> None:
        """`make` is called here once where processes can be forked, else by each of them. Raises WorkerLost."""
        self._limit = AHEAD * count
        self._processes: dict[Connection, BaseProcess] = {}
        self._busy: dict[Connection, _Turn[R]] = {}
        self._turns: deque[_Turn[R]] = deque()
        try:
            self._start(count, make)
        except OSError as error:
            self.end()
            raise WorkerLost(
                f"cannot start {count} processes: {error.strerror}; use a smaller number for --jobs"
            ) from error
        self._idle = list(self._processes)

    def _start(self, count: int, make: Callable[[], Callable[[T], R]]) -> None:
        method = choose_method()
        context = get_context(method)
        if method == "fork":
            made = make()
            make = lambda: made  # noqa: E731 - nobody pickles it
        with _hold_interrupts():
            for _ in range(count):
                ours, theirs = context.Pipe()
                inherited = [*self._processes, ours] if method == "fork" else []
                process = context.Process(target=serve_work, args=(theirs, inherited, make), daemon=True)  # type: ignore[attr-defined]
                with theirs:
                    process.start()
                self._processes[ours] = process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        for line, process in self._processes.items():
            line.close()
            process.terminate()
        for process in self._processes.values():
            process.join()

    def run(self, blocks: Iterable[T | Pause]) -> Iterator[R]:
        """What comes of each block, in their order. Raises WorkerLost, and what `blocks` raises after all before it."""
        try:
            for block in blocks:
                if isinstance(block, Pause):
                    yield from self._await_input(block.descriptor)
                else:
                    yield from self._hand_out(block)
        except UsageError:
            yield from self._finish()
            raise
        yield from self._finish()

    def _await_input(self, descriptor: int) -> Iterator[R]:
        while descriptor not in (ready := wait([descriptor, *self._busy])):
            yield from self._take(ready)

    def _hand_out(self, block: T) -> Iterator[R]:
        while not self._idle or len(self._turns) >= self._limit:
            yield from self._take(wait(self._busy))
        worker, turn = self._idle.pop(), _Turn[R]()
        try:
            worker.send(block)
        except OSError as error:
            raise self._explain(worker) from error
        self._busy[worker] = turn
        self._turns.append(turn)

    def _finish(self) -> Iterator[R]:
        while self._busy:
            yield from self._take(wait(self._busy))

    def _take(self, ready: Sequence[object]) -> Iterator[R]:
        """Receive from workers that have answered; yields what is done and has nothing undone before it."""
        for worker in [each for each in self._busy if each in ready]:
            try:
                self._busy.pop(worker).done = worker.recv()
            except (EOFError, OSError) as error:
                raise self._explain(worker) from error
            self._idle.append(worker)
        while self._turns and (done := self._turns[0].done) is not None:
            self._turns.popleft()
            yield done

    def _explain(self, worker: Connection) -> WorkerLost:
        process = self._processes[worker]
        process.join()  # its end of the line is closed: it has ended, or is about to
        code = process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return WorkerLost(
            f"a matching process {how}; the written lines are complete, but not all input was read "
            "(if memory is low, use a smaller number for --jobs)"
        )


def choose_method() -> str:
    """Fork shares what is built, and starts at once; but a lock that another thread holds would stay locked."""
    can_fork = "fork" in get_all_start_methods() and threading.active_count() == 1
    return "fork" if can_fork else "spawn"


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """What is started within never sees Ctrl-C, which the terminal sends to all: this process then ends the others.

    Python 3.12 warns of threads when it forks. Ours has none by now but OpenBLAS's, which numpy starts when it is
    imported, and which are made for it (pthread_atfork).
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*multi-threaded", category=DeprecationWarning)
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve_work(line: Connection, inherited: Iterable[Connection], make: Callable[[], Callable[[T], R]]) -> None:
    """A worker: answer until the line ends; other ends of lines, which a fork copies, would keep others from ending."""
    for other in inherited:
        other.close()
    work = make()
    gc.freeze()  # the collector would write to what a fork shares, which copies it
    with line, suppress(EOFError, ConnectionError):
        while True:
            line.send(work(line.recv()))
