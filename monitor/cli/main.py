"""The command tree and the global options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.cli import (
    backtesting,
    backups,
    clustering,
    completion,
    configure,
    console,
    digests,
    editing,
    entity,
    explain,
    fleet,
    installing,
    label,
    matching,
    outbox,
    recipients,
    running,
    searching,
    signals,
    silence,
    source_edits,
    status,
    story,
    tuning,
)
from monitor.cli.options import Options

cli = typer.Typer(
    name="marsad",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Watches news feeds in any language and mails digests of the articles that your rules match.",
    epilog="--config, --json, --verbose and --show-secrets can stand before or after the command. Exit codes: 0 done; "
    "1 something failed and may succeed later; 2 a file or an argument must be fixed; 78 no usable configuration.",
)
cli.command()(running.demo)
cli.command()(configure.init)
cli.command()(configure.check)
cli.command()(running.run)
cli.command()(running.once)
cli.command()(matching.match)
cli.command()(clustering.cluster)
cli.command()(explain.explain)
cli.command()(searching.search)
cli.command()(backtesting.backtest)
cli.add_typer(story.group, name="story")
cli.command()(configure.show)
cli.command()(editing.fmt)
cli.add_typer(editing.group, name="new")
cli.add_typer(digests.group, name="digest")
cli.add_typer(entity.group, name="entity")
cli.add_typer(source_edits.group, name="sources")
cli.add_typer(outbox.group, name="outbox")
cli.add_typer(recipients.group, name="recipients")
cli.add_typer(tuning.group, name="rules")
cli.add_typer(signals.group, name="signals")
cli.add_typer(silence.group, name="silence")
cli.add_typer(label.group, name="label")
cli.add_typer(console.group, name="console")
cli.command()(status.status)
cli.command()(fleet.publish)
cli.add_typer(fleet.group, name="worker")
cli.command()(backups.backup)
cli.command()(backups.restore)
cli.command()(configure.schema)
cli.command()(completion.completion)
cli.command()(installing.install_service)


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
