"""outbox list, retry, drop: what waits, what failed and why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.app import open_settings_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import DigestId, OutboxEntry, OutboxState
from monitor.ops.ownership import check_ownership
from monitor.settings.model import Settings

group = typer.Typer(no_args_is_help=True, help="Messages that wait, failed or were sent.", rich_markup_mode=None)
OPEN_STATES = (OutboxState.PENDING, OutboxState.DATA, OutboxState.FAILED)
UNSENT_STATES = (*OPEN_STATES, OutboxState.DROPPED)
Id = Annotated[str, typer.Argument(help="An id of `outbox list`, or enough of its beginning.", metavar="ID")]


@group.command("list")
def list_messages(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what was sent or dropped.")] = False,
) -> None:
    """What waits or failed, and the server's last word on it."""
    settings = read_settings(context)
    entries = asyncio.run(_list(settings, tuple(OutboxState) if everything else OPEN_STATES))
    if find_options(context).json:
        write_json([_describe(entry) for entry in entries])
        return
    write_table(
        ("id", "digest", "recipient", "state", "tries", "next try", "last answer"),
        [
            (
                entry.message.id,
                entry.digest,
                entry.message.recipient,
                entry.state,
                entry.attempts,
                f"{entry.next_attempt_at:%Y-%m-%d %H:%M}Z" if entry.state in OPEN_STATES[:2] else "",
                entry.reply,
            )
            for entry in entries
        ],
    )


@group.command()
def retry(context: typer.Context, identifier: Id) -> None:
    """Try a message again at once, also one that was refused or dropped; what was sent is never sent again."""
    _move(context, identifier, OutboxState.PENDING, UNSENT_STATES)


@group.command()
def drop(context: typer.Context, identifier: Id) -> None:
    """Give a message up; `retry` brings it back."""
    _move(context, identifier, OutboxState.DROPPED, OPEN_STATES)


async def _list(settings: Settings, states: Sequence[OutboxState]) -> Sequence[OutboxEntry]:
    store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    try:
        return await store.outbox.list_entries(states)
    finally:
        await asyncio.to_thread(store.close)


def _move(context: typer.Context, identifier: str, state: OutboxState, among: Sequence[OutboxState]) -> None:
    settings = read_settings(context)
    check_ownership(settings.state)
    entry = _find(asyncio.run(_list(settings, among)), identifier)
    if not asyncio.run(_move_one(settings, entry.message.id, state)):
        raise UsageError(f"{identifier} was sent meanwhile; nothing was changed")
    write(f"{entry.message.id} for {entry.message.recipient}: {state}")


def _find(entries: Sequence[OutboxEntry], identifier: str) -> OutboxEntry:
    found = [entry for entry in entries if entry.message.id.startswith(identifier)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{identifier!r} is the beginning of {len(found)} ids; give more of it")
    raise UsageError(
        f"no message that waits has the id {identifier!r}; `marsad outbox list --all` shows what became of each"
    )


async def _move_one(settings: Settings, message: DigestId, state: OutboxState) -> bool:
    store = await asyncio.to_thread(open_settings_store, settings)
    try:
        return await store.outbox.move(message, state, datetime.now(UTC))
    finally:
        await asyncio.to_thread(store.close)


def _describe(entry: OutboxEntry) -> dict[str, object]:
    return {
        "id": entry.message.id,
        "digest": entry.digest,
        "recipient": entry.message.recipient,
        "channel": entry.message.channel,
        "message_id": entry.message.message_id,
        "state": entry.state,
        "attempts": entry.attempts,
        "created_at": entry.created_at,
        "next_attempt_at": entry.next_attempt_at,
        "sent_at": entry.sent_at,
        "reply": entry.reply,
    }
