"""cluster: articles as JSON lines in, the story of each as JSON lines out. A filter that needs no store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.blocks import Block, read_blocks
from monitor.cli.grouping import GroupRecipe
from monitor.cli.options import Options, find_config, find_options
from monitor.cli.output import say, say_problems, write_bytes
from monitor.cli.progress import show_progress
from monitor.stories.model import STRICT, Bars


def cluster(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of JSON lines, in time order. Without a file, or with -: stdin.", metavar="[FILE…]"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Group more strictly: fewer wrong groups, more stories reported twice.")
    ] = False,
) -> None:
    """Group articles about the same event. Reads JSON lines in time order; writes the story of each article."""
    run = _read_recipe(find_options(context), STRICT if strict else Bars()).make()
    bad = 0
    with show_progress("grouping", None) as advance:
        for block in read_blocks(files or [Path("-")]):
            if not isinstance(block, Block):
                continue
            done = run(block)
            for problem in done.problems:
                say(problem)
            bad += len(done.problems)
            write_bytes(done.output)
            advance(done.size)
    if bad:
        raise typer.Exit(1)


def _read_recipe(options: Options, bars: Bars) -> GroupRecipe:
    """The names of the configuration where one is given, else those of the shipped packs."""
    from monitor.app import load_configuration, read_rule_files

    if options.config is not None or os.environ.get("MARSAD_CONFIG"):
        in_force = load_configuration(find_config(options), keep=False, examples=False)
        say_problems(in_force.problems)
        settings = in_force.settings
        return GroupRecipe(
            watchlist=settings.watchlist, sources={source.id: source for source in settings.sources}, bars=bars
        )
    watchlist, _ = read_rule_files()
    return GroupRecipe(watchlist=watchlist, sources={}, bars=bars)
