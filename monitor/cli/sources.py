"""sources list, add, import, export: what is watched, how it is doing, and how it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.app import find_share, load_configuration, open_settings_store
from monitor.cli.options import find_config, find_options
from monitor.cli.output import say, say_problems, write, write_json, write_table
from monitor.errors import ConfigError, UsageError
from monitor.model import PollState, Source
from monitor.pipeline.health import Checkup, Health, examine
from monitor.pipeline.interval import NORMAL, URGENT, find_urgent
from monitor.settings.append import append_sources, find_fault, make_id, replace_file
from monitor.settings.files import SOURCES
from monitor.settings.load import load_settings
from monitor.settings.model import Settings
from monitor.settings.opml import Outline, read_opml, write_opml
from monitor.store.sqlite import FILE_NAME

group = typer.Typer(no_args_is_help=True, help="What is watched, and how it is doing.", rich_markup_mode=None)
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag for it; may repeat.", metavar="TAG")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One source of `sources list`; `state` is None before the daemon has met it."""

    source: Source
    state: PollState | None
    checkup: Checkup | None


@group.command("list")
def list_sources(context: typer.Context) -> None:
    """Every source with its health, how late it is, how often it is read, and what came of it."""
    in_force = load_configuration(find_config(find_options(context)), keep=False)
    say_problems(in_force.problems)
    lines = asyncio.run(_look(in_force.settings, datetime.now(UTC)))
    if find_options(context).json:
        write_json([_describe(line) for line in lines])
        return
    columns = ("id", "where", "health", "lag", "interval", "last success", "articles/day", "last error")
    write_table(columns, [_make_row(line) for line in lines])


async def _look(settings: Settings, now: datetime) -> list[Line]:
    states = {state.source: state for state in await _read_states(settings)}
    urgent = find_urgent(settings.sources, settings.watchlist)
    return [
        Line(
            source=source,
            state=(state := states.get(source.id)),
            checkup=examine(source, state, now, URGENT if source.id in urgent else NORMAL) if state else None,
        )
        for source in settings.sources
    ]


async def _read_states(settings: Settings) -> Sequence[PollState]:
    """None at all before the first run, when there is no store."""
    if settings.store == "sqlite" and not (settings.state / FILE_NAME).exists():
        return ()
    store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    try:
        return await store.archive.list_poll_states()
    finally:
        await asyncio.to_thread(store.close)


def _describe(line: Line) -> dict[str, Any]:
    state, checkup = line.state, line.checkup
    return {
        "id": line.source.id,
        "where": _name_place(line),
        "tags": line.source.tags,
        "health": checkup.health if checkup else Health.NEW,
        "why": checkup.why if checkup else "",
        "lag_seconds": round(checkup.overdue.total_seconds()) if checkup else None,
        "interval_seconds": round(checkup.interval.total_seconds()) if checkup else None,
        "next_poll_at": state.next_poll_at if state else None,
        "last_success_at": state.last_success_at if state else None,
        "last_error": state.last_error if state else None,
        "failures": state.failures if state else 0,
        "articles_per_day": checkup.per_day if checkup else None,
    }


def _make_row(line: Line) -> tuple[object, ...]:
    state, checkup = line.state, line.checkup
    if state is None or checkup is None:
        return (line.source.id, _name_place(line), Health.NEW)
    return (
        line.source.id,
        _name_place(line),
        checkup.health,
        tell_span(checkup.overdue),
        tell_span(checkup.interval),
        f"{state.last_success_at:%Y-%m-%d %H:%M}Z" if state.last_success_at else "never",
        "" if checkup.per_day is None else f"{checkup.per_day:.1f}",
        checkup.why or state.last_error,
    )


def _name_place(line: Line) -> str:
    return (line.state.url if line.state else None) or line.source.url or str(line.source.path)


def tell_span(span: timedelta) -> str:
    """A span as the files write it: 90s, 15m, 2.5h, 3d."""
    seconds = span.total_seconds()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size * (2 if unit == "m" else 1):
            return f"{seconds / size:.1f}".removesuffix(".0") + unit
    return f"{seconds:.0f}s"


@group.command("import")
def import_opml(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="An OPML file; its folders become tags.", metavar="OPML")],
    tags: Tags = None,
) -> None:
    """Add every feed of an OPML file to sources.yaml; what is there already stays as it is."""
    directory = find_config(find_options(context))
    settings = load_sources(directory)
    outlines = read_opml(_read_bytes(path))
    taken = {str(source.id) for source in settings.sources}
    known = {source.url for source in settings.sources}
    entries: list[dict[str, Any]] = []
    faults = 0
    for outline in outlines:
        if outline.url in known:
            continue
        entry = make_entry(make_id(outline.title or outline.url, taken), outline, tags or ())
        if fault := find_fault(entry):
            say(f"left out: {outline.title or outline.url}: {fault}")
            faults += 1
            continue
        taken.add(entry["id"])
        entries.append(entry)
    add_entries(directory, entries)
    say(f"{len(entries)} added, {len(outlines) - len(entries) - faults} known already, {faults} left out")
    _print_entries(context, entries)
    if faults:
        raise typer.Exit(2)


@group.command("export")
def export_opml(context: typer.Context) -> None:
    """Print the sources with a URL as OPML, a folder for each tag."""
    settings = load_sources(find_config(find_options(context)))
    for source in settings.sources:
        if source.url is None:
            say(f"left out: {source.id} is a folder, which OPML cannot say")
    write(write_opml(settings.sources).rstrip("\n"))


def load_sources(directory: Path) -> Settings:
    """The configuration on disk, which has to be right before anything is added to it. Raises ConfigError."""
    loaded = load_settings(directory, packs=find_share("rules"))
    if loaded.settings is None:
        raise ConfigError(loaded.problems)
    return loaded.settings


def make_entry(identifier: str, outline: Outline, tags: Sequence[str]) -> dict[str, Any]:
    """A source as YAML says it, without what goes without saying."""
    entry: dict[str, Any] = {"id": identifier, "url": outline.url}
    if together := list(dict.fromkeys((*outline.tags, *tags))):
        entry["tags"] = together
    if outline.language and not find_fault({**entry, "language": outline.language}):
        entry["language"] = outline.language
    return entry


def add_entries(directory: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Write them to the end of sources.yaml, which is made where there is none."""
    if not entries:
        return
    path = directory / SOURCES
    text = _read_bytes(path).decode("utf-8") if path.exists() else ""
    replace_file(path, append_sources(text, entries))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _print_entries(context: typer.Context, entries: Sequence[dict[str, Any]]) -> None:
    if find_options(context).json:
        write_json(entries)
        return
    for entry in entries:
        tags = f"  [{', '.join(entry['tags'])}]" if entry.get("tags") else ""
        write(f"{entry['id']}  {entry['url']}{tags}")
