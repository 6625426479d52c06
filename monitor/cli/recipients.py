"""The commands recipients list, pause and resume."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from monitor.app import open_settings_store
from monitor.cli.delivery import describe_away
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import RecipientState
from monitor.ops.ownership import check_ownership
from monitor.settings.model import Settings
from monitor.settings.problems import quote, suggest
from monitor.store.open import Store
from monitor.store.sqlite import FILE_NAME

group = typer.Typer(no_args_is_help=True, help="List recipients; pause and resume their mail.", rich_markup_mode=None)
Who = Annotated[str, typer.Argument(help="An e-mail address, or an id under `people:`.", metavar="WHO")]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An address that digests or the operator's mails go to, or that the store knows."""

    address: str
    ids: tuple[str, ...]
    digests: tuple[str, ...]
    timezone: ZoneInfo


@group.command("list")
def list_recipients(context: typer.Context) -> None:
    """List every recipient with its digests, and why a recipient gets no mail now."""
    settings, now = read_settings(context), datetime.now(UTC)
    states = {state.address: state for state in _read_states(settings)}
    readers = list_readers(settings, states)
    if find_options(context).json:
        write_json([_describe(reader, states.get(reader.address), now) for reader in readers])
        return
    rows = [
        (
            ", ".join(reader.ids),
            reader.address,
            ", ".join(reader.digests),
            describe_away(states[reader.address], now) if reader.address in states else "",
        )
        for reader in readers
    ]
    write_table(("id", "address", "digests", "state"), rows)


@group.command()
def pause(
    context: typer.Context,
    who: Who,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When the pause ends: a date, or a date and time such as 2026-12-31T07:00."),
    ] = None,
) -> None:
    """Stop digests to a recipient until `marsad recipients resume` or --until. Matches are kept and reported later."""
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)
    reader = _find(settings, who)
    end = read_moment(until, reader.timezone, now) if until else None
    asyncio.run(_with_store(settings, lambda store: store.recipients.pause(reader.address, now, end)))
    then = f"until {end.astimezone(reader.timezone):%Y-%m-%d %H:%M %Z}" if end else "until `marsad recipients resume`"
    write(f"{reader.address} gets no digest {then}; then one digest reports what was missed")


@group.command()
def resume(context: typer.Context, who: Who) -> None:
    """End a pause or a suspension. Messages refused because of the address are sent again."""
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)
    address = _find(settings, who).address
    again = asyncio.run(_with_store(settings, lambda store: store.recipients.resume(address, now)))
    refused = f"; {count(again, 'refused message is', 'refused messages are')} sent again" if again else ""
    write(f"{address} gets mail again{refused}; the next digest reports what was missed")


def list_readers(settings: Settings, known: Iterable[str]) -> list[Reader]:
    """Everybody whom the configuration or the store names, by address."""
    digests: dict[str, list[str]] = {}
    zones: dict[str, ZoneInfo] = {}
    for plan in settings.digests:
        for recipient in plan.recipients:
            digests.setdefault(recipient.email, []).append(plan.name)
            zones.setdefault(recipient.email, recipient.timezone)
    operator = [settings.operator.to] if settings.operator else []
    addresses = {*digests, *settings.people.values(), *operator, *known}
    return [
        Reader(
            address=address,
            ids=tuple(name for name, email in settings.people.items() if email == address),
            digests=tuple(digests.get(address, ())),
            timezone=zones.get(address, ZoneInfo("UTC")),
        )
        for address in sorted(addresses)
    ]


def read_moment(written: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A date is its beginning, in the recipient's time zone. Raises UsageError for what is past, or no date."""
    try:
        given = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"--until {written!r} is not a date; write 2026-12-31, or 2026-12-31T07:00") from error
    moment = given if given.tzinfo else given.replace(tzinfo=zone)
    if moment <= now:
        raise UsageError(f"--until {written} is in the past; nothing was changed")
    return moment.astimezone(UTC)


def _find(settings: Settings, who: str) -> Reader:
    readers = list_readers(settings, [state.address for state in _read_states(settings)])
    address = settings.people.get(who, who)
    for reader in readers:
        if reader.address.casefold() == address.casefold():
            return reader
    names = [*settings.people, *(reader.address for reader in readers)]
    hint = suggest(who, names) or "run `marsad recipients list` to see all recipients"
    raise UsageError(f"{quote(who)} is neither a recipient nor an id under `people`; {hint}")


def _read_states(settings: Settings) -> Sequence[RecipientState]:
    """None at all before the first run, when there is no store."""
    if settings.store == "sqlite" and not (settings.state / FILE_NAME).exists():
        return ()
    return asyncio.run(_with_store(settings, lambda store: store.recipients.list_recipients(), read_only=True))


async def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]], *, read_only: bool = False) -> T:
    store = await asyncio.to_thread(open_settings_store, settings, read_only=read_only)
    try:
        return await work(store)
    finally:
        await asyncio.to_thread(store.close)


def _describe(reader: Reader, state: RecipientState | None, now: datetime) -> dict[str, object]:
    known = state or RecipientState(address=reader.address)
    return {
        "address": reader.address,
        "ids": reader.ids,
        "digests": reader.digests,
        "gets_mail": known.gets_mail(now),
        "refusals": known.refusals,
        "reply": known.reply,
        "suspended_at": known.suspended_at,
        "paused_at": known.paused_at,
        "paused_until": known.paused_until,
    }
