"""Commands that are imported when they are called: `marsad status` does not wait for what `marsad explain` needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer.main
from typer.core import TyperCommand, TyperGroup

# Where each command is, and what `marsad --help` says of it: the first sentence of its own help. A test compares both.
COMMANDS = {
    "demo": (
        "running:demo",
        "Run everything once on packaged articles and rules, write a digest into a Maildir, and print it.",
    ),
    "init": ("configure:init", "Write a commented configuration that works as it is."),
    "check": (
        "configure:check",
        "Check the configuration: files, rule examples, templates, schedules; with --online, channels and sources too.",
    ),
    "run": ("running:run", "Run the daemon."),
    "once": (
        "running:once",
        "Make one pass: poll the sources that are due, build the digests that are due, deliver the mail.",
    ),
    "match": (
        "matching:match",
        "Read articles as JSON lines; write a line for each rule that fires, or (--entities) for each entity found.",
    ),
    "cluster": ("clustering:cluster", "Group articles about the same event."),
    "explain": (
        "explain:explain",
        "Show why a rule fires on an article or does not, and whether a digest reported it.",
    ),
    "search": ("searching:search", "Search the stored articles, the best answer first."),
    "backtest": (
        "backtesting:backtest",
        "Try rules on the stored articles: as they are edited, against those in force.",
    ),
    "story": ("story:group", "Explain a story (marsad story ID), list stories, and correct them."),
    "show": (
        "configure:show",
        "Print a rule, entity, digest or source with all its values, and the file and line of each value.",
    ),
    "fmt": ("editing:fmt", "Format YAML files: indents, spaces, line ends."),
    "new": ("editing:group", "Begin a rule."),
    "digest": ("digests:group", "Preview and send digests, see when they are due and what was sent."),
    "entity": ("entity:group", "Help with writing entities."),
    "sources": ("source_edits:group", "List, add and change the sources that Marsad reads."),
    "outbox": ("outbox:group", "List messages; retry or drop one."),
    "recipients": ("recipients:group", "List recipients; pause and resume their mail."),
    "rules": ("tuning:group", "List rules, and report how they do and how to mend them."),
    "signals": (
        "signals:group",
        "Show spikes, silence and first mentions of rules and entities (`signals:` in rule files).",
    ),
    "silence": (
        "silence:group",
        "Report nothing of a rule, an entity, a source or a story for a time (marsad silence WHAT --until 2d).",
    ),
    "label": (
        "label:group",
        "Say whether a story or a match was worth reporting (marsad label STORY good|bad), and list what was said.",
    ),
    "console": ("console:group", "Show stories, searches, sources and the outbox in a browser (docs/console.md)."),
    "status": ("status:status", "Show the state of sources, outbox, channels and configuration."),
    "publish": ("fleet:publish", "Check a configuration, run its examples, and put it in force on all workers."),
    "worker": ("fleet:group", "Several workers on one PostgreSQL store."),
    "backup": ("backups:backup", "Copy the store and the configuration into a new, dated folder in DIR."),
    "restore": ("backups:restore", "Put a backup in the place of the store."),
    "schema": ("configure:schema", "Print the JSON Schema of the YAML files, which editors use for completion."),
    "completion": ("completion:completion", "Print the completion script for a shell."),
    "install-service": (
        "installing:install_service",
        "Install the systemd unit for this installation, its user, its folders and the rule for reloads.",
    ),
}


class LazyGroup(TyperGroup):
    """The root: it knows its commands by name and summary, and imports the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Commands()

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        summaries: Any = [TyperCommand(name=name, help=summary) for name, (_, summary) in COMMANDS.items()]
        TyperGroup(commands=summaries).format_commands(ctx, formatter)


class _Commands(Mapping[str, Any]):
    """COMMANDS, each as typer makes it of its function or group; who walks through all imports all."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _make(name, COMMANDS[name][0])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


def _make(name: str, path: str) -> Any:
    module, attribute = path.split(":")
    found = getattr(import_module(f"monitor.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        command = typer.main.get_group(found)
        command.name = name
        return command
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command(name)(found)
    return typer.main.get_command(single)
