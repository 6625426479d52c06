"""The commands outbox list, retry and drop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.app import open_settings_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import DigestId, Fault, FaultKind, OutboxEntry, OutboxState
from monitor.ops.ownership import check_ownership
from monitor.settings.model import Settings

group = typer.Typer(no_args_is_help=True, help="List messages; retry or drop one.", rich_markup_mode=None)
WAITING_STATES = (OutboxState.PENDING, OutboxState.DATA)
OPEN_STATES = (*WAITING_STATES, OutboxState.FAILED, OutboxState.UNCERTAIN)
UNSENT_STATES = (*OPEN_STATES, OutboxState.DROPPED)
Id = Annotated[
    str,
    typer.Argument(
        help="The id of a message, as `marsad outbox list` shows it, or its first characters.", metavar="ID"
    ),
]


@group.command("list")
def list_messages(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also list messages that were sent or dropped.")] = False,
) -> None:
    """List messages that wait, failed or are uncertain, with the next attempt and the server's last answer."""
    settings = read_settings(context)
    entries = asyncio.run(_list_as_due(settings, tuple(OutboxState) if everything else OPEN_STATES))
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
                f"{entry.next_attempt_at:%Y-%m-%d %H:%M}Z" if entry.state in WAITING_STATES else "",
                entry.reply,
            )
            for entry in entries
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


async def _list(settings: Settings, states: Sequence[OutboxState]) -> Sequence[OutboxEntry]:
    store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    try:
        return await store.outbox.list_entries(states)
    finally:
        await asyncio.to_thread(store.close)


async def _list_as_due(settings: Settings, states: Sequence[OutboxState]) -> list[OutboxEntry]:
    """With the next attempt put off to the end of the channel's hold."""
    store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    try:
        entries, faults = await store.outbox.list_entries(states), await store.faults.list_faults()
    finally:
        await asyncio.to_thread(store.close)
    holds = {fault.subject: fault for fault in faults if fault.kind is FaultKind.CHANNEL and fault.ended_at is None}
    return [_put_off(entry, holds.get(entry.message.channel)) for entry in entries]


def _put_off(entry: OutboxEntry, hold: Fault | None) -> OutboxEntry:
    """What was retried since the hold began does not wait for its end."""
    if hold is None or hold.retry_at is None or entry.state not in WAITING_STATES:
        return entry
    is_retried = entry.retried_at is not None and entry.retried_at > hold.last_at
    return entry if is_retried else replace(entry, next_attempt_at=max(entry.next_attempt_at, hold.retry_at))


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
        raise UsageError(f"{identifier!r} is the beginning of {len(found)} ids; give more characters")
    raise UsageError(
        f"no message that waits has the id {identifier!r}; `marsad outbox list --all` shows the state of each message"
    )


async def _move_one(settings: Settings, message: DigestId, state: OutboxState) -> bool:
    store = await asyncio.to_thread(open_settings_store, settings)
    try:
        now = datetime.now(UTC)
        await store.faults.clear(FaultKind.MESSAGE, message, now)
        return await store.outbox.move(message, state, now)
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
        "hand_overs": entry.hand_overs,
        "refusal": entry.refusal,
        "created_at": entry.created_at,
        "next_attempt_at": entry.next_attempt_at,
        "sent_at": entry.sent_at,
        "reply": entry.reply,
    }
