"""Where every value stands: "rules.karabakh.title" -> file and line, for `marsad show`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.settings.model import Origin
from monitor.settings.overlays import trace_overlays
from monitor.settings.people import list_addresses
from monitor.settings.references import SECTIONS, IdIndex, RuleFile, is_overlay, read_text
from monitor.settings.schema import DigestShape, MarsadShape
from monitor.settings.yaml.document import Document
from monitor.settings.yaml.nodes import list_entries, walk


def find_origins(
    main: Document, sources: Document, digests: Document, rules: Sequence[RuleFile], index: IdIndex
) -> dict[str, Origin]:
    """The origin of every value in force. A source is keyed by its id: "sources.tass-ar.url"."""
    origins = dict(_walk(main)) | dict(_walk(digests)) | dict(_walk_sources(sources))
    for file in rules:
        for section in SECTIONS:
            for identifier, node in list_entries(file.document.root, section):
                key = f"{section}.{identifier}"
                if section == "entities" and is_overlay(node):
                    signals = ((path, below) for path, below in walk(node, key) if path.startswith(f"{key}.signals"))
                    origins |= {path: Origin(file=file.document.file, line=below.line) for path, below in signals}
                elif index.is_in_force(file, identifier):
                    origins[key] = Origin(file=file.document.file, line=index.ids[identifier].line)
                    origins |= {
                        path: Origin(file=file.document.file, line=below.line) for path, below in walk(node, key)
                    }
    return origins | trace_overlays(index)


def trace_digests(
    origins: Mapping[str, Origin], main: MarsadShape, digests: Mapping[str, DigestShape]
) -> dict[str, Origin]:
    """Where the resolved values of digests come from: "digests.morning.recipients.sami@example.org.language"."""
    found: dict[str, Origin] = {}
    for name, shape in digests.items():
        digest = f"digests.{name}"
        for number, reader in enumerate(shape.to):
            for address, owner in list_addresses(reader, main.people):
                recipient = f"{digest}.recipients.{address}"
                found[recipient] = origins[f"{digest}.to[{number}]"]
                for key in ("language", "timezone"):
                    places = (f"people.{owner}.{key}", f"{digest}.{key}", f"defaults.{key}")
                    found |= _pick(origins, f"{recipient}.{key}", places)
        found |= _pick(origins, f"{digest}.channel", (f"{digest}.channel", "defaults.channel", *_list_channels(main)))
    return found


def _list_channels(main: MarsadShape) -> list[str]:
    return [f"channels.{name}" for name in main.channels]


def _pick(origins: Mapping[str, Origin], key: str, places: Iterable[str]) -> dict[str, Origin]:
    """The first of `places` that anybody wrote."""
    return next(({key: origins[place]} for place in places if place in origins), {})


def _walk(document: Document) -> Iterator[tuple[str, Origin]]:
    for path, node in walk(document.root):
        yield path, Origin(file=document.file, line=node.line)


def _walk_sources(document: Document) -> Iterator[tuple[str, Origin]]:
    ids = {}
    for path, node in walk(document.root):
        position, dot, key = path.removeprefix("sources").partition(".")
        if not dot and position.count("[") == 1:
            ids[position] = read_text(node, "id")
        if position in ids:
            yield f"sources.{ids[position]}{dot}{key}", Origin(file=document.file, line=node.line)
