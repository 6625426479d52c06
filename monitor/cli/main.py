"""The command tree and the global options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.cli.lazy import LazyGroup
from monitor.cli.options import Options

cli = typer.Typer(
    name="marsad",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Watches news feeds in any language and mails digests of the articles that your rules match.",
    epilog="--config, --json, --verbose and --show-secrets can stand before or after the command. Exit codes: 0 done; "
    "1 something failed and may succeed later; 2 a file or an argument must be fixed; 78 no usable configuration.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"marsad {monitor.__version__}")
        raise typer.Exit


@cli.callback()
def set_options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration folder.", metavar="DIR", readable=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write data as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Write more to stderr.")] = False,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Show logins and tokens in URLs. They are hidden otherwise.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    context.obj = Options(config=config, json=json, verbose=verbose, show_secrets=show_secrets)
