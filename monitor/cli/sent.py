"""The commands digest list and digest show: mails that were sent, or wait to be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from monitor.app import using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import say, write, write_json, write_table
from monitor.errors import UsageError
from monitor.model import DigestName
from monitor.queries.mail import Mail, read_mail
from monitor.queries.sent import SentMail, find_mail, list_mails
from monitor.settings.amounts import take_duration
from monitor.settings.model import Settings
from monitor.settings.values import Wrong

HtmlFile = Annotated[Path | None, typer.Option("--html", help="Also write the HTML part to this file.", metavar="FILE")]
MOST = 50


def list_sent(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only mails of this digest.", metavar="[NAME]")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only mails of this time, such as 7d.", metavar="AGE")
    ] = None,
    most: Annotated[int, typer.Option("--most", help="How many mails, the newest.", min=1)] = MOST,
) -> None:
    """List the mails of digests that were sent or wait, the newest first. `marsad digest show ID` shows one again."""
    settings = read_settings(context)
    mails = asyncio.run(_list(settings, name, read_age(since) if since is not None else None, most))
    if find_options(context).json:
        write_json(mails)
        return
    write_table(
        ("id", "built", "digest", "recipient", "state", "subject"),
        [
            (one.id, f"{one.built_at:%Y-%m-%d %H:%M}Z", one.digest, one.recipient, one.state, one.subject)
            for one in mails
        ],
    )


def show_sent(
    context: typer.Context,
    identifier: Annotated[
        str, typer.Argument(help="The id of a mail, as `marsad digest list` shows it, or its beginning.", metavar="ID")
    ],
    html: HtmlFile = None,
) -> None:
    """Show a mail that was sent or waits, as its recipient gets it."""
    settings = read_settings(context)
    show_mails(context, [asyncio.run(_read(settings, identifier))], html)


async def _list(settings: Settings, name: str | None, age: timedelta | None, most: int) -> Sequence[SentMail]:
    since = None if age is None else datetime.now(UTC) - age
    async with using_store(settings, read_only=True) as store:
        return await list_mails(store.sent, None if name is None else DigestName(name), since, most)


async def _read(settings: Settings, identifier: str) -> Mail:
    async with using_store(settings, read_only=True) as store:
        return read_mail((await find_mail(store.sent, identifier)).message.content)


def read_age(text: str) -> timedelta:
    """Raises UsageError."""
    try:
        return take_duration(text)
    except Wrong as error:
        raise UsageError(f"--since {text}: {error.what}; expected {error.expected}") from error


def show_mails(context: typer.Context, mails: Sequence[Mail], html: Path | None) -> None:
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
