"""The commands recipients list, pause and resume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, write, write_json, write_table
from monitor.cli.storing import run_on_store
from monitor.errors import UsageError
from monitor.model import RecipientState
from monitor.ops.ownership import check_ownership
from monitor.queries.delivery import describe_away
from monitor.queries.recipients import Addressees, RecipientView, list_recipients
from monitor.settings.model import Settings
from monitor.store.sqlite import FILE_NAME
from monitor.text.quoting import quote, suggest_near

group = typer.Typer(no_args_is_help=True, help="List recipients; pause and resume their mail.", rich_markup_mode=None)
Who = Annotated[str, typer.Argument(help="An e-mail address, or an id under `people:`.", metavar="WHO")]
T = TypeVar("T")


@group.command("list")
def list_all(context: typer.Context) -> None:
    """List every recipient with its digests, and why a recipient gets no mail now."""
    settings, now = read_settings(context), datetime.now(UTC)
    recipients = _list(settings)
    if find_options(context).json:
        write_json([_describe(one, now) for one in recipients])
        return
    rows = [
        (", ".join(one.ids), one.address, ", ".join(one.digests), describe_away(one.state, now)) for one in recipients
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
    found = find_recipient(settings, who)
    end = parse_moment(until, found.timezone, now) if until else None
    run_on_store(settings, lambda store: store.recipients.pause(found.address, now, end))
    then = f"until {end.astimezone(found.timezone):%Y-%m-%d %H:%M %Z}" if end else "until `marsad recipients resume`"
    write(f"{found.address} gets no digest {then}; then one digest reports what was missed")


@group.command()
def resume(context: typer.Context, who: Who) -> None:
    """End a pause or a suspension. Messages refused because of the address are sent again."""
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)
    address = find_recipient(settings, who).address
    again = run_on_store(settings, lambda store: store.recipients.resume(address, now))
    refused = f"; {count(again, 'refused message is', 'refused messages are')} sent again" if again else ""
    write(f"{address} gets mail again{refused}; the next digest reports what was missed")


def parse_moment(written: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A date is its beginning, in the recipient's time zone. Raises UsageError for what is past, or no date."""
    try:
        given = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"--until {written!r} is not a date; write 2026-12-31, or 2026-12-31T07:00") from error
    moment = given if given.tzinfo else given.replace(tzinfo=zone)
    if moment <= now:
        raise UsageError(f"--until {written} is in the past; nothing was changed")
    return moment.astimezone(UTC)


def _list(settings: Settings) -> Sequence[RecipientView]:
    operator = settings.operator.to if settings.operator else None
    addressees = Addressees(digests=settings.digests, people=settings.people, operator=operator)
    return list_recipients(addressees, _read_states(settings))


def find_recipient(settings: Settings, who: str) -> RecipientView:
    """The recipient of that address, or of that id under `people`. Raises UsageError."""
    recipients = _list(settings)
    address = settings.people.get(who, who)
    for one in recipients:
        if one.address.casefold() == address.casefold():
            return one
    names = [*settings.people, *(one.address for one in recipients)]
    hint = suggest_near(who, names) or "run `marsad recipients list` to see all recipients"
    raise UsageError(f"{quote(who)} is neither a recipient nor an id under `people`; {hint}")


def _read_states(settings: Settings) -> Sequence[RecipientState]:
    """None at all before the first run, when there is no store."""
    if settings.store == "sqlite" and not (settings.state / FILE_NAME).exists():
        return ()
    return run_on_store(settings, lambda store: store.recipients.list_recipients(), read_only=True)


def _describe(one: RecipientView, now: datetime) -> dict[str, object]:
    return {
        "address": one.address,
        "ids": one.ids,
        "digests": one.digests,
        "gets_mail": one.state.gets_mail(now),
        "refusals": one.state.refusals,
        "reply": one.state.reply,
        "suspended_at": one.state.suspended_at,
        "paused_at": one.state.paused_at,
        "paused_until": one.state.paused_until,
    }
