"""What a disk may hold after a power cut, from a record of what a process wrote and synced.

The model is harsh: of what was not synced, each write is there, is missing or is torn at a sector, whatever came after
it; a file whose folder was not synced since it was made may be gone, and one that was deleted may be back.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECTOR = 512  # bytes that a disk writes whole
CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink"
LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. \w+ resumed>)?(?P<rest>.*)")
CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)(?:<(?P<opened>.*)>)?(?: .*)?$")
FILE = re.compile(r"\d+<(?P<path>[^>]*)>")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
UNFINISHED = " <unfinished ...>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One call: what it did to which file; an `ack` is what the process knew to be safe when it wrote that."""

    kind: str  # create, write, sync, truncate, delete, ack
    path: str
    offset: int = 0
    data: bytes = b""

    @property
    def ack(self) -> Any:
        return json.loads(self.data)


def record(command: Sequence[str | Path], acks: Path, *, env: dict[str, str]) -> list[Event]:
    """What `command` does to files; what it writes into `acks` are its acknowledgements. Raises CalledProcessError."""
    trace = acks.with_suffix(".trace")
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", trace]
    subprocess.run([*strace, *command], check=True, capture_output=True, text=True, env=env)
    with trace.open(encoding="ascii", errors="replace") as lines:
        return list(read_events(lines, str(acks)))


def read_events(lines: Iterable[str], acks: str) -> Iterator[Event]:
    begun: dict[str, str] = {}
    for line in lines:
        found = LINE.match(line.rstrip("\n"))
        assert found is not None, line
        call = begun.pop(found["thread"], "") + found["rest"]
        if call.endswith(UNFINISHED):
            begun[found["thread"]] = call.removesuffix(UNFINISHED)
        elif (done := CALL.match(call)) and not done["result"].startswith("-"):
            yield from read_call(done["name"], done["arguments"], done["opened"] or "", acks)


def read_call(name: str, arguments: str, opened: str, acks: str) -> Iterator[Event]:
    on = FILE.match(arguments)
    path = os.fsdecode(unescape(on["path"])) if on else ""
    texts = [unescape(text) for text in TEXT.findall(arguments)]
    last = arguments.rpartition(", ")[2]
    if name == "openat" and "O_CREAT" in arguments:
        yield Event(kind="create", path=os.fsdecode(unescape(opened)))
    elif name == "unlink":
        yield Event(kind="delete", path=os.fsdecode(texts[0]))
    elif name == "ftruncate":
        yield Event(kind="truncate", path=path, offset=int(last))
    elif name in {"fsync", "fdatasync"}:
        yield Event(kind="sync", path=path)
    elif name == "pwrite64":
        yield Event(kind="write", path=path, offset=int(last), data=texts[0])
    elif name == "write" and path == acks:
        yield Event(kind="ack", path=path, data=texts[0])


def unescape(text: str) -> bytes:
    """strace writes all bytes of texts and paths as \\x2f."""
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass(slots=True)
class File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)
    is_named: bool = False  # its folder was synced since it was made
    is_deleted: bool = False

    def sync(self) -> None:
        for event in self.pending:
            apply(self.durable, event, event.data)
        self.pending.clear()

    def cut(self, chance: random.Random) -> bytes | None:
        """What is left of it; None where nothing is."""
        if (not self.is_named and chance.random() < 0.5) or (self.is_deleted and chance.random() < 0.5):
            return None
        left = bytearray(self.durable)
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        for event in self.pending:
            if chance.random() < share:
                apply(left, event, event.data)
            elif chance.random() < 0.3:
                apply(left, event, event.data[: SECTOR * chance.randrange(len(event.data) // SECTOR + 1)])
        return bytes(left)


def apply(content: bytearray, event: Event, data: bytes) -> None:
    if event.kind == "truncate":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    content.extend(bytes(max(0, event.offset + len(data) - len(content))))
    content[event.offset : event.offset + len(data)] = data


class Disk:
    """Files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._files: dict[str, File] = {}

    def do(self, event: Event) -> bool:
        """Whether this concerned a file of the folder."""
        if event.path == self._folder and event.kind == "sync":
            self._files = {path: file for path, file in self._files.items() if not file.is_deleted}
            for file in self._files.values():
                file.is_named = True
            return True
        if not event.path.startswith(f"{self._folder}/"):
            return False
        file = self._files.get(event.path)
        if file is None or (file.is_deleted and event.kind == "create"):
            file = self._files[event.path] = File()
        if event.kind == "sync":
            file.sync()
        elif event.kind == "delete":
            file.is_deleted = True
        elif event.kind in {"write", "truncate"}:
            file.pending.append(event)
        return event.kind != "create"

    def cut_power(self, target: Path, chance: random.Random) -> None:
        """Write into `target` what a power cut now may leave."""
        for path, file in self._files.items():
            left = file.cut(chance)
            if left is not None:
                (target / Path(path).name).write_bytes(left)
