"""The commands console and console password: the web console."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import find_config, find_options
from monitor.cli.output import say, write
from monitor.errors import UsageError
from monitor.ops.passwords import SHORTEST, hash_password
from monitor.settings.console import take_listen
from monitor.settings.values import Wrong

group = typer.Typer(
    invoke_without_command=True,
    help="Show stories, searches, sources and the outbox in a browser (docs/console.md).",
    rich_markup_mode=None,
)


@group.callback()
def console(
    context: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option("--listen", help="Where to listen, instead of what marsad.yaml says.", metavar="ADDRESS:PORT"),
    ] = None,
    socket: Annotated[
        Path | None, typer.Option("--socket", help="Listen on this Unix socket instead.", metavar="PATH")
    ] = None,
) -> None:
    """Show stories, searches, sources and the outbox in a browser, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    options = find_options(context)
    words = ["--config", str(find_config(options))]
    if socket is not None:
        words += ["--socket", str(socket.absolute())]
    elif listen is not None:
        host, port = _read_place(listen)
        words += ["--host", host, "--port", str(port)]
    words += [flag for flag, wanted in (("--verbose", options.verbose), ("--json", options.json)) if wanted]
    # Another program in this process: what all the other commands import would stay in memory for nothing.
    sys.stdout.flush()
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # of glibc: else each of its threads keeps memory of its own
    os.execv(sys.executable, [sys.executable, "-m", "monitor.web", *words])  # noqa: S606 - our own program


def _read_place(written: str) -> tuple[str, int]:
    try:
        return take_listen(written)
    except Wrong as error:
        raise UsageError(f"--listen {written}: {error.what}; expected {error.expected}") from error


@group.command()
def password(
    name: Annotated[str, typer.Argument(help="The user who is to log in with it.", metavar="NAME")],
) -> None:
    """Ask for a password, and print the lines for marsad.yaml that let NAME log in with it."""
    given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(given) < SHORTEST:
        raise UsageError(f"the password has {len(given)} characters; use {SHORTEST} or more")
    write(f"console:\n  passwords:\n    {name}: {hash_password(given)}")
    say("copy these lines into marsad.yaml, then restart the console; `operators: [NAME]` lets NAME change things")
