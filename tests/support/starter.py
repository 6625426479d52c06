"""Starts the command as a forked process of a server that has imported it: to import it takes longer than most commands.

The process is a real one, with an environment, files and signals of its own. Only the interpreter does not start anew.
"""

from __future__ import annotations

import array
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from waiting import until

COMMAND = Path(sys.executable).parent / "marsad"
LARGEST = 1 << 20  # bytes of a request
_server: list[subprocess.Popen[bytes]] = []
_place: list[tempfile.TemporaryDirectory[str]] = []


class Started:
    """What the tests use of subprocess.Popen."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self._line, self.pid = line, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self._read()
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Raises TimeoutError."""
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise TimeoutError(f"process {self.pid} goes on after {timeout} s")
            self._read()
        assert self.returncode is not None
        return self.returncode

    def _read(self) -> None:
        self.returncode = int(self._line.recv(64) or b"-9")
        self._line.close()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(arguments: Sequence[object], *, env: Mapping[str, str] | None = None, out: IO[Any], err: IO[Any]) -> Started:
    """`marsad` with these arguments, as it would be started in a shell; no input."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(_find_server())
    request = {"argv": [str(COMMAND), *map(str, arguments)], "env": dict(os.environ if env is None else env)}
    content = json.dumps({**request, "cwd": str(Path.cwd())}).encode()
    files = array.array("i", [out.fileno(), err.fileno()])
    line.sendmsg([content], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    return Started(line, int(line.recv(64)))


def run(arguments: Sequence[object], *, env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """As subprocess.run, with the output as text."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = start(arguments, env=env, out=out, err=err)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return subprocess.CompletedProcess([str(COMMAND), *map(str, arguments)], code, *texts)


def _find_server() -> str:
    """The path of its socket; it is started for the first process, and ends with this one."""
    if not _server:
        _place.append(tempfile.TemporaryDirectory(prefix="marsad-starter-"))
        path = str(Path(_place[0].name) / "socket")
        _server.append(subprocess.Popen([sys.executable, __file__, path], stdin=subprocess.PIPE))
        until(lambda: Path(path).exists() or _server[0].poll() is not None, "the server that starts commands")
    return str(Path(_place[0].name) / "socket")


def stop_server() -> None:
    """The server ends when its input does."""
    if _server:
        process = _server.pop()
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
        _place.pop().cleanup()


def serve(path: str) -> None:
    """The server: fork for each request, and say when each child has ended."""
    import monitor.daemon
    import monitor.service  # noqa: F401 - imported for its children
    from monitor import __main__ as program

    program._import_commands()
    lines: dict[int, socket.socket] = {}
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this server
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"{path}.new")
    listener.listen(64)
    Path(f"{path}.new").rename(path)  # once it listens
    while True:
        ready, _, _ = select.select([0, wake, listener], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _say_ended(lines)
        if listener in ready:
            line, _ = listener.accept()
            content, files, _, _ = socket.recv_fds(line, LARGEST, 2)
            pid = os.fork()
            if pid == 0:
                _become(program, json.loads(content), files, [listener, line, *lines.values()], (wake, woken))
            lines[pid] = line
            line.send(str(pid).encode())
            for file in files:
                os.close(file)
        if 0 in ready:
            return


def _say_ended(lines: dict[int, socket.socket]) -> None:
    while lines:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        line = lines.pop(pid)
        with suppress(OSError):  # the test does not wait for it any more
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
        line.close()


def _become(
    program: Any, request: Any, files: Sequence[int], lines: Sequence[socket.socket], pipe: Sequence[int]
) -> None:
    """In the child: be the command."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for line in lines:
        line.close()
    for number in pipe:
        os.close(number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, *files)):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = request["argv"]
    code: Any = 1
    try:
        code = program.main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - the end of a process, as the interpreter writes it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(sys.argv[1])
