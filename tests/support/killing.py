"""Passes of `marsad once` that are killed as they enter one call into the kernel, each forked from a warm process.

`Killer` starts this file as a process of its own, which reads an order a line and writes an answer a line, both JSON.
In each fork the thread that is to be traced waits until strace has it, so that the n-th call is that thread's n-th.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from monitor.digests.process import RenderProcess
from monitor.sources.parser_process import ParserProcess

ALLOW_ANY_TRACER = (0x59616D61, ctypes.c_ulong(-1))  # prctl(2), PR_SET_PTRACER: Ubuntu's Yama lets parents trace only
MODULES = (ParserProcess.module, RenderProcess.module)
POOL = "pool"  # the first thread of the event loop's own, which opens the store
THREADS = ("MainThread", "store-writer", "store-reader_0", POOL)
# Calls that change something outside of the process, or that wait for somebody else's answer.
CALLS = [
    "openat",
    "read",
    "pread64",
    "readv",
    "recvfrom",
    "recvmsg",
    "write",
    "writev",
    "pwrite64",
    "sendto",
    "sendmsg",
    "connect",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "link",
    "chmod",
    "fchmod",
    "fchmodat",
    "flock",
    "fcntl",
    "getdents64",
]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Point:
    """The `number`-th call of this name in the first thread of this name."""

    call: str
    thread: str
    number: int


class CannotTrace(Exception):
    """strace may not trace here."""


class Killer:
    """Makes passes over a configuration folder, and ends them where it is told to.

    Its own first pass, to import and to compute what all of them need, leaves its traces in the state directory.
    """

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def count(self, calls: Sequence[str] = CALLS) -> list[Point]:
        """Every point of an undisturbed pass, in no order of time."""
        answer = self._ask({"calls": list(calls), "threads": THREADS})
        assert answer["status"] == 0, answer["said"]
        found = (name.split(" ") for name in answer["counts"])
        return sorted(
            Point(call=call, thread=thread, number=number)
            for (thread, call), count in zip(found, answer["counts"].values(), strict=True)
            for number in range(1, count + 1)
        )

    def kill(self, point: Point) -> bool:
        """Whether the pass came so far as to be killed."""
        order = {"calls": [point.call], "threads": [point.thread], "number": point.number}
        return self._judge(self._ask(order))

    def kill_at_event(self, number: int) -> bool:
        """The same without strace: before and after each commit and each piece of what the process says to servers."""
        return self._judge(self._ask({"calls": [], "threads": [], "event": number}))

    def _judge(self, answer: Mapping[str, Any]) -> bool:
        assert answer["status"] in {-9, 0}, answer["said"]
        return bool(answer["status"] == -9)

    def _ask(self, order: Mapping[str, object]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "ptrace" in answer["said"]:
            raise CannotTrace(answer["said"])
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def kill_passes(folder: Path) -> Iterator[Killer]:
    killer = Killer(folder)
    try:
        yield killer
    finally:
        killer.close()


# What follows runs in the process of its own.


def serve(folder: str) -> None:
    from monitor import __main__ as program

    for module in MODULES:
        importlib.import_module(module).WORN_MEMORY = 1 << 40  # type: ignore[attr-defined] # a fork has its parent's memory
    replies = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the passes say is for nobody
    make_pass(program, folder)
    assert threading.active_count() == 1
    for line in sys.stdin:
        answer = obey(program, folder, json.loads(line))
        os.write(replies, json.dumps(answer).encode() + b"\n")


def make_pass(program: Any, folder: str) -> int:
    sys.argv = ["marsad", "--config", folder, "once", "--all"]
    try:
        return int(program.main() or 0)
    except SystemExit as end:
        return int(end.code or 0)


def obey(program: Any, folder: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Fork, let a strace attach to each thread that waits for one, and see how the process ends."""
    waiting, announce = os.pipe()
    gate, let_go = os.pipe()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            os.close(waiting)
            os.close(let_go)
            be_the_pass(
                partial(make_pass, program, folder), order, output.fileno(), Gate(order["threads"], announce, gate)
            )
        os.close(announce)
        os.close(gate)
        tracers = []
        with os.fdopen(waiting) as lines:  # they end when the child does
            for line in lines:
                thread, number = line.rsplit(maxsplit=1)
                tracers.append(Tracer(order, thread, int(number)))
                os.write(let_go, b".")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(let_go)
        said = "".join(tracer.finish(counts) for tracer in tracers)
        output.seek(0)
        return {"status": status, "counts": counts, "said": said + output.read().decode("utf-8", "replace")}


