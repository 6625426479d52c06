"""A process of our own for work that may take any time or memory: it never holds up the event loop, and can be killed.

A thread cannot be stopped: 1 MB of attributes keeps feedparser busy for 25 s. The process has a limit on memory, and
one on CPU time per piece of work, after which it is killed and replaced. It sees none of the daemon's secrets.
"""

from __future__ import annotations

import asyncio
import gc
import io
import os
import pickle
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from monitor.errors import MarsadError

T = TypeVar("T")
START_SECONDS = 60.0  # importing everything, on a machine that is busy
MEMORY = 512 * 1024 * 1024  # beyond what the process has once everything is imported
WORN_MEMORY = 256 * 1024  # kB resident at its peak: after such a piece of work the process makes room for a new one
LARGE = 64 * 1024  # an answer of this size is unpickled in a thread
HEADER = 8
GRACE_SECONDS = 2.0  # of CPU time beyond the deadline, which normally ends the work first
# The deadline is of the process's own CPU time: on a machine with a load of 15 the work of a second takes many. By the
# clock it may take so many times as long.
STARVED = 15
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
KEPT_VARIABLES = ("LANG", "LC_ALL", "TZ", "TMPDIR")
KEPT_PREFIXES = ("PYTHON", "COVERAGE_", "COV_")


class WorkFailure(Enum):
    """Why a piece of work has no result. Each takes one detail, which its sentence quotes."""

    SAID = "the work raised an error of ours, which says it all"
    RAISED = "the work raised something else: its type and text"
    MEMORY = "it needs more memory than this, in MB"
    LATE = "it took more than this, in seconds"
    BROKEN = "the process ended instead of answering: its exit code and why"
    START = "the process did not start: its exit code"


class ChildProcess:
    """Runs a module's functions, one after the other, in a process that imports `module` as it starts."""

    module: ClassVar[str]
    refusal: ClassVar[type[MarsadError]]
    sentences: ClassVar[Mapping[WorkFailure, str]]

    def __init__(self, *, deadline: float) -> None:
        self._deadline = deadline
        self._turn = asyncio.Lock()
        self._child: _Child | None = None

    async def run(self, work: Callable[..., T], *args: object, deadline: float | None = None) -> T:
        """`work(*args)`, done in the process; `work` is a module's function, and its result of our types or plain.

        `deadline` is in seconds of CPU time. Raises `refusal` and nothing else: also when `work` raises anything, needs
        too much memory or time, or is killed.
        """
        seconds = self._deadline if deadline is None else deadline
        async with self._turn:
            child = self._child = self._child or await self._start()
            try:
                answer = await _read_answer(await _ask_within(child, (work, args, seconds), seconds))
            except TimeoutError as error:
                await self._kill()
                raise self._refuse(WorkFailure.LATE, f"{seconds:g}") from error
            except (OSError, EOFError, pickle.PickleError) as error:
                code = await self._kill()
                raise self._refuse(WorkFailure.BROKEN, f"{code}: {error}") from error
            except BaseException:
                await self._kill()  # cancelled: what the process would answer now is for nobody
                raise
            if answer.is_last:
                await self._kill()
        if answer.failure is not None:
            raise self._refuse(answer.failure, answer.detail)
        return answer.value  # type: ignore[no-any-return]

    async def prepare(self, work: Callable[[], None]) -> None:
        """`work()`, once in each process and with the time that a start may take: importing is nobody's fault.

        Raises `refusal`.
        """
        async with self._turn:
            child = self._child = self._child or await self._start()
            if work in child.prepared:
                return
        await self.run(work, deadline=START_SECONDS)
        if self._child is child:
            child.prepared.add(work)

    async def open(self) -> None:
        """Start the process ahead of its first work: on a busy machine it takes seconds."""
        async with self._turn:
            with suppress(self.refusal):  # who has work for it will be told
                self._child = self._child or await self._start()

    async def close(self) -> None:
        """Let the process end; it starts again when it is needed again."""
        async with self._turn:
            if self._child is not None:
                await asyncio.to_thread(self._child.end)
                self._child = None

    async def _start(self) -> _Child:
        child = await asyncio.to_thread(_Child, self.module)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child.receive()
        except (TimeoutError, OSError, EOFError) as error:
            code = await asyncio.to_thread(child.kill)
            raise self._refuse(WorkFailure.START, f"{code}") from error
        except BaseException:
            await asyncio.to_thread(child.kill)
            raise
        return child

    async def _kill(self) -> int | None:
        child, self._child = self._child, None
        return None if child is None else await asyncio.to_thread(child.kill)

    def _refuse(self, failure: WorkFailure, detail: str) -> MarsadError:
        return self.refusal(self.sentences.get(failure, "{}").format(detail))


async def _ask_within(child: _Child, question: object, seconds: float) -> bytearray:
    """Raises TimeoutError once the process has used `seconds` of CPU time, or STARVED times as many by the clock."""
    begun = child.measure_cpu()
    asking = asyncio.ensure_future(child.ask(question))
    try:
        async with asyncio.timeout(seconds * STARVED):
            while (left := seconds - (child.measure_cpu() - begun)) > 0:
                done, _ = await asyncio.wait({asking}, timeout=max(left, 1 / TICKS_PER_SECOND))
                if done:
                    return await asking
        raise TimeoutError
    finally:
        asking.cancel()


