"""The commands silence WHAT, list and end: what digests do not report for a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, write, write_json, write_table
from monitor.cli.recipients import find_recipient
from monitor.cli.shorthand import make_shorthand
from monitor.cli.storing import run_on_store
from monitor.digests.clean import embed
from monitor.errors import UsageError
from monitor.model.silence import Silence, SilenceId
from monitor.ops.ownership import check_ownership, find_person
from monitor.queries.silences import SilenceTarget, SilenceView, find_subjects, list_silences
from monitor.settings.amounts import take_duration
from monitor.settings.model import Settings
from monitor.settings.values import Wrong
from monitor.store.open import Store
from monitor.text.quoting import quote, suggest_near

T = TypeVar("T")


group = typer.Typer(
    cls=make_shorthand("add"),
    no_args_is_help=True,
    help="Report nothing of a rule, an entity, a source or a story for a time (marsad silence WHAT --until 2d).",
    rich_markup_mode=None,
)


@group.command()
def add(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="The id of a rule, an entity, a source or a story, or a pattern of rules such as 'karabakh-*'. "
            "Where several have this id, write rule:ID, entity:ID, source:ID or story:ID.",
            metavar="WHAT",
        ),
    ],
    until: Annotated[
        str,
        typer.Option("--until", help="When it ends: in a time such as 2d, or at a moment such as '2026-12-01 08:00'."),
    ],
    comment: Annotated[str, typer.Option("--comment", help="Why; the digest that counts the stories says it.")] = "",
    recipient: Annotated[
        str | None,
        typer.Option(
            "--for", help="Only for this recipient: an e-mail address, or an id under `people:`.", metavar="WHO"
        ),
    ] = None,
) -> None:
    """Report nothing of WHAT until a moment. The next digest after it says in one line how many stories there were."""
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)
    reader = find_recipient(settings, recipient) if recipient else None
    zone = reader.timezone if reader else settings.timezone
    end = read_end(until, zone, now)

    async def work(store: Store) -> Silence:
        found = await find_subjects(what, settings.watchlist, settings.sources, store.stories)
        subject = _choose(what, found, settings)
        return await store.silences.add(
            Silence(
                kind=subject.kind,
                subject=subject.id,
                title=subject.title,
                recipient=reader.address if reader else None,
                begun_at=now,
                until=end,
                author=find_person(),
                comment=comment,
            )
        )

    made = run_on_store(settings, work)
    if find_options(context).json:
        write_json(made)
        return
    whom = f" for {made.recipient}" if made.recipient else ""
    write(
        f"silence {made.id}: {made.kind} {_show(made.title)} is not reported{whom} until "
        f"{end.astimezone(zone):%Y-%m-%d %H:%M %Z}; the next digest after it says how many stories there were"
    )


@group.command("list")
def list_all(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also list silences that are over.")] = False,
) -> None:
    """List silences: what, until when, by whom, why, and how many matches they keep back."""
    settings, now = read_settings(context), datetime.now(UTC)
    found = run_on_store(
        settings, lambda store: list_silences(store.silences, now, everything=everything), read_only=True
    )
    if find_options(context).json:
        write_json(found)
        return
    columns = ("id", "what", "title", "for", "until", "state", "matches held", "by", "comment")
    write_table(columns, [_make_row(one, now) for one in found])


@group.command()
def end(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The id that `marsad silence list` shows.", metavar="ID")],
) -> None:
    """End a silence now. What no digest has set aside yet is reported as usual."""
    settings, now = read_settings(context), datetime.now(UTC)
    check_ownership(settings.state)
    person = find_person()
    done = run_on_store(settings, lambda store: store.silences.end(SilenceId(number), person, now))
    if not done:
        raise UsageError(f"there is no silence {number} in force; `marsad silence list` shows those that are")
    write(f"silence {number} is over; the next digest says how many stories it kept back")


def read_end(written: str, zone: ZoneInfo, now: datetime) -> datetime:
    """In a duration from now, or at a moment in that time zone. Raises UsageError."""
    try:
        return now + take_duration(written)
    except OverflowError as error:
        raise UsageError(f"--until {quote(written)} is too far away; nothing was changed") from error
    except Wrong:
        pass
    try:
        given = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(
            f"--until {quote(written)} is neither a duration nor a moment; write 2d, or '2026-12-01 08:00'"
        ) from error
    moment = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    if moment <= now:
        raise UsageError(f"--until {written} is in the past; nothing was changed")
    return moment


def describe_silence(view: SilenceView) -> str:
    """One line, for `status`."""
    one = view.silence
    whom = f" for {one.recipient}" if one.recipient else ""
    why = f": {_show(one.comment)}" if one.comment else ""
    held = count(view.held, "match held", "matches held")
    return (
        f"silence {one.id}: {one.kind} {_show(one.title)}{whom} until {_tell(one.until)} by {one.author}{why}; {held}"
    )


def _choose(what: str, found: Sequence[SilenceTarget], settings: Settings) -> SilenceTarget:
    """The only one of that id. Raises UsageError."""
    if not found:
        known = [*settings.watchlist.rules, *settings.watchlist.entities, *(source.id for source in settings.sources)]
        hint = suggest_near(what.rpartition(":")[2], known) or "`marsad story list` shows the ids of stories"
        raise UsageError(f"no rule, entity, source or story has the id {quote(what)}; {hint}")
    if len(found) > 1:
        names = " or ".join(f"{one.kind}:{one.id}" for one in found)
        raise UsageError(f"{quote(what)} has several meanings; write {names}")
    return found[0]


def _make_row(view: SilenceView, now: datetime) -> tuple[object, ...]:
    one = view.silence
    whom = one.recipient or "all"
    what = f"{one.kind} {_show(one.subject)}"
    return (
        one.id,
        what,
        _show(one.title),
        whom,
        _tell(one.until),
        view.state(now),
        view.held,
        one.author,
        _show(one.comment),
    )


def _show(text: str) -> str:
    """On one line, and fenced off where it runs from right to left."""
    return embed(text, "ltr")


def _tell(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
