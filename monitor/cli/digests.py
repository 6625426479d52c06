"""The commands digest preview, send and next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from monitor.app import open_app, open_settings_store
from monitor.cli.mail import Mail, read_mail
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import count, say, write, write_json, write_table
from monitor.digests.model import DigestPlan
from monitor.errors import StoreUnusable, UsageError
from monitor.line import list_sent, name_subscription, preview_digest, register, report_away, send_digest
from monitor.model import DigestName, Fault, FaultKind, OutboxEntry, Part, Recipient, Subscription
from monitor.ops.ownership import check_ownership
from monitor.pipeline.digest import DigestOutcome, find_last_slot
from monitor.pipeline.schedule import latest_due, next_times
from monitor.settings.amounts import take_duration
from monitor.settings.model import Settings
from monitor.settings.values import Wrong

group = typer.Typer(
    no_args_is_help=True, help="Preview and send digests, and see when they are due.", rich_markup_mode=None
)
Name = Annotated[str, typer.Argument(help="The name of a digest in digests.yaml.", metavar="NAME")]


@group.command()
def preview(
    context: typer.Context,
    name: Name,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the HTML part to this file.", metavar="FILE")
    ] = None,
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
    _show(context, mails, html)


def read_age(text: str) -> timedelta:
    """Raises UsageError."""
    try:
        return take_duration(text)
    except Wrong as error:
        raise UsageError(f"--since {text}: {error.what}; expected {error.expected}") from error


def _show(context: typer.Context, mails: Sequence[Mail], html: Path | None) -> None:
    if find_options(context).json:
        write_json(mails)
    else:
        for mail in mails:
            write(f"To: {mail.to}\nDate: {mail.date}\nSubject: {mail.subject}\n\n{mail.text}")
    if html is not None:
        for number, mail in enumerate(mails):
            _save(html if number == 0 else html.with_stem(f"{html.stem}-{number + 1}"), mail.html)


def _save(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html {path}: cannot be written: {error.strerror}") from error
    say(f"HTML part: {path}")


async def _preview(settings: Settings, name: str) -> Sequence[Part]:
    app = await open_app(settings, read_only=True, matching=False)
    try:
        previews = await preview_digest(app, app.find_plan(name))
        if not any(part.stories for part in previews):
            say(f"nothing to report yet; `marsad digest preview {name} --last` shows the last mail")
        return previews
    finally:
        await app.close()


async def _list_sent(settings: Settings, name: str, age: timedelta | None) -> Sequence[OutboxEntry]:
    """Newest first; without an age the last digest of each reader, with all its parts."""
    app = await open_app(settings, read_only=True, matching=False)
    try:
        plan, now = app.find_plan(name), app.clock.now()
        return await list_sent(app, plan, None if age is None else now - age)
    finally:
        await app.close()


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
    return f"{about}: {count(outcome.stories, 'story', 'stories')}{parts} ({outcome.reason})"


async def _send(settings: Settings, name: str) -> list[DigestOutcome]:
    app = await open_app(settings, matching=False)
    try:
        await register(app)
        plan = app.find_plan(name)
        return [*await send_digest(app, plan), *await report_away(app, plan)]
    finally:
        await app.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """When one reader's digest is due: the next times, a slot that has passed and waits, and why it fails."""

    digest: str
    recipient: str
    next: tuple[datetime, ...]
    waiting_since: datetime | None = None
    failing: str | None = None


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
    return f"now, for {one.waiting_since:%a %Y-%m-%d %H:%M %Z}; then {times}" if one.waiting_since else times


async def _list_prospects(settings: Settings, now: datetime) -> list[Prospect]:
    known, faults = await _read_known(settings)
    return [
        _look_ahead(plan, recipient, known.get((plan.name, recipient.email)), faults, now)
        for plan in settings.digests
        for recipient in plan.recipients
    ]


async def _read_known(
    settings: Settings,
) -> tuple[dict[tuple[DigestName, str], Subscription], dict[str, Fault]]:
    """What the store remembers; nothing before its first use."""
    try:
        store = await asyncio.to_thread(open_settings_store, settings, read_only=True)
    except StoreUnusable:
        return {}, {}
    try:
        known = {(one.digest, one.recipient): one for one in await store.digests.list_subscriptions()}
        open_faults = (fault for fault in await store.faults.list_faults() if fault.ended_at is None)
        return known, {fault.subject: fault for fault in open_faults if fault.kind is FaultKind.DIGEST}
    finally:
        await asyncio.to_thread(store.close)


def _look_ahead(
    plan: DigestPlan, recipient: Recipient, known: Subscription | None, faults: Mapping[str, Fault], now: datetime
) -> Prospect:
    fault = faults.get(name_subscription(known)) if known else None
    waiting = (
        latest_due(plan.schedule, recipient.timezone, after=find_last_slot(known, now), now=now) if known else None
    )
    return Prospect(
        digest=plan.name,
        recipient=recipient.email,
        next=next_times(plan.schedule, recipient.timezone, after=now, count=3),
        waiting_since=waiting.astimezone(recipient.timezone) if waiting else None,
        failing=fault.detail if fault else None,
    )
