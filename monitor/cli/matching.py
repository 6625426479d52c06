"""The command match: articles as JSON lines in, matches as JSON lines out. It needs no store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.blocks import Block, Pause, read_blocks
from monitor.cli.filtering import Filtered, Recipe
from monitor.cli.options import Options, find_config, find_options
from monitor.cli.output import say, say_problems, write_bytes
from monitor.cli.progress import show_progress
from monitor.cli.workers import Workers
from monitor.errors import UsageError


def match(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of JSON lines. Without a file, or with -: stdin.", metavar="[FILE…]"),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            "--rules", help="Use only these rule files or folders, and no other configuration.", metavar="PATH"
        ),
    ] = None,
    entities: Annotated[
        bool, typer.Option("--entities", help="Write every entity that is found, whatever the rules are.")
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", min=0, help="The number of processes that share the work. 0: one for each core.", metavar="N"
        ),
    ] = 1,
    plain: Annotated[bool, typer.Option("--plain", hidden=True, help="The slow reference, not the engine.")] = False,
) -> None:
    """Read articles as JSON lines; write a line for each rule that fires, or (--entities) for each entity found."""
    recipe = replace(_read_recipe(find_options(context), rules), entities=entities, plain=plain)
    paths = files or [Path("-")]
    bad = 0
    # Workers first: a bar is a thread, beside which nothing should fork.
    with (
        _share(recipe, jobs or len(os.sched_getaffinity(0))) as run,
        show_progress("matching", _count_bytes(paths)) as advance,
    ):
        for done in run(read_blocks(paths)):
            for problem in done.problems:
                say(problem)
            bad += len(done.problems)
            write_bytes(done.output)
            advance(done.size)
    if bad:
        raise typer.Exit(1)


def _count_bytes(paths: Sequence[Path]) -> int | None:
    """How much there is to read; None for pipes and what cannot be read."""
    if all(path.is_file() for path in paths):
        return sum(path.stat().st_size for path in paths)
    return None


@contextmanager
def _share(recipe: Recipe, jobs: int) -> Iterator[Callable[[Iterable[Block | Pause]], Iterator[Filtered]]]:
    """Yields what runs blocks through the filter, here or in `jobs` processes; what it gives is the same."""
    if jobs == 1:
        run = recipe.make()
        yield lambda blocks: (run(block) for block in blocks if isinstance(block, Block))
        return
    with Workers(jobs, recipe.make) as workers:
        yield workers.run


def _read_recipe(options: Options, paths: list[Path] | None) -> Recipe:
    from monitor.app import load_configuration, read_rule_files

    if not paths:
        in_force = load_configuration(find_config(options), keep=False)
        say_problems(in_force.problems)
        settings = in_force.settings
        return Recipe(watchlist=settings.watchlist, sources={source.id: source for source in settings.sources})
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"--rules {missing[0]}: no such file or folder")
    watchlist, problems = read_rule_files(paths)
    say_problems(problems)
    return Recipe(watchlist=watchlist, sources={})
