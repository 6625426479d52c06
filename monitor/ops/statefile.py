"""What the daemon says of itself for `marsad status`: one small file under the state directory, replaced atomically."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from monitor.model.daemon import DaemonState

log = logging.getLogger(__name__)
NAME = "daemon.json"
WORDS_CHANGE = 0.1  # so that the file is written ever more rarely as words become known


class StateTeller:
    """Keeps what was told last, and tells one thing after the other. A disk that has no room for it stops nothing."""

    def __init__(self) -> None:
        self._said: DaemonState | None = None
        self._turn = asyncio.Lock()

    async def tell(self, state: Path, said: DaemonState) -> None:
        async with self._turn:
            self._said = said
            try:
                await asyncio.to_thread(write_daemon_state, state, said)
            except OSError as error:
                log.warning("state.not_told: %s: %s", state / NAME, error.strerror)

    async def tell_changes(self, state: Path, *, words: int, failing: Sequence[str]) -> None:
        """The same as before, but for these; nothing where they have not changed by much."""
        if self._said is not None and (self._is_outdated(words) or tuple(failing) != self._said.failing):
            await self.tell(state, replace(self._said, words=words, failing=tuple(failing)))

    async def tell_end(self, state: Path, why: str) -> None:
        if self._said is not None:
            await self.tell(state, replace(self._said, ended=why))

    @property
    def troubles(self) -> Sequence[str]:
        """What is wrong with the configuration."""
        if self._said is None:
            return ()
        held = [f"rule {rule}: an example fails" for rule in self._said.held_rules]
        return ["the configuration is broken", *held] if self._said.fallback else held

    def _is_outdated(self, words: int) -> bool:
        """Whether the number has changed by more than `WORDS_CHANGE` since it was told."""
        said = self._said.words if self._said else 0
        return abs(words - said) > said * WORDS_CHANGE


def write_daemon_state(state: Path, said: DaemonState) -> None:
    """Replace the file; a reader sees the old one or the new one."""
    path = state / NAME
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(said), default=datetime.isoformat, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105 - the atomic rename is the point


def read_daemon_state(state: Path) -> DaemonState | None:
    """None when no daemon has ever run there, or the file cannot be read."""
    try:
        said = json.loads((state / NAME).read_text(encoding="utf-8"))
        return DaemonState(
            pid=said["pid"],
            started_at=datetime.fromisoformat(said["started_at"]),
            configured_at=datetime.fromisoformat(said["configured_at"]),
            fallback=said["fallback"],
            held_rules=tuple(said["held_rules"]),
            problems=tuple(said["problems"]),
            words=said.get("words", 0),  # an older daemon does not say it
            failing=tuple(said.get("failing", ())),
            ended=said.get("ended"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
