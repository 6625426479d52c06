"""What the daemon says of itself for `marsad status`: one small file under the state directory, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

NAME = "daemon.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonState:
    """Since when a daemon runs, and whether the configuration in force is the one on disk."""

    pid: int
    started_at: datetime
    configured_at: datetime
    fallback: bool
    held_rules: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


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
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
