"""The global options, which work before and after the command, and how a command finds its configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from monitor.cli.output import say_errors
from monitor.settings.model import Settings
from monitor.text.urls import mask_text

SYSTEM_CONFIG = Path("/etc/marsad")
FLAGS = ("--json", "--verbose", "--show-secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    config: Path | None = None
    json: bool = False
    verbose: bool = False
    show_secrets: bool = False

    def mask(self, text: str) -> str:
        """The text as this call may show it: without tokens in URLs, unless they are asked for."""
        return text if self.show_secrets else mask_text(text)


def hoist(arguments: Sequence[str]) -> list[str]:
    """Move the global options to the front, where typer wants them; what follows `--` stays untouched."""
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        if argument in FLAGS or argument.startswith("--config="):
            front.append(argument)
        elif argument == "--config" and waiting:
            front += [argument, waiting.pop(0)]
        else:
            rest.append(argument)
    return front + rest


def find_options(context: typer.Context) -> Options:
    """The global options of this call."""
    options = context.find_root().obj
    return options if isinstance(options, Options) else Options()


def find_config(options: Options, *, quiet: bool = False) -> Path:
    """`--config`, else $MARSAD_CONFIG, else /etc/marsad if it exists, else the current folder; said on stderr."""
    if options.config is not None:
        directory, why = options.config, "--config"
    elif os.environ.get("MARSAD_CONFIG"):
        directory, why = Path(os.environ["MARSAD_CONFIG"]), "$MARSAD_CONFIG"
    elif SYSTEM_CONFIG.is_dir():
        directory, why = SYSTEM_CONFIG, "the system's"
    else:
        directory, why = Path.cwd(), "the current folder"
    if not quiet:
        print(f"configuration: {directory} ({why})", file=sys.stderr)  # noqa: T201
    return directory.absolute()


def read_settings(context: typer.Context) -> Settings:
    """What is in force, for a command that only looks: no example is run, and no good copy kept. Raises ConfigError."""
    from monitor.app import load_configuration

    in_force = load_configuration(find_config(find_options(context)), keep=False, examples=False)
    say_errors(in_force.problems)
    return in_force.settings
