"""The commands sources remove, pause, resume and set-url, which edit sources.yaml in place and keep its comments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import find_config, find_options
from monitor.cli.output import say
from monitor.cli.sources import check_new, group, load_sources
from monitor.errors import UsageError
from monitor.settings.append import find_fault, replace_file
from monitor.settings.edit import remove_source, set_value
from monitor.settings.files import SOURCES

__all__ = ("group",)  # with these commands in it

Id = Annotated[str, typer.Argument(help="The source's id, as `marsad sources list` shows it.", metavar="ID")]
RELOAD = "a running daemon uses the change after its next reload (`systemctl reload marsad`)"


@group.command()
def remove(context: typer.Context, identifier: Id) -> None:
    """Remove a source from sources.yaml. Its articles stay in the archive."""
    directory = find_config(find_options(context))
    load_sources(directory)
    _edit(directory, lambda text: remove_source(text, identifier))
    say(f"source {identifier} was removed; {RELOAD}")


@group.command()
def pause(context: typer.Context, identifier: Id) -> None:
    """Stop polling a source until `marsad sources resume`. Writes `paused: true` into sources.yaml."""
    directory = find_config(find_options(context))
    load_sources(directory)
    _edit(directory, lambda text: set_value(text, identifier, "paused", "true"))
    say(f"source {identifier} is paused; {RELOAD}")


@group.command()
def resume(context: typer.Context, identifier: Id) -> None:
    """Poll a paused source again."""
    directory = find_config(find_options(context))
    load_sources(directory)
    _edit(directory, lambda text: set_value(text, identifier, "paused", None))
    say(f"source {identifier} is polled again; {RELOAD}")


@group.command("set-url")
def set_url(
    context: typer.Context,
    identifier: Id,
    url: Annotated[str, typer.Argument(help="The feed's new address.", metavar="URL")],
) -> None:
    """Change the URL of a source. Articles that were already reported are not reported again."""
    directory = find_config(find_options(context))
    settings = load_sources(directory)
    for source in settings.sources:
        if source.id == identifier and not source.traits.is_remote:
            noun = source.traits.noun
            raise UsageError(f"source {identifier} is a {noun}; change its `{source.kind}` in {directory / SOURCES}")
    if fault := find_fault({"id": "new", "url": url}):
        raise UsageError(fault)
    check_new(settings, url, None)
    _edit(directory, lambda text: set_value(text, identifier, "url", json.dumps(url, ensure_ascii=False)))
    say(f"source {identifier} is now {url}; {RELOAD}")


def _edit(directory: Path, change: Callable[[str], str]) -> None:
    path = directory / SOURCES
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    replace_file(path, change(text))
