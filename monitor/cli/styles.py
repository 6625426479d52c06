"""The command digest new-style: a style of mails to edit, copied from a shipped one."""

from __future__ import annotations

import re
import shutil
from typing import Annotated

import typer

from monitor.cli.options import read_settings
from monitor.cli.output import say, write
from monitor.digests.styles import DEFAULT, list_styles
from monitor.errors import UsageError
from monitor.packaged import find_share

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def new_style(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of the new style.", metavar="NAME")],
    like: Annotated[
        str, typer.Option("--like", help="The shipped style that is copied: digest, brief, alert or report.")
    ] = DEFAULT,
) -> None:
    """Copy a shipped style of mails to templates/NAME, to be edited."""
    settings, shipped = read_settings(context), find_share("templates")
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a style; use letters, digits, - and _")
    if like not in list_styles(shipped):
        raise UsageError(f"there is no style {like!r} to copy; expected one of {', '.join(list_styles(shipped))}")
    folder = settings.directory / "templates" / name
    if folder.exists():
        raise UsageError(f"{folder} is already there; nothing was written (choose another name)")
    try:
        shutil.copytree(shipped / like, folder)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror or error}") from error
    for path in sorted(folder.iterdir()):
        write(str(path))
    say(f"next: write `template: {name}` into a digest in digests.yaml, edit the files, then: marsad check")
