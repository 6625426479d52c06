"""Runs a command for each message, with the message as JSON on its standard input.

Exit codes: 0, it is sent; 75 (EX_TEMPFAIL of sysexits.h), try again later; any other refuses the message for good.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.channels.reply import tidy_reply
from monitor.digests.rendered import DOCUMENT
from monitor.errors import ConnectionBroken, UserMustFix
from monitor.model import Delivery, Message, OutboxState, Refusal, Secret
from monitor.model.form import Form

TRY_LATER = 75
OUTPUT_BYTES = 4096  # of the command that are looked at; the rest is read and thrown away
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")  # of the environment, in which secrets may be
GOODBYE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`type: exec` in marsad.yaml: `command` with its arguments, and seconds that it may take."""

    command: tuple[str, ...]
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if not self.command or not self.command[0]:
            raise ValueError("command: it is empty; write [/usr/local/bin/page, --desk]")
        if self.timeout <= 0:
            raise ValueError("timeout must be greater than 0 seconds")


class ExecChannel:
    """ports.Channel over a command. A command that was killed, or took too long, may have done its work."""

    form: Form = DOCUMENT
    sender = ""

    def __init__(self, options: Options, *, reveal: Callable[[Secret], str]) -> None:
        self._options = options
        self._reveal = reveal

    def size_limit(self) -> int | None:
        """Any size will do."""
        return None

    async def open(self) -> None:
        """Raises UserMustFix where there is no such command."""
        command = self._options.command[0]
        if await asyncio.to_thread(shutil.which, command) is None:
            raise UserMustFix(f"the command {command} does not exist or may not be run; correct `command`")

    async def send(self, message: Message, *, before_data: Callable[[], Awaitable[None]]) -> Delivery:
        await self.open()
        await before_data()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._options.command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                start_new_session=True,  # so that its children end with it
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            )
        except OSError as error:
            raise UserMustFix(f"cannot run {self._options.command[0]}: {error.strerror}") from error
        try:
            async with asyncio.timeout(self._options.timeout):
                output, _ = await asyncio.gather(_read_output(process), _write_input(process, message.content))
                code = await process.wait()
        except TimeoutError as error:
            what = f"{self._options.command[0]} did not end within {self._options.timeout:g} s, and was stopped"
            raise ConnectionBroken(what, may_have_arrived=True) from error
        finally:
            await _end(process)
        return self._judge(code, output)

    async def close(self) -> None:
        """Nothing is held open."""

    async def probe(self) -> str:
        await self.open()
        return f"{self._options.command[0]} can be run"

    def _judge(self, code: int, output: bytes) -> Delivery:
        said = output.decode("utf-8", "replace").strip()
        reply = tidy_reply(f"exit {code}{f': {said}' if said else ''}")
        if code < 0:
            name = signal.Signals(-code).name
            raise ConnectionBroken(f"{self._options.command[0]} was ended by {name}", may_have_arrived=True)
        if code == 0:
            return Delivery(state=OutboxState.SENT, reply=reply, at=datetime.now(UTC))
        if code == TRY_LATER:
            return Delivery(state=OutboxState.PENDING, reply=reply, at=datetime.now(UTC))
        return Delivery(state=OutboxState.FAILED, reply=reply, at=datetime.now(UTC), refusal=Refusal.OTHER)


async def _write_input(process: Process, content: bytes) -> None:
    """A command need not read all of it."""
    if (pipe := process.stdin) is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(content)
        await pipe.drain()
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.close()
        await pipe.wait_closed()


async def _read_output(process: Process) -> bytes:
    kept = b""
    while process.stdout is not None and (part := await process.stdout.read(OUTPUT_BYTES)):
        kept = (kept + part)[:OUTPUT_BYTES]
    return kept


async def _end(process: Process) -> None:
    """With what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await process.wait()
