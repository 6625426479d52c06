"""The commands digest preview, send and next; cli/sent.py has list and show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from monitor.app import open_app, using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, say, write, write_json, write_table
from monitor.cli.sent import HtmlFile, list_sent, read_age, show_mails, show_sent
from monitor.cli.styles import new_style
from monitor.digesting import preview_digest, report_away, send_digest
from monitor.errors import StoreUnusable
from monitor.line import register
from monitor.model import OutboxEntry, Part
from monitor.ops.ownership import check_ownership
from monitor.pipeline import schedule
from monitor.pipeline.digest import DigestOutcome
from monitor.queries.digests import KnownDigests, Prospect, find_plan, list_prospects, read_known
from monitor.queries.digests import list_sent as list_last
from monitor.queries.mail import read_mail
from monitor.queries.storm import describe_brake, list_brakes
from monitor.settings.model import Settings

group = typer.Typer(
    no_args_is_help=True,
    help="Preview and send digests, see when they are due and what was sent.",
    rich_markup_mode=None,
)
group.command("list")(list_sent)
group.command("show")(show_sent)
group.command("new-style")(new_style)
Name = Annotated[str, typer.Argument(help="The name of a digest in digests.yaml.", metavar="NAME")]


@group.command()
def preview(
    context: typer.Context,
    name: Name,
    html: HtmlFile = None,
    last: Annotated[bool, typer.Option("--last", help="Show the last mail of each recipient instead.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="Show the mails of this time instead, such as 7d.", metavar="AGE")
    ] = None,
) -> None:
    """Show the mail that would be sent now, and send nothing. With --last or --since, show what was sent."""
    settings = read_settings(context)
    if last or since is not None:
        age = read_age(since) if since is not None else None
        mails = [read_mail(entry.message.content) for entry in asyncio.run(_list_sent(settings, name, age))]
        if not mails:
            say(f"no mail of {name} {f'in the last {since}' if since else 'so far'}")
    else:
        mails = [read_mail(part.message.content) for part in asyncio.run(_preview(settings, name))]
    show_mails(context, mails, html)


async def _preview(settings: Settings, name: str) -> Sequence[Part]:
    app = await open_app(settings, read_only=True, matching=False)
    try:
        plan = find_plan(settings.digests, name)
        previews = await preview_digest(app, plan)
        if not plan.is_report and not any(part.stories or part.signals for part in previews):
            say(f"nothing to report yet; `marsad digest preview {name} --last` shows the last mail")
        for brake in await list_brakes([plan], app.store.earlier, app.clock.now()):
            say(describe_brake(brake))
        return previews
    finally:
        await app.close()


async def _list_sent(settings: Settings, name: str, age: timedelta | None) -> Sequence[OutboxEntry]:
    plan = find_plan(settings.digests, name)
    async with using_store(settings, read_only=True) as store:
        return await list_last(store.sent, plan.name, None if age is None else datetime.now(UTC) - age)


@group.command()
def send(context: typer.Context, name: Name) -> None:
    """Build and queue a digest now, whatever its schedule. The daemon or `marsad once` delivers it."""
    settings = read_settings(context)
    check_ownership(settings.state)
    outcomes = asyncio.run(_send(settings, name))
    if find_options(context).json:
        write_json(outcomes)
    else:
        for outcome in outcomes:
            write(describe_outcome(outcome))
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def describe_outcome(outcome: DigestOutcome) -> str:
    """One line: how many stories and why, or why there is none."""
    about = f"digest {outcome.digest} for {outcome.recipient}"
    if outcome.error is not None:
        again = f"; tried again from {outcome.retry_at:%Y-%m-%d %H:%M}Z on" if outcome.retry_at else ""
        return f"{about}: {outcome.reason}: {outcome.error}{again}"
    parts = f" in {outcome.messages} mails" if outcome.messages > 1 else ""
    signals = f", {count(outcome.signals, 'signal')}" if outcome.signals else ""
    silenced = f", {count(outcome.silenced, 'match', 'matches')} silenced" if outcome.silenced else ""
    return f"{about}: {count(outcome.stories, 'story', 'stories')}{signals}{parts}{silenced} ({outcome.reason})"


async def _send(settings: Settings, name: str) -> list[DigestOutcome]:
    app = await open_app(settings, matching=False)
    try:
        await register(app)
        plan = find_plan(settings.digests, name)
        return [*await send_digest(app, plan), *await report_away(app, plan)]
    finally:
        await app.close()


@group.command("next")
def show_next(context: typer.Context) -> None:
    """List when each digest is due next, in the recipient's time zone, and which digests wait or fail."""
    settings = read_settings(context)
    prospects = asyncio.run(_list_prospects(settings, datetime.now(UTC)))
    if find_options(context).json:
        write_json(prospects)
        return
    write_table(
        ("digest", "recipient", "next"), [(one.digest, one.recipient, _describe_prospect(one)) for one in prospects]
    )


def _describe_prospect(one: Prospect) -> str:
    times = ", ".join(f"{at:%a %Y-%m-%d %H:%M %Z}" for at in one.next) or "as soon as a rule fires"
    if one.failing is not None:
        return f"fails: {one.failing}; then {times}"
    if one.held_until is not None:
        return f"{times}, but not before {one.held_until:%H:%M}Z (storm brake)"
    return f"now, for {one.waiting_since:%a %Y-%m-%d %H:%M %Z}; then {times}" if one.waiting_since else times


async def _list_prospects(settings: Settings, now: datetime) -> list[Prospect]:
    return list_prospects(settings.digests, await _read_known(settings, now), schedule, now)


async def _read_known(settings: Settings, now: datetime) -> KnownDigests:
    try:
        async with using_store(settings, read_only=True) as store:
            brakes = await list_brakes(settings.digests, store.earlier, now)
            return await read_known(store.digests, store.faults, brakes)
    except StoreUnusable:  # before the first run there is none
        return KnownDigests()
