"""`python -m monitor.web`: what `marsad console` becomes, a process that has imported nothing else."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from monitor.errors import MarsadError, UserMustFix
from monitor.model.console import ConsoleSettings
from monitor.ops.logging import configure_logging
from monitor.web.service import run_console

FAILED, USER_MUST_FIX = 1, 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="marsad console")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    configure_logging(verbose=given.verbose, json=given.json)
    try:
        asyncio.run(run_console(given.config, read_place(given)))
    except MarsadError as error:
        print(f"marsad: {error}", file=sys.stderr)  # noqa: T201
        return USER_MUST_FIX if isinstance(error, UserMustFix) else FAILED
    except KeyboardInterrupt:
        return 130
    return 0


def read_place(given: argparse.Namespace) -> ConsoleSettings | None:
    """None where the configuration is to say it."""
    if given.socket:
        return ConsoleSettings(socket=given.socket)
    return ConsoleSettings(listen=(given.host, given.port)) if given.host else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
