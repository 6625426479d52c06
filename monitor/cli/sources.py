"""The commands sources list, add, import and export."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from monitor.app import make_fetch_policy, read_configuration, using_store
from monitor.cli.options import find_config, find_options, read_settings
from monitor.cli.output import count, say, tell_span, write, write_json, write_table
from monitor.errors import ConfigError, HostDown, UsageError
from monitor.model import PollState
from monitor.ops.clock import SystemClock
from monitor.pipeline.health import make_examiner
from monitor.pipeline.interval import find_urgent
from monitor.ports import Clock
from monitor.queries.sources import SourceView, list_sources
from monitor.settings.append import Namer, append_sources, find_fault, replace_file
from monitor.settings.files import SOURCES
from monitor.settings.model import Settings
from monitor.settings.opml import Outline, read_opml, write_opml
from monitor.sources.address import AddressGuard, is_metadata
from monitor.sources.discover import Discovery
from monitor.sources.feed_links import Found, Links, find_links
from monitor.sources.hosts import Hosts
from monitor.sources.location import find_host, read_url
from monitor.sources.page import Pages
from monitor.sources.parser_process import ParserProcess
from monitor.store.sqlite import FILE_NAME

group = typer.Typer(
    no_args_is_help=True, help="List, add and change the sources that Marsad reads.", rich_markup_mode=None
)
# A host and perhaps a port and a path, as people write it.
BARE = re.compile(r"(?:localhost|\[[0-9a-f:]+\]|[^\s/:@?#]+(?:\.[^\s/:@?#]+)+)(?::\d{1,5})?(?:[/?]\S*)?", re.IGNORECASE)
Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="A tag of the source. Can be given several times.", metavar="TAG")
]


@group.command("list")
def list_all(context: typer.Context) -> None:
    """List every source with its health, its lag, its interval and its last success."""
    options = find_options(context)
    views = asyncio.run(_list(read_settings(context), datetime.now(UTC)))
    if options.json:
        write_json([_describe(view) for view in views], options.mask)
        return
    columns = ("id", "where", "health", "lag", "interval", "last success", "articles/day", "last error")
    write_table(columns, [[options.mask(str(cell or "")) for cell in _make_row(view)] for view in views])


async def _list(settings: Settings, now: datetime) -> Sequence[SourceView]:
    urgent = find_urgent(settings.sources, settings.watchlist)
    return list_sources(settings.sources, await _read_states(settings), make_examiner(urgent, now))


async def _read_states(settings: Settings) -> Sequence[PollState]:
    """None at all before the first run, when there is no store."""
    if settings.store == "sqlite" and not (settings.state / FILE_NAME).exists():
        return ()
    async with using_store(settings, read_only=True) as store:
        return await store.archive.list_poll_states()


def _describe(view: SourceView) -> dict[str, Any]:
    return {
        "id": view.id,
        "where": view.where,
        "tags": view.tags,
        "health": view.health,
        "why": view.why,
        "lag_seconds": None if view.lag is None else round(view.lag.total_seconds()),
        "interval_seconds": None if view.interval is None else round(view.interval.total_seconds()),
        "next_poll_at": view.next_poll_at,
        "last_success_at": view.last_success_at,
        "last_error": view.last_error,
        "failures": view.failures,
        "articles_per_day": view.articles_per_day,
    }


def _make_row(view: SourceView) -> tuple[object, ...]:
    if view.lag is None or view.interval is None:
        return (view.id, view.where, view.health)
    return (
        view.id,
        view.where,
        view.health,
        tell_span(view.lag),
        tell_span(view.interval),
        f"{view.last_success_at:%Y-%m-%d %H:%M}Z" if view.last_success_at else "never",
        "" if view.articles_per_day is None else f"{view.articles_per_day:.1f}",
        view.why or view.last_error,
    )


@group.command("add")
def add_source(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            help="The address of a feed, of a news sitemap, or of a page that links to feeds.", metavar="URL"
        ),
    ],
    pick: Annotated[
        int | None, typer.Option("--pick", help="Which feed to add when several are found.", metavar="N")
    ] = None,
    identifier: Annotated[str | None, typer.Option("--id", help="The id of the new source.", metavar="ID")] = None,
    tags: Tags = None,
) -> None:
    """Find the feed at an address, or the feeds that a page links to, and add one to sources.yaml."""
    directory = find_config(find_options(context))
    settings = load_sources(directory)
    addresses = list_addresses(url)
    for address in addresses:
        if fault := find_fault({"id": "new", "url": address}):
            raise UsageError(f"{fault}; expected an address such as https://example.org/rss")
        check_new(settings, address, identifier)
        check_public(settings, address)
    several, found = asyncio.run(_discover(settings, addresses, pick))
    if found is None:
        _offer(context, several)
        raise typer.Exit(2)
    check_new(settings, found.url, identifier)
    outline = Outline(url=found.url, title=found.title, language=found.language)
    name_source = Namer({str(source.id) for source in settings.sources})
    name = identifier or name_source(found.title or urlsplit(found.url).hostname or "")
    entry = make_entry(name, outline, tags or ())
    if fault := find_fault(entry):
        raise UsageError(fault)
    add_entries(directory, [entry])
    title = found.title or "a feed without a title"
    say(f"added to {directory / SOURCES}: {title}, {count(found.items or 0, 'item')} now")
    if found.items:
        say("its present items will not be reported, only later ones; set `backfill` in sources.yaml to change that")
    _print_entries(context, [entry])


def list_addresses(written: str) -> list[str]:
    """What a person may mean: a feed: address is one of the web, and a bare host is asked by https, then by http."""
    url = re.sub(r"^feed:(//)?(?=https?://)", "", written.strip(), flags=re.IGNORECASE)
    url = re.sub(r"^feed:(//)?", "", url, flags=re.IGNORECASE)
    if re.match(r"[\w+.-]+:(?!\d)|//", url) or not BARE.fullmatch(url):
        return [url]
    if Path(url).exists():
        raise UsageError(
            f"{url} is a file; use `marsad sources import` for OPML, or a source with `path:` for saved articles"
        )
    say(f"{url} has no https:// before it; trying https://, then http://")
    return [f"https://{url}", f"http://{url}"]


def check_new(settings: Settings, url: str, identifier: str | None) -> None:
    """Raises UsageError where a source has this URL or id already."""
    for source in settings.sources:
        if source.location.rstrip("/") == url.rstrip("/"):
            raise UsageError(f"{url} is already watched as source {source.id}")
        if source.id == identifier:
            raise UsageError(f"the id {identifier} is already used by a source; choose another --id")


def check_public(settings: Settings, url: str) -> None:
    """Raises UsageError for what is, as it is written, an address inside a private network that is not allowed."""
    address, _ = read_url(url)
    host, port = find_host(address), address.port or 0
    if is_metadata(host):
        raise UsageError(f"{host} is a cloud's metadata service, which hands out credentials; it is never read")
    if AddressGuard(settings.polling.allow_private).refuses_literal(host, port):
        entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        hint = f'polling: {{allow_private: ["{entry}"]}} in marsad.yaml allows it'
        raise UsageError(f"{host} is a private address, which is refused by default: {hint}")


async def _discover(
    settings: Settings, addresses: Sequence[str], pick: int | None
) -> tuple[Sequence[Found], Found | None]:
    """All that was found, and the one to add, read and found to be a feed; None where a person has to choose."""
    clock, parser = SystemClock(), ParserProcess()
    pages = Pages(make_fetch_policy(settings, clock, Hosts(clock)))

    async def read_links(body: bytes, page: str, header: Sequence[str]) -> Links:
        return await parser.run(find_links, body, page, header)

    discovery = Discovery(pages, parser, read_links)
    try:
        several = await _find_first(discovery, addresses, clock)
        if pick is None and len(several) > 1:
            return several, None
        if pick is not None and not 1 <= pick <= len(several):
            raise UsageError(f"--pick {pick}: expected a number from 1 to {len(several)}")
        return several, await discovery.read(several[(pick or 1) - 1], clock.now())
    finally:
        await pages.close()
        await parser.close()


async def _find_first(discovery: Discovery, addresses: Sequence[str], clock: Clock) -> Sequence[Found]:
    """The feeds behind the first address whose host answers. Raises UsageError where there are none."""
    for number, address in enumerate(addresses):
        try:
            found = await discovery.find(address, clock.now(), requests=number)
        except HostDown:
            if address == addresses[-1]:
                raise
            continue
        if found.feeds:
            return found.feeds
        raise UsageError(
            f"no feed was found at {address}, nor behind its links: {found.why}; give the feed's own address"
        )
    return ()


def _offer(context: typer.Context, several: Sequence[Found]) -> None:
    options = find_options(context)
    say(f"{len(several)} feeds were found; choose one with --pick N")
    if options.json:
        offered = [{"pick": number, "url": one.url, "title": one.title} for number, one in enumerate(several, 1)]
        write_json(offered, options.mask)
        return
    for number, one in enumerate(several, 1):
        unread = "  (not read)" if one.items is None else ""
        write(options.mask(f"{number}  {one.title or '(no title)'}  {one.url}{unread}"))


@group.command("import")
def import_opml(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="An OPML file. Its folders become tags.", metavar="OPML")],
    tags: Tags = None,
) -> None:
    """Add every feed of an OPML file to sources.yaml; sources that are already there do not change."""
    directory = find_config(find_options(context))
    settings = load_sources(directory)
    listing = read_opml(_read_bytes(path))
    for repair in listing.mended:
        say(f"repaired: {repair}")
    for reason in listing.left_out:
        say(f"left out: {reason}")
    name_source = Namer({str(source.id) for source in settings.sources})
    known = {source.url for source in settings.sources}
    entries: list[dict[str, Any]] = []
    faults = len(listing.left_out)
    new = [outline for outline in listing.feeds if outline.url not in known]
    for outline in new:
        entry = make_entry(name_source(outline.title or outline.url), outline, tags or ())
        if fault := find_fault(entry):
            say(f"left out: {outline.title or outline.url}: {fault}")
            faults += 1
        else:
            entries.append(entry)
    add_entries(directory, entries)
    say(f"{len(entries)} added, {len(listing.feeds) - len(new)} already known, {faults} left out")
    _print_entries(context, entries)
    if faults:
        raise typer.Exit(2)


@group.command("export")
def export_opml(context: typer.Context) -> None:
    """Print the sources that have a URL as OPML, with a folder for each tag."""
    options = find_options(context)
    settings = load_sources(find_config(options))
    for source in settings.sources:
        if not source.traits.is_remote:
            say(f"left out: {source.id} is a {source.traits.noun}, which OPML cannot describe")
    feeds = [replace(source, url=options.mask(source.url)) for source in settings.sources if source.url]
    hidden = len({source.url for source in settings.sources if source.url} - {source.url for source in feeds})
    if hidden:
        say(f"the tokens of {count(hidden, 'URL')} are hidden and cannot be used; --show-secrets writes them")
    write(write_opml(feeds).rstrip("\n"))


def load_sources(directory: Path) -> Settings:
    """The configuration on disk, which has to be right before anything is added to it. Raises ConfigError."""
    loaded = read_configuration(directory)
    if loaded.settings is None:
        raise ConfigError(loaded.problems)
    return loaded.settings


def make_entry(identifier: str, outline: Outline, tags: Sequence[str]) -> dict[str, Any]:
    """A source as YAML says it, without what goes without saying."""
    entry: dict[str, Any] = {"id": identifier, "url": outline.url}
    if together := list(dict.fromkeys((*outline.tags, *tags))):
        entry["tags"] = together
    if outline.language and not find_fault({**entry, "language": outline.language}):
        entry["language"] = outline.language
    return entry


def add_entries(directory: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Write them to the end of sources.yaml, which is made where there is none."""
    if not entries:
        return
    path = directory / SOURCES
    text = _read_bytes(path).decode("utf-8") if path.exists() else ""
    replace_file(path, append_sources(text, entries))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _print_entries(context: typer.Context, entries: Sequence[dict[str, Any]]) -> None:
    options = find_options(context)
    if options.json:
        write_json(entries, options.mask)
        return
    for entry in entries:
        tags = f"  [{', '.join(entry['tags'])}]" if entry.get("tags") else ""
        write(options.mask(f"{entry['id']}  {entry['url']}{tags}"))