class Tracer:
    """A strace of one thread, which counts its calls, or kills its process at one of them."""

    def __init__(self, order: Mapping[str, Any], thread: str, number: int) -> None:
        self.thread = thread
        self._trace = tempfile.NamedTemporaryFile("r", errors="replace")  # noqa: SIM115 - closed in finish
        kill = ["-e", f"inject={order['calls'][0]}:signal=KILL:when={order['number']}"] if "number" in order else []
        calls = ",".join(f"?{call}" for call in order["calls"])  # not every machine has every call
        command = ["strace", "-p", str(number), "-e", f"trace={calls}", *kill, "-o", self._trace.name]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        self._first = self._process.stderr.readline()  # "Process 123 attached", or why not

    def finish(self, counts: Counter[str]) -> str:
        """What strace complained of."""
        _, more = self._process.communicate()
        for line in self._trace:
            if found := re.match(r"(\w+)\(", line):
                counts[f"{self.thread} {found[1]}"] += 1
        self._trace.close()
        return "" if "attached" in self._first else self._first + more


class Gate:
    """Lets a thread of one of these names wait, at its start, for its strace; the first of each name."""

    def __init__(self, names: Sequence[str], announce: int, gate: int) -> None:
        self._wanted = set(names)
        self._announce, self._gate = announce, gate

    def close(self) -> None:
        os.close(self._announce)
        os.close(self._gate)

    def wait(self) -> None:
        name = re.sub(r"^(asyncio|ThreadPoolExecutor).*", POOL, threading.current_thread().name)
        if name in self._wanted:
            self._wanted.discard(name)
            os.write(self._announce, f"{name} {threading.get_native_id()}\n".encode())
            select.select([self._gate], [], [])
            os.read(self._gate, 1)

    def install(self) -> None:
        ctypes.CDLL(None).prctl(*ALLOW_ANY_TRACER)
        run = threading.Thread.run

        def wait_and_run(thread: threading.Thread) -> None:
            self.wait()
            run(thread)

        threading.Thread.run = wait_and_run  # type: ignore[method-assign]


def be_the_pass(make: Callable[[], int], order: Mapping[str, Any], output: int, gate: Gate) -> None:
    """In the fork: the pass, from its command line on. Never returns."""
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        fork_processes(gate)
        gate.install()
        if "event" in order:
            die_at_event(order["event"])
        gate.wait()
        code = make()
    except BaseException:  # noqa: BLE001 - the end of a process, as the interpreter writes it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Forked:
    """What child_process uses of subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fork_processes(gate: Gate) -> None:
    """The parser and the renderer of this pass: while it has one thread, and without importing anything again."""
    from monitor import child_process

    lines: dict[str, tuple[Forked, socket.socket]] = {}
    for module in MODULES:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            gate.close()
            ours.close()
            for _, other in lines.values():
                other.close()
            with suppress(BaseException):  # who asked was killed
                child_process.serve_line(theirs.detach(), sys.modules[module])
            os._exit(0)
        theirs.close()
        lines[module] = (Forked(pid), ours)

    class Child(child_process._Child):
        def __init__(self, module: str) -> None:
            self.process, self.line = lines.pop(module)  # type: ignore[assignment]
            self.line.setblocking(False)
            self.prepared = set()

    child_process._Child = Child  # type: ignore[misc]


def die_at_event(number: int) -> None:
    """Before and after each commit, each file that is put in place, and each thing that is said to the mail server."""
    import aiosmtplib
    from sqlalchemy.engine.default import DefaultDialect

    left = [number]

    def pass_by() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(place: Any, name: str) -> None:
        real = getattr(place, name)

        def call(*args: Any, **options: Any) -> Any:
            pass_by()
            result = real(*args, **options)
            pass_by()
            return result

        async def call_async(*args: Any, **options: Any) -> Any:
            pass_by()
            result = await real(*args, **options)
            pass_by()
            return result

        setattr(place, name, call_async if inspect.iscoroutinefunction(real) else call)

    around(DefaultDialect, "do_commit")
    for verb in ("connect", "mail", "rcpt", "data", "quit"):
        around(aiosmtplib.SMTP, verb)
    for name in ("replace", "rename", "unlink"):
        around(os, name)


if __name__ == "__main__":
    serve(sys.argv[1])
