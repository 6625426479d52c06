"""The command tree as plain data, read from typer: for completions and man pages, which are written from it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """An option of a command; `value` is the name of what it takes, None where it takes nothing."""

    names: tuple[str, ...]
    help: str
    value: str | None = None
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """An argument without a name of its own, as the usage line shows it."""

    metavar: str
    help: str
    choices: tuple[str, ...] = ()
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A command or a group of commands; the root has an empty path."""

    path: tuple[str, ...]
    summary: str
    text: str
    flags: tuple[Flag, ...]
    operands: tuple[Operand, ...]
    children: tuple[Shape, ...] = ()

    def walk(self) -> Iterator[Shape]:
        """The command and all below it, in the order of `marsad --help`."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_shape(command: Any, path: tuple[str, ...] = ()) -> Shape:
    """The shape of a typer command (`typer.main.get_command`); hidden commands and options are left out."""
    shown = [param for param in command.params if not param.hidden]
    below = getattr(command, "commands", {})
    return Shape(
        path=path,
        summary=command.get_short_help_str(1000),
        text=" ".join((command.help or "").split("\f")[0].split()),
        flags=tuple(_read_flag(param) for param in shown if param.param_type_name == "option"),
        operands=tuple(_read_operand(param) for param in shown if param.param_type_name == "argument"),
        children=tuple(read_shape(each, (*path, name)) for name, each in below.items() if not each.hidden),
    )


def _read_flag(param: Any) -> Flag:
    choices = _list_choices(param)
    return Flag(
        names=(*param.opts, *param.secondary_opts),
        help=param.help or "",
        value=None if param.is_flag else param.metavar or "|".join(choices) or param.name.upper(),
        choices=choices,
        default=str(param.default) if not param.is_flag and param.default not in {None, ""} else None,
    )


def _read_operand(param: Any) -> Operand:
    choices = _list_choices(param)
    metavar = param.metavar or "|".join(choices) or param.name.upper()
    return Operand(metavar=metavar, help=param.help or "", choices=choices, is_required=param.required)


def _list_choices(param: Any) -> tuple[str, ...]:
    wanted = param.type_descriptor.annotation
    is_list = isinstance(wanted, type) and issubclass(wanted, enum.Enum)
    return tuple(str(each.value) for each in wanted) if is_list else ()
