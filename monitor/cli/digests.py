"""digest preview, send, next."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.app import load_configuration, open_app, preview_digest, register, send_digest
from monitor.cli.options import find_config, find_options
from monitor.cli.output import count, say, say_problems, write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import Message
from monitor.ops.ownership import check_ownership
from monitor.pipeline.digest import DigestOutcome
from monitor.pipeline.schedule import next_times
from monitor.settings.model import Settings

group = typer.Typer(no_args_is_help=True, help="Preview, send, and see when digests are due.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="A digest of digests.yaml.", metavar="NAME")]


@group.command()
def preview(
    context: typer.Context,
    name: Name,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the HTML part.", metavar="FILE")] = None,
) -> None:
    """Render what would be sent now, sending nothing and moving nothing on."""
    settings = _load(context)
    previews = [_read(message) for message in asyncio.run(_preview(settings, name))]
    if find_options(context).json:
        write_json(previews)
    for one in previews:
        if not find_options(context).json:
            write(f"To: {one['to']}\nSubject: {one['subject']}\n\n{one['text']}")
        if html is not None:
            _save(html, one["html"])


def _read(message: Message) -> dict[str, str]:
    """What a mail program shows of a message."""
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    text, page = parsed.get_body(("plain",)), parsed.get_body(("html",))
    return {
        "to": parsed["To"],
        "subject": parsed["Subject"],
        "text": text.get_content() if text else "",
        "html": page.get_content() if page else "",
    }


def _save(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html {path}: cannot be written: {error.strerror}") from error
    say(f"HTML part: {path}")


async def _preview(settings: Settings, name: str) -> list[Message]:
    app = await open_app(settings, read_only=True, matching=False)
    try:
        return await preview_digest(app, app.find_plan(name))
    finally:
        await app.close()


@group.command()
def send(context: typer.Context, name: Name) -> None:
    """Build and queue a digest now, whatever its schedule; the daemon delivers it, or `marsad once`."""
    settings = _load(context)
    check_ownership(settings.state)
    outcomes = asyncio.run(_send(settings, name))
    if find_options(context).json:
        write_json(outcomes)
        return
    for outcome in outcomes:
        write(
            f"{outcome.digest} for {outcome.recipient}: {count(outcome.stories, 'story', 'stories')} ({outcome.reason})"
        )


async def _send(settings: Settings, name: str) -> list[DigestOutcome]:
    app = await open_app(settings, matching=False)
    try:
        await register(app)
        return await send_digest(app, app.find_plan(name))
    finally:
        await app.close()


@group.command("next")
def show_next(context: typer.Context) -> None:
    """When each digest is due next, in the recipient's own time zone."""
    settings = _load(context)
    now = datetime.now(UTC)
    rows = [
        (plan.name, recipient.email, next_times(plan.schedule, recipient.timezone, after=now, count=3))
        for plan in settings.digests
        for recipient in plan.recipients
    ]
    if find_options(context).json:
        write_json([{"digest": name, "recipient": to, "next": times} for name, to, times in rows])
        return
    write_table(
        ("digest", "recipient", "next"),
        [
            (name, to, ", ".join(f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times) or "as soon as a rule fires")
            for name, to, times in rows
        ],
    )


def _load(context: typer.Context) -> Settings:
    in_force = load_configuration(find_config(find_options(context)), keep=False, examples=False)
    say_problems(in_force.problems)
    return in_force.settings
