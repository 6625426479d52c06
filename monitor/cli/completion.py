"""The command completion: a script for bash, zsh or fish, written from the command tree.

The scripts hold all they need, because to start Python takes a second, and somebody waits for each Tab. They offer the
global options after a command too, where `hoist` accepts them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from monitor.cli.output import write
from monitor.cli.shape import Flag, Shape, read_shape

HELP = Flag(names=("--help",), help="Show what a command does.")
BASH = r"""# bash completion for marsad; written by `marsad completion bash`
_marsad() {
  local here= word i words= flags= current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  for ((i = 1; i < COMP_CWORD; i += 1)); do
    word=${COMP_WORDS[i]}
    case "$here $word" in
      @VALUED@) [[ ${COMP_WORDS[i+1]} == = ]] && ((i += 1)); ((i += 1)) ;;
      *' '-*) ;;
      @PATHS@) here="$here $word" ;;
    esac
  done
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
  [[ $current == = ]] && current=
  case "$here $before" in
@CHOICES@
    @VALUED@) return ;;
    *) case $here in
@COMMANDS@
      esac
      [[ $current == -* ]] && words=$flags ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _marsad marsad
"""
ZSH = r"""#compdef marsad
# zsh completion for marsad; written by `marsad completion zsh`
_marsad() {
  local here= word
  local -i i
  local -a commands flags
  for ((i = 2; i < CURRENT; i += 1)); do
    word=$words[i]
    case "$here $word" in
      (@VALUED@) ((i += 1)) ;;
      (*' '-*) ;;
      (@PATHS@) here="$here $word" ;;
    esac
  done
  case "$here $words[CURRENT-1]" in
@CHOICES@
    (@VALUED@) _files; return ;;
  esac
  case $here in
@COMMANDS@
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option flags
  elif (($#commands)); then
    _describe command commands
  else
    _files
  fi
}
if [[ $funcstack[1] == _marsad ]]; then _marsad "$@"; else compdef _marsad marsad; fi
"""
FISH = r"""# fish completion for marsad; written by `marsad completion fish`
function __marsad_here
  set -l here ''
  set -l is_value 0
  for word in (commandline -opc)[2..-1]
    if test $is_value = 1
      set is_value 0
      continue
    end
    switch "$here $word"
      case @VALUED@
        set is_value 1
      case '* -*'
      case @PATHS@
        set here "$here $word"
    end
  end
  echo -n $here
end
complete -c marsad -e
@COMMANDS@
"""


class Shell(StrEnum):
    """The shells that have a completion."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    context: typer.Context, shell: Annotated[Shell, typer.Argument(help="The shell that reads the script.")]
) -> None:
    """Print the completion script for a shell.

    bash: write it to ~/.local/share/bash-completion/completions/marsad. zsh: write it to _marsad in a folder of fpath.
    fish: write it to ~/.config/fish/completions/marsad.fish.
    """
    write(write_completion(read_shape(context.find_root().command), shell).rstrip("\n"))


def write_completion(root: Shape, shell: Shell) -> str:
    """The text of the script."""
    shapes = list(root.walk())
    if shell is Shell.FISH:
        return _write_fish(root, shapes)
    valued = "|".join(anywhere + shlex.quote(place) for anywhere, place in _list_valued(root, shapes))
    parts = {"VALUED": valued, "PATHS": "|".join(shlex.quote(_key(shape)) for shape in shapes if shape.path)}
    if shell is Shell.BASH:
        each = {"CHOICES": _list_choices(shapes, "    {key}) words={words} ;;")}
        return _fill(BASH, {**parts, **each, "COMMANDS": _list_words(root, shapes)})
    each = {"CHOICES": _list_choices(shapes, "    ({key}) compadd {plain}; return ;;")}
    return _fill(ZSH, {**parts, **each, "COMMANDS": _list_described(root, shapes)})


def _fill(template: str, parts: Mapping[str, str]) -> str:
    for name, text in parts.items():
        template = template.replace(f"@{name}@", text)
    return template


def _key(shape: Shape) -> str:
    """How the scripts call a command: its words, each with a blank before it."""
    return "".join(f" {word}" for word in shape.path)


def _list_valued(root: Shape, shapes: Iterable[Shape]) -> Iterator[tuple[str, str]]:
    """Where an option stands that takes the word after it: `*' --config'` or `' run --fleet'`."""
    for shape in shapes:
        for flag in shape.flags:
            yield from (("*" if shape is root else "", f"{_key(shape)} {name}") for name in flag.names if flag.value)


def _list_choices(shapes: Iterable[Shape], line: str) -> str:
    return "\n".join(
        line.format(
            key=shlex.quote(f"{_key(shape)} {name}"),
            words=shlex.quote(" ".join(flag.choices)),
            plain=shlex.join(flag.choices),
        )
        for shape in shapes
        for flag in shape.flags
        if flag.choices
        for name in flag.names
    )


def _list_flags(root: Shape, shape: Shape) -> list[Flag]:
    own = () if shape is root else shape.flags
    return [*own, *root.flags, HELP]


def _list_next(shape: Shape) -> list[tuple[str, str]]:
    """What may come next that is no option: commands, or the values of the first argument."""
    if shape.children:
        return [(child.path[-1], child.summary) for child in shape.children]
    return [(value, "") for operand in shape.operands[:1] for value in operand.choices]


def _list_words(root: Shape, shapes: Iterable[Shape]) -> str:
    lines = []
    for shape in shapes:
        words = shlex.quote(" ".join(name for name, _ in _list_next(shape)))
        flags = " ".join(name for flag in _list_flags(root, shape) for name in flag.names)
        lines.append(f"      {shlex.quote(_key(shape))}) words={words} flags={shlex.quote(flags)} ;;")
    return "\n".join(lines)


def _list_described(root: Shape, shapes: Iterable[Shape]) -> str:
    lines = []
    for shape in shapes:
        commands = _describe(_list_next(shape))
        flags = _describe([(name, flag.help) for flag in _list_flags(root, shape) for name in flag.names])
        lines.append(f"    ({shlex.quote(_key(shape))}) commands=({commands}) flags=({flags}) ;;")
    return "\n".join(lines)


def _describe(words: Sequence[tuple[str, str]]) -> str:
    return shlex.join(word + (f":{text}" if text else "") for word, text in words)


def _write_fish(root: Shape, shapes: Sequence[Shape]) -> str:
    lines = []
    for shape in shapes:
        is_here = f'test "$(__marsad_here)" = {_quote(_key(shape))}'
        condition = f"-n {_quote(is_here)} "
        lines += [f"complete -c marsad {condition}-f -a {word} -d {_quote(text)}" for word, text in _list_next(shape)]
        flags = (*root.flags, HELP) if shape is root else shape.flags
        lines += [_write_fish_flag(flag, "" if shape is root else condition) for flag in flags]
    parts = {
        "VALUED": " ".join(_quote(anywhere + place) for anywhere, place in _list_valued(root, shapes)),
        "PATHS": " ".join(_quote(_key(shape)) for shape in shapes if shape.path),
        "COMMANDS": "\n".join(lines),
    }
    return _fill(FISH, parts)


def _write_fish_flag(flag: Flag, condition: str) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
    value = f" -x -a {_quote(' '.join(flag.choices))}" if flag.choices else " -r" if flag.value else ""
    return f"complete -c marsad {condition}{names}{value} -d {_quote(flag.help)}"


def _quote(text: str) -> str:
    """A word in single quotes as fish reads them."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
