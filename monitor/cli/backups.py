"""The commands backup and restore."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import monitor
from monitor.app import using_store
from monitor.cli.options import find_config, find_options, read_settings
from monitor.cli.output import count, say, tell_span, write, write_json
from monitor.errors import UsageError
from monitor.ops.backup import (
    find_backup,
    list_backups,
    name_backup,
    read_manifest,
    read_tree,
    remove_oldest,
    write_files,
    writing_backup,
)
from monitor.ops.ownership import check_ownership
from monitor.ops.statelock import hold_state
from monitor.packaged import find_share
from monitor.settings.files import MAIN, read_files
from monitor.settings.model import Settings
from monitor.store.copies import SERVER_COPY, copy_store, put_in_place
from monitor.store.resume import Skipped, resume_now
from monitor.store.sqlite import FILE_NAME
from monitor.store.tables import SCHEMA

CONFIGURATION, LAST_GOOD = "configuration", "last-good"  # folders of a backup


class Resume(StrEnum):
    """What a restored store does with what it does not know to be reported."""

    NOW = "now"
    BACKUP = "backup"


def backup(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The folder that holds the backups.", metavar="DIR")],
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Remove all but the newest N backups in DIR.", metavar="N")
    ] = None,
) -> None:
    """Copy the store and the configuration into a new, dated folder in DIR. The daemon can go on working."""
    settings, now = read_settings(context), datetime.now(UTC)
    kind = "sqlite" if settings.store == "sqlite" else "postgresql"
    about = {"marsad": monitor.__version__, "store": kind, "schema": SCHEMA}
    with writing_backup(directory, now, about) as folder:
        size = copy_store(settings.store, settings.state, folder).stat().st_size
        files = _read_configuration(settings.directory)
        write_files(folder / CONFIGURATION, files)
        write_files(folder / LAST_GOOD, read_tree(settings.state / LAST_GOOD))
    made = directory / name_backup(now)
    removed = remove_oldest(directory, keep) if keep else ()
    if find_options(context).json:
        write_json({"backup": made, "bytes": size, "files": sorted(files), "removed": list(removed)})
        return
    write(f"{made}: the store ({size / 1e6:.1f} MB) and {count(len(files), 'file')} of the configuration")
    if removed:
        write(f"removed {count(len(removed), 'old backup')}; {len(list_backups(directory))} are left")


def restore(
    context: typer.Context,
    place: Annotated[
        Path, typer.Argument(help="A backup, or the folder that holds backups: then the newest.", metavar="DIR")
    ],
    resume_from: Annotated[
        Resume | None,
        typer.Option(
            "--resume-from",
            help="now: report nothing of before this moment. backup: go on from the backup, and send again what was "
            "sent since then.",
        ),
    ] = None,
) -> None:
    """Put a backup in the place of the store. The daemon must be stopped. The former store is kept beside it.

    The configuration is restored only where there is none.
    """
    now, chosen = datetime.now(UTC), find_backup(place)
    manifest = read_manifest(chosen)
    resume = resume_from or _ask(chosen, datetime.fromisoformat(manifest["made_at"]), now)
    has_configured = _restore_configuration(find_config(find_options(context)), chosen)
    settings = read_settings(context)
    check_ownership(settings.state)
    with hold_state(settings.state, command="restore"):
        former = put_in_place(settings.store, settings.state, _find_copy(chosen, manifest), now)
        if has_configured:
            shutil.rmtree(settings.state / LAST_GOOD, ignore_errors=True)
            write_files(settings.state / LAST_GOOD, read_tree(chosen / LAST_GOOD))
        skipped = asyncio.run(_open(settings, now if resume is Resume.NOW else None))
    _tell(settings, chosen, former, skipped)


def _ask(chosen: Path, made_at: datetime, now: datetime) -> Resume:
    """Raises UsageError where no person can answer."""
    age = f"{chosen.name} was made {tell_span(now - made_at)} ago, and does not know what was reported since then"
    if not sys.stdin.isatty():
        raise UsageError(
            f"{age}: add --resume-from now (report nothing of before) or --resume-from backup (mail again)"
        )
    say(f"{age}.")
    say("  now     nothing that was found before this moment is reported: what nobody was told stays unreported")
    say("  backup  goes on from the backup: what was sent since then is sent again")
    answer = typer.prompt("resume from (now, backup)", err=True)
    try:
        return Resume(answer.strip())
    except ValueError as error:
        raise UsageError(f"{answer!r} is neither now nor backup; nothing was changed") from error


def _read_configuration(directory: Path) -> dict[str, bytes]:
    templates = {f"templates/{name}": content for name, content in read_tree(directory / "templates").items()}
    return {**read_files(directory, find_share("rules")).own, **templates}


def _restore_configuration(directory: Path, chosen: Path) -> bool:
    """Whether the files of the backup were written to `directory`, which had no configuration."""
    if (directory / MAIN).exists():
        say(f"{directory} has a configuration, which stays as it is; the backup's is in {chosen / CONFIGURATION}")
        return False
    write_files(directory, read_tree(chosen / CONFIGURATION))
    write(f"wrote the configuration to {directory}")
    return True


def _find_copy(chosen: Path, manifest: Mapping[str, Any]) -> Path:
    return chosen / (FILE_NAME if manifest["store"] == "sqlite" else SERVER_COPY)


async def _open(settings: Settings, now: datetime | None) -> Skipped | None:
    """Bring the store up to date, and leave out all before `now`, where that is given."""
    async with using_store(settings) as store:
        return None if now is None else await resume_now(store.database, now)


def _tell(settings: Settings, chosen: Path, former: Path | None, skipped: Skipped | None) -> None:
    where = settings.state if settings.store == "sqlite" else "the database"
    write(f"restored {chosen} into {where}")
    if former is not None:
        write(f"the former store is in {former}: delete it when all is well")
    if skipped is None:
        write("what was sent since the backup is sent again, with the same Message-ID where its articles are the same")
        return
    if skipped.messages:
        write(f"dropped {count(skipped.messages, 'message')} that waited; `marsad outbox retry` sends one after all")
    if skipped.matches:
        write(f"{count(skipped.matches, 'match', 'matches')} of the backup will not be reported")
    write(f"the next poll of {count(skipped.sources, 'source')} remembers what is there and reports nothing")
