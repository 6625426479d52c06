"""The configuration as the console knows it: read by another process, which ends, and read again once a file changed.

To read the files takes 100 MB, which would stay with this process.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from monitor.errors import MarsadError, Transient, UserMustFix
from monitor.model import EntityId
from monitor.settings.model import Settings

LOOK_SECONDS = 5.0  # between two looks at the files
BAD_CONFIGURATION = 78
Stamp = tuple[tuple[str, int, int], ...]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is in force. `settings` has no channels; `problems` are lines for people, `held` the rules that are held.

    `labels` say what entities are called in each language of the interface: to look it up takes the names of all
    territories in all languages.
    """

    settings: Settings
    problems: tuple[str, ...] = ()
    has_fallback: bool = False
    held: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[EntityId, str]] = field(default_factory=dict)


class Configuration:
    """The newest snapshot that could be read. `changed` is called with each later one."""

    def __init__(self, directory: Path, first: Snapshot, changed: Callable[[Snapshot], None]) -> None:
        self._directory, self._changed = directory, changed
        self.snapshot = first
        self._stamp = stamp_files(directory)
        self._looked_at = time.monotonic()
        self._reading: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Begin to read the files again if one of them changed; what is asked meanwhile is answered with the old."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS or (self._reading and not self._reading.done()):
            return
        self._looked_at = time.monotonic()
        stamp = stamp_files(self._directory)
        if stamp != self._stamp:
            self._stamp = stamp
            self._reading = asyncio.create_task(self._read_again())

    async def _read_again(self) -> None:
        try:
            self.snapshot = await read_snapshot(self._directory)
        except MarsadError as error:
            log.warning("console.reload", error=str(error))
            return
        self._changed(self.snapshot)
        log.info("console.reload", problems=len(self.snapshot.problems))


def stamp_files(directory: Path) -> Stamp:
    """Differs once a YAML file was changed, added or removed."""
    found = []
    for path in sorted([*directory.glob("*.yaml"), *directory.glob("rules/**/*.yaml")]):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


async def read_snapshot(directory: Path) -> Snapshot:
    """Raises UserMustFix, with every problem, where there is nothing good to show."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor.web.outline", str(directory)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, complaints = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    said = complaints.decode(errors="replace").strip()
    if process.returncode == BAD_CONFIGURATION:
        raise UserMustFix(said)
    if process.returncode:
        raise Transient(f"the process that reads the configuration ended with {process.returncode}: {said[-500:]}")
    found = pickle.loads(out)  # noqa: S301 - of a process of ours, which reads nothing but the configuration
    if not isinstance(found, Snapshot):
        raise Transient("the process that reads the configuration gave no answer")
    return found
