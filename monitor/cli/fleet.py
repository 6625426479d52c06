"""The commands of several workers on one store: publish, worker setup, drain and retry; and status --fleet."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.app import load_configuration, open_settings_store, using_store
from monitor.cli.options import find_config, find_options, read_settings
from monitor.cli.output import say_problems, tell_span, write, write_json, write_table
from monitor.errors import ConfigError, UsageError, UserMustFix
from monitor.model import SourceId
from monitor.ops.ownership import check_ownership
from monitor.settings.lastgood import InForce
from monitor.settings.model import Settings

if TYPE_CHECKING:
    from monitor.fleet.status import FleetStatus
    from monitor.store.fleet import SqlFleetStore

EXTRA = ("pgqueuer", "asyncpg", "publicsuffixlist", "psycopg")
group = typer.Typer(no_args_is_help=True, help="Several workers on one PostgreSQL store.")


def require_extra() -> None:
    """Raises UserMustFix where what several workers need is not installed."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise UserMustFix(f"several workers need {', '.join(missing)}, not installed: pip install 'marsad[fleet]'")


@asynccontextmanager
async def _using_fleet_store(settings: Settings) -> AsyncIterator[SqlFleetStore]:
    from monitor.fleet.worker import Pace
    from monitor.store.fleet import SqlFleetStore

    store = SqlFleetStore(settings.store, Pace().heartbeat)
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)


@group.command()
def setup(context: typer.Context) -> None:
    """Make the tables of the store and of its queue, or bring them up to date. Workers may run meanwhile."""
    require_extra()
    from monitor.fleet.hands import set_up_queue

    settings = read_settings(context)
    check_ownership(settings.state)
    _refuse_file(settings)
    open_settings_store(settings).close()
    write(asyncio.run(set_up_queue(settings.store)))


def _refuse_file(settings: Settings) -> None:
    if settings.store == "sqlite":
        raise UserMustFix("several workers need a PostgreSQL store: set `store: postgresql://user@host/database`")


@group.command()
def drain(
    context: typer.Context, name: Annotated[str, typer.Argument(help="As in `marsad run --fleet NAME`.")]
) -> None:
    """Let a worker finish what it has in hand and take nothing more, until it is started again."""
    require_extra()

    async def drain_one(settings: Settings) -> bool:
        async with _using_fleet_store(settings) as store:
            return await store.drain(name)

    if not asyncio.run(drain_one(read_settings(context))):
        raise UsageError(f"there is no worker {name!r}; `marsad status --fleet` lists them")
    write(f"{name}: gives back what it has, within a minute, and takes nothing until it is started again")


@group.command()
def retry(context: typer.Context, source: Annotated[str, typer.Argument(help="The id of a source.")]) -> None:
    """Poll a source again that was set aside because workers ended while they polled it."""
    require_extra()

    async def forget(settings: Settings) -> bool:
        async with _using_fleet_store(settings) as store:
            return await store.forget_crashes(SourceId(source))

    if not asyncio.run(forget(read_settings(context))):
        raise UsageError(f"source {source!r} is not set aside; `marsad status --fleet` lists those that are")
    write(f"{source}: polled again within ten minutes")


def publish(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(help="The configuration folder to publish.", metavar="DIR")],
) -> None:
    """Check a configuration, run its examples, and put it in force on all workers."""
    require_extra()
    from monitor.fleet.published import pack

    in_force = _load_good(directory)
    _refuse_file(in_force.settings)
    sha256, files = pack(directory)

    async def put(settings: Settings) -> int:
        async with _using_fleet_store(settings) as store:
            return await store.publish(sha256, files, f"{getpass.getuser()}@{socket.gethostname()}")

    number = asyncio.run(put(in_force.settings))
    if find_options(context).json:
        write_json({"number": number, "sha256": sha256})
    else:
        write(f"configuration {number} is published: workers load it within seconds (`marsad status --fleet`)")


def _load_good(directory: Path) -> InForce:
    """Raises ConfigError, and says each problem, where anything is wrong with it."""
    found = load_configuration(directory, keep=False)
    if found.fallback or found.held_rules:
        say_problems(found.problems)
        raise ConfigError(found.problems)
    return found


def show_fleet(context: typer.Context) -> bool:
    """Write what the workers do; whether all is well."""
    require_extra()
    options = find_options(context)
    found = asyncio.run(_look(load_configuration(find_config(options), keep=False).settings))
    if options.json:
        write_json(found, options.mask)
    else:
        _print(found, options.mask)
    return found.is_healthy


async def _look(settings: Settings) -> FleetStatus:
    from monitor.fleet.hands import PgQueuerHands
    from monitor.fleet.status import read_fleet
    from monitor.fleet.worker import Pace

    _refuse_file(settings)
    async with using_store(settings, read_only=True) as store, _using_fleet_store(settings) as fleet:
        heartbeat = Pace().heartbeat
        hands = PgQueuerHands(settings.store, heartbeat)
        return await read_fleet(fleet, hands, settings.sources, await store.archive.list_poll_states(), heartbeat)


def _print(found: FleetStatus, mask: Callable[[str], str]) -> None:
    write_table(
        (
            "worker",
            "machine",
            "pid",
            "version",
            "seen",
            "shards",
            "digests",
            "sends",
            "leads",
            "polls",
            "configuration",
        ),
        [
            (
                worker.name,
                worker.machine,
                worker.pid,
                worker.version,
                f"{worker.silent.total_seconds():.0f} s ago{', drained' if worker.drained else ''}",
                *(sum(name.startswith(kind) for name in worker.shares) for kind in ("poll", "digest", "deliver")),
                "yes" if "lead" in worker.shares else "",
                worker.polls,
                worker.configuration or "own folder",
            )
            for worker in found.workers
        ],
    )
    write_table(
        ("shard", "worker", "sources", "late by"),
        [
            (one.name, one.worker or "nobody", one.sources, tell_span(one.lag) if one.lag else "")
            for one in found.shards
        ],
    )
    for kind, states in sorted(found.jobs.items()):
        write(f"jobs {kind}: {', '.join(f'{number} {state}' for state, number in sorted(states.items()))}")
    write(f"newest published configuration: {found.configuration or 'none'}")
    for trouble in found.troubles:
        write(mask(f"! {trouble}"))
    if found.is_healthy:
        write("all good")
