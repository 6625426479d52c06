"""Command groups whose most usual command can be left out: `story ID` is `story show ID`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def make_shorthand(command: str) -> type[TyperGroup]:
    """A group in which what is no command and no option is an argument of `command`."""

    class Shorthand(TyperGroup):
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            is_argument = bool(args) and args[0] not in self.commands and not args[0].startswith("-")
            return super().resolve_command(ctx, [command, *args] if is_argument else args)

    return Shorthand
