"""Runs a command of Marsad's own in a process that ends: for what needs much memory and is seldom asked for."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from monitor.errors import Transient, UsageError

SECONDS = 60.0
MUST_FIX = 2


async def run_command(directory: Path, *words: str) -> Any:
    """What it writes with --json. Raises UsageError or Transient with what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "--config", str(directory), "--json", *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, complaints = await process.communicate()
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise Transient(f"`marsad {' '.join(words)}` took more than {SECONDS:.0f} s") from error
        raise
    if out.strip():
        return json.loads(out)
    said = " ".join(line for line in complaints.decode(errors="replace").splitlines() if line.startswith("marsad:"))
    refusal = UsageError if process.returncode == MUST_FIX else Transient
    raise refusal(said or f"`marsad {' '.join(words)}` ended with {process.returncode}")
