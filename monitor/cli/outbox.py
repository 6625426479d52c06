"""The commands outbox list, retry and drop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.app import using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import DigestId, FaultKind, OutboxEntry, OutboxState
from monitor.ops.ownership import check_ownership
from monitor.queries.outbox import OPEN_STATES, UNSENT_STATES, MessageView, find_message, list_messages
from monitor.settings.model import Settings

group = typer.Typer(no_args_is_help=True, help="List messages; retry or drop one.", rich_markup_mode=None)
Id = Annotated[
    str,
    typer.Argument(
        help="The id of a message, as `marsad outbox list` shows it, or its first characters.", metavar="ID"
    ),
]


@group.command("list")
def list_all(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also list messages that were sent or dropped.")] = False,
) -> None:
    """List messages that wait, failed or are uncertain, with the next attempt and the server's last answer."""
    settings = read_settings(context)
    messages = asyncio.run(_list(settings, tuple(OutboxState) if everything else OPEN_STATES))
    if find_options(context).json:
        write_json(messages)
        return
    write_table(
        ("id", "digest", "recipient", "state", "tries", "next try", "last answer"),
        [
            (
                message.id,
                message.digest,
                message.recipient,
                message.state,
                message.attempts,
                f"{message.next_attempt_at:%Y-%m-%d %H:%M}Z" if message.is_waiting else "",
                message.reply,
            )
            for message in messages
        ],
    )


@group.command()
def retry(context: typer.Context, identifier: Id) -> None:
    """Send a message at once, even if it was refused, dropped or uncertain, or its channel is on hold.

    The daemon sends it within seconds; without a daemon, the next `marsad once` does. A message that was sent is never
    sent again. A message that is uncertain is handed over once more.
    """
    _move(context, identifier, OutboxState.PENDING, UNSENT_STATES)


@group.command()
def drop(context: typer.Context, identifier: Id) -> None:
    """Give up a message. `marsad outbox retry` sends it after all."""
    _move(context, identifier, OutboxState.DROPPED, OPEN_STATES)


async def _list(settings: Settings, states: Sequence[OutboxState]) -> Sequence[MessageView]:
    async with using_store(settings, read_only=True) as store:
        return await list_messages(store.outbox, store.faults, states)


def _move(context: typer.Context, identifier: str, state: OutboxState, among: Sequence[OutboxState]) -> None:
    settings = read_settings(context)
    check_ownership(settings.state)
    entry = asyncio.run(_find(settings, identifier, among))
    if not asyncio.run(_move_one(settings, entry.message.id, state)):
        raise UsageError(f"{identifier} was sent meanwhile; nothing was changed")
    write(f"{entry.message.id} for {entry.message.recipient}: {state}")


async def _find(settings: Settings, identifier: str, among: Sequence[OutboxState]) -> OutboxEntry:
    async with using_store(settings, read_only=True) as store:
        return await find_message(store.outbox, identifier, among)


async def _move_one(settings: Settings, message: DigestId, state: OutboxState) -> bool:
    async with using_store(settings) as store:
        now = datetime.now(UTC)
        await store.faults.clear(FaultKind.MESSAGE, message, now)
        return await store.outbox.move(message, state, now)
