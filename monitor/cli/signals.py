"""The command signals list: every signal of the configuration, its baseline, and why it fires or does not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import typer

from monitor.app import using_store
from monitor.cli.options import find_options, read_settings
from monitor.cli.output import tell_span, write, write_json, write_table
from monitor.model.signal import SignalKind
from monitor.queries.signals import ListedSignal, SignalList, list_signals
from monitor.settings.model import Settings
from monitor.text.controls import isolate

group = typer.Typer(
    no_args_is_help=True,
    help="Show spikes, silence and first mentions of rules and entities (`signals:` in rule files).",
    rich_markup_mode=None,
)


@group.callback()
def _begin_group() -> None:
    """Keeps `list` a command of its own: typer would make a group with one command that command."""


@group.command("list")
def show_signals(context: typer.Context) -> None:
    """List every configured signal: the present count, what is usual, whether it fires, and why not."""
    settings = read_settings(context)
    found = asyncio.run(_list(settings, datetime.now(UTC)))
    if find_options(context).json:
        write_json(found)
        return
    for line in _describe_state(found):
        write(line)
    if found.signals:
        columns = ("of", "title", "signal", "now", "usually", "baseline", "verdict", "reported in")
        write_table(columns, [_make_row(one) for one in found.signals])


async def _list(settings: Settings, now: datetime) -> SignalList:
    async with using_store(settings, read_only=True) as store:
        return await list_signals(settings.watchlist, settings.sources, settings.digests, store.signals, now)


def _describe_state(found: SignalList) -> Iterator[str]:
    if not found.signals:
        yield "no rule and no entity has `signals:`"
        return
    looked = f"{found.looked_at:%Y-%m-%d %H:%M}Z" if found.looked_at else "never yet"
    yield f"last looked for by `marsad run` or `marsad once`: {looked}"
    if not found.is_counted:
        yield "some matches are not counted yet: the next look counts them"


def _make_row(one: ListedSignal) -> tuple[str, ...]:
    numbers = one.judgement.numbers
    return (
        one.subject,
        isolate(one.title) if sys.stdout.isatty() else one.title,
        f"{one.kind} ({tell_span(numbers.window)})",
        str(numbers.count),
        "" if one.judgement.kind is SignalKind.FIRST else f"{numbers.usual:g}",
        _describe_baseline(one),
        _describe_verdict(one),
        ", ".join(one.digests) or "no digest",
    )


def _describe_baseline(one: ListedSignal) -> str:
    numbers = one.judgement.numbers
    days = f"{numbers.days} of {numbers.wanted} days"
    if one.judgement.kind is SignalKind.FIRST:
        return days
    return f"{days}, median {numbers.median:g}, MAD {numbers.mad:g}"


def _describe_verdict(one: ListedSignal) -> str:
    left_out = ", ".join(one.judgement.numbers.left_out)
    return f"{one.why}; left out: {left_out}" if left_out else one.why