class _Child:
    """The process and our end of the line to it."""

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            program = f"import {module}; from {__name__} import serve_line; serve_line({theirs.fileno()}, {module})"
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-c", program],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_choose_environment(),
                start_new_session=True,  # Ctrl-C is for the daemon, which then lets this one end
            )
        ours.setblocking(False)
        self.line = ours
        self.prepared: set[Callable[[], None]] = set()

    def measure_cpu(self) -> float:
        """Seconds that the process has used so far, all its threads together (proc_pid_stat(5), fields 14 and 15)."""
        try:
            status = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # it has ended and was waited for
            return 0.0
        return sum(map(int, status.rpartition(")")[2].split()[11:13])) / TICKS_PER_SECOND

    async def ask(self, question: object) -> bytearray:
        content = pickle.dumps(question, protocol=5)
        await asyncio.get_running_loop().sock_sendall(self.line, len(content).to_bytes(HEADER) + content)
        return await self.receive()

    async def receive(self) -> bytearray:
        """One whole frame. Raises EOFError if the process ended without an answer."""
        return await self._receive_exactly(int.from_bytes(await self._receive_exactly(HEADER)))

    async def _receive_exactly(self, size: int) -> bytearray:
        loop, frame, filled = asyncio.get_running_loop(), bytearray(size), 0
        with memoryview(frame) as view:
            while filled < size:
                count = await loop.sock_recv_into(self.line, view[filled:])
                if not count:
                    raise EOFError("it ended without an answer")
                filled += count
        return frame

    def kill(self) -> int:
        self.line.close()
        self.process.kill()
        return self.process.wait()

    def end(self) -> None:
        """It ends by itself once the line is closed."""
        self.line.close()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()


def _choose_environment() -> dict[str, str]:
    """What Python needs to start as we did, and nothing that could be a secret."""
    kept = {
        name: value for name, value in os.environ.items() if name in KEPT_VARIABLES or name.startswith(KEPT_PREFIXES)
    }
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """The result of one piece of work, or why there is none; and whether the process ends after it."""

    value: Any = None
    failure: WorkFailure | None = None
    detail: str = ""
    is_last: bool


async def _read_answer(content: bytearray) -> _Answer:
    return _unpickle(content) if len(content) < LARGE else await asyncio.to_thread(_unpickle, content)


def _unpickle(content: bytearray) -> _Answer:
    answer = _Unpickler(io.BytesIO(content)).load()
    if not isinstance(answer, _Answer):
        raise pickle.UnpicklingError("it is no answer")
    return answer


class _Unpickler(pickle.Unpickler):  # the process reads what strangers wrote: it is not believed blindly
    """Builds our own data types and dates, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):  # how Python 3.11.0 to 3.11.3 pickle a member of an enumeration
            return _find_member
        found = super().find_class(module, name) if module == "datetime" or module.startswith("monitor.") else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no data type of ours")
        return found


def _find_member(kind: object, name: str) -> Enum:
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        raise pickle.UnpicklingError(f"{kind!r} is no enumeration of ours")
    return kind[name]  # raises KeyError where it has no such member


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """Bytes beyond what the process has once everything is imported; and kB at its peak after which it ends."""

    memory: int
    worn: int


def serve_line(descriptor: int, module: ModuleType) -> None:
    """The process: answer until the line ends. Its module may say MEMORY and WORN_MEMORY, where it needs more."""
    limits = _Limits(
        memory=getattr(module, "MEMORY", MEMORY),
        worn=getattr(module, "WORN_MEMORY", WORN_MEMORY),
    )
    _limit_memory(limits.memory)
    gc.freeze()  # what was imported stays: the collector need not walk through it again and again
    line = socket.socket(fileno=descriptor)
    with line, line.makefile("rwb") as stream:
        _write_frame(stream, b"ready")
        while header := stream.read(HEADER):
            work, args, seconds = pickle.loads(stream.read(int.from_bytes(header)))  # noqa: S301 - from the daemon
            _limit_time(seconds)
            answer = _do(work, args, limits)
            _write_frame(stream, pickle.dumps(answer, protocol=5))
            if answer.is_last:
                return


def _write_frame(stream: io.BufferedRWPair, content: bytes) -> None:
    stream.write(len(content).to_bytes(HEADER) + content)
    stream.flush()


def _do(work: Callable[..., object], args: tuple[object, ...], limits: _Limits) -> _Answer:
    try:
        return _Answer(value=work(*args), is_last=_is_worn(limits.worn))
    except MarsadError as error:
        return _Answer(failure=WorkFailure.SAID, detail=str(error), is_last=_is_worn(limits.worn))
    except MemoryError:
        return _Answer(failure=WorkFailure.MEMORY, detail=f"{limits.memory // 1024**2}", is_last=True)
    except Exception as error:  # noqa: BLE001 - the process boundary: a stranger's bytes make a library raise anything
        return _Answer(
            failure=WorkFailure.RAISED, detail=f"{type(error).__name__}: {error}", is_last=_is_worn(limits.worn)
        )


def _is_worn(most: int) -> bool:
    """By the most memory this process ever had; `ru_maxrss` would be the daemon's, from before the exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) > most


def _limit_memory(memory: int) -> None:
    """Address space, because that is what Linux can limit; a crash leaves no core with other people's text.

    prlimit, which the service's system call filter allows, and not setrlimit, which it does not.
    """
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.prlimit(0, resource.RLIMIT_AS, (used + memory, used + memory))
    resource.prlimit(0, resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """If the daemon died meanwhile nobody would kill us: CPU time for this piece of work alone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.prlimit(0, resource.RLIMIT_CPU)
    resource.prlimit(0, resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds + GRACE_SECONDS), hard))
