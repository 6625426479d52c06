"""What digests and the operator's mail say of people, rules and channels, checked before anything is built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from monitor.model import Problem
from monitor.registry import CHANNELS, MAIL_CHANNELS
from monitor.settings.addresses import find_address_doubt, find_address_fault
from monitor.settings.problems import strip_edges
from monitor.settings.references import IdIndex, read_text
from monitor.settings.yaml.document import Document
from monitor.settings.yaml.nodes import Place, list_entries, list_texts, make_problem
from monitor.text.quoting import quote, suggest_near

ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a channel; it may be the name of a file


def check_digests(digests: Document, main: Document, index: IdIndex) -> Iterator[Problem]:
    """People, rules and channels that digests name."""
    for digest, _ in list_entries(digests.root, "digests"):
        place: Place = ("digests", digest)
        for number, reader in list_texts(digests.root, *place, "to"):
            yield from _check_reader(digests, (*place, "to", number), reader, main)
        for number, pattern in list_texts(digests.root, *place, "rules"):
            yield from _check_pattern(digests, (*place, "rules", number), strip_edges(pattern), index)
        yield from _check_channel(digests, place, main)


def check_main(main: Document) -> Iterator[Problem]:
    """The operator, the default channel, and secrets where none should be."""
    if operator := read_text(main.root, "operator", "to"):
        yield from _check_reader(main, ("operator", "to"), operator, main)
    if list(list_entries(main.root, "operator")):
        yield from _check_channel(main, ("operator",), main)
    if re.match(r"postgresql[^/]*://[^/@]*:[^/@]+@", read_text(main.root, "store")):
        what = "the URL of the store contains a password"
        hint = "remove it; PostgreSQL reads passwords from ~/.pgpass or $PGPASSFILE"
        yield make_problem(main, ("store",), what, hint=hint, is_error=False)
    for channel, _ in list_entries(main.root, "channels"):
        if read_text(main.root, "channels", channel, "bounces") and not list(list_entries(main.root, "feedback")):
            what, hint = "bounces needs the feedback mailbox", "Marsad reads bounces there: add `feedback:`"
            yield make_problem(main, ("channels", channel, "bounces"), what, expected="feedback", hint=hint)
    yield from _check_people(main)
    default = read_text(main.root, "defaults", "channel")
    if default:
        yield from _check_channel_name(main, ("defaults", "channel"), default, main)


def _check_reader(document: Document, place: Place, written: str, main: Document) -> Iterator[Problem]:
    reader = strip_edges(written)
    if ":" in reader and place[0] == "operator":
        what, hint = f"{quote(reader)} is not an e-mail address", "the operator gets mail; write ops@example.org"
        yield make_problem(document, place, what, hint=hint)
        return
    if ":" in reader:
        yield from _check_channel_address(document, place, reader, main)
        return
    people = [name for name, _ in list_entries(main.root, "people")]
    if not reader or reader in people:
        return
    if fault := find_address_fault(reader):
        if "@" in reader:
            yield make_problem(document, place, f"{quote(reader)} is not an e-mail address: {fault}")
        elif not _misspells_people(main):
            what = f"{quote(reader)} is neither an e-mail address nor an id under `people:` in marsad.yaml"
            yield make_problem(document, place, what, hint=suggest_near(reader, people))
    elif warning := find_address_doubt(reader):
        yield make_problem(document, place, f"{quote(reader)}: {warning}", is_error=False)


def _check_people(main: Document) -> Iterator[Problem]:
    """The addresses of people on channels that are not mail."""
    for person, _ in list_entries(main.root, "people"):
        for number, written in list_texts(main.root, "people", person, "channels"):
            place: Place = ("people", person, "channels", number)
            address = strip_edges(written)
            if ":" in address:
                yield from _check_channel_address(main, place, address, main)
            else:
                what = f"{quote(address)} is not an address of a channel"
                yield make_problem(main, place, what, expected='CHANNEL:ADDRESS, such as "chat:desk"')


def _check_channel_address(document: Document, place: Place, reader: str, main: Document) -> Iterator[Problem]:
    """An address of a channel that is not mail, such as telegram:desk."""
    channel, _, address = map(str.strip, reader.partition(":"))
    kinds = {name: read_text(main.root, "channels", name, "type") for name, _ in list_entries(main.root, "channels")}
    others = [name for name, kind in kinds.items() if kind not in MAIL_CHANNELS]
    if kinds.get(channel) in MAIL_CHANNELS:
        what = f"{quote(channel)} is a channel of mail; write the address alone, and `channel: {channel}`"
        yield make_problem(document, place, f"{quote(reader)}: {what}")
    elif channel not in kinds:
        hint = suggest_near(channel, others) or f"channels that are not mail: {', '.join(others) or 'none'}"
        yield make_problem(document, place, f"{quote(reader)}: unknown channel {quote(channel)}", hint=hint)
    elif kinds[channel] == "apprise":
        targets = [name for name, _ in list_entries(main.root, "channels", channel, "targets")]
        if address not in targets:
            what, hint = f"channel {channel} has no target {quote(address)}", suggest_near(address, targets)
            yield make_problem(document, place, what, hint=hint or f"there are: {', '.join(targets) or 'none'}")
    elif not ADDRESS.fullmatch(address):
        what = f"{quote(address)} is not an address of channel {channel}"
        yield make_problem(document, place, what, expected="letters, digits, dots, hyphens and underscores")


def _misspells_people(main: Document) -> bool:
    """Whether marsad.yaml has a section that is probably `people:`, which is said there."""
    return any(key != "people" and suggest_near(key, ("people",)) for key, _ in list_entries(main.root))


def _check_pattern(digests: Document, place: Place, pattern: str, index: IdIndex) -> Iterator[Problem]:
    rules = index.list_ids("rule")
    if not pattern or not index.is_whole or any(fnmatchcase(rule, pattern) for rule in rules):
        return
    if set(pattern) & set("*?["):
        if pattern != "*":
            yield make_problem(digests, place, f"no rule matches the pattern {quote(pattern)}", is_error=False)
        return
    known = index.ids.get(pattern)
    hint = f"{quote(pattern)} is a {known.kind}; a digest takes rules" if known else suggest_near(pattern, rules)
    yield make_problem(digests, place, f"unknown rule {quote(pattern)}", expected="a rule id or a pattern", hint=hint)


def _check_channel(document: Document, place: Place, main: Document) -> Iterator[Problem]:
    """The channel that something names, or the one it gets when it names none."""
    if main.root is None and main.problems:
        return  # it could not be read, which has been said
    named = read_text(document.root, *place, "channel")
    readers = [text for _, text in list_texts(document.root, *place, "to")]
    if not named and readers and all(":" in text for text in readers):
        return  # each names its own
    channels = list_mail_channels(main)
    if named:
        yield from _check_channel_name(document, (*place, "channel"), named, main)
    elif not channels:
        what, hint = "no channel for mail is defined", "define one under `channels:` in marsad.yaml"
        yield make_problem(document, place, what, hint=hint, at_key=True)
    elif len(channels) > 1 and not read_text(main.root, "defaults", "channel"):
        what = f"which of the channels {', '.join(map(quote, channels))}?"
        yield make_problem(
            document, place, what, hint="write channel: here, or under `defaults:` in marsad.yaml", at_key=True
        )


def list_mail_channels(main: Document) -> list[str]:
    """Those whose type takes mail addresses, or is not known, which is said elsewhere."""
    channels = [name for name, _ in list_entries(main.root, "channels")]
    others = set(CHANNELS) - MAIL_CHANNELS
    return [name for name in channels if read_text(main.root, "channels", name, "type") not in others]


def _check_channel_name(document: Document, place: Place, name: str, main: Document) -> Iterator[Problem]:
    channels = [channel for channel, _ in list_entries(main.root, "channels")]
    if name in channels and name not in list_mail_channels(main):
        what = f"{quote(name)} is not a channel for mail"
        yield make_problem(document, place, what, hint=f'write its addresses into `to:`, such as to: ["{name}:desk"]')
    if name not in channels:
        hint = suggest_near(name, channels) or f"there are: {', '.join(channels) or 'none'}"
        yield make_problem(document, place, f"unknown channel {quote(name)}", hint=hint)
