"""Where every value stands: "rules.karabakh.title" -> file and line, for `marsad show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.settings.model import Origin
from monitor.settings.nodes import list_entries, walk
from monitor.settings.reader import Document
from monitor.settings.references import SECTIONS, Index, RuleFile, read_text


def find_origins(
    main: Document, sources: Document, digests: Document, rules: Sequence[RuleFile], index: Index
) -> dict[str, Origin]:
    """The origin of every value in force. A source is keyed by its id: "sources.tass-ar.url"."""
    origins = dict(_walk(main)) | dict(_walk(digests)) | dict(_walk_sources(sources))
    for file in rules:
        for section in SECTIONS:
            for identifier, node in list_entries(file.document.root, section):
                if index.is_in_force(file, identifier):
                    key = f"{section}.{identifier}"
                    origins[key] = Origin(file=file.document.file, line=index.ids[identifier].line)
                    origins |= {
                        path: Origin(file=file.document.file, line=below.line) for path, below in walk(node, key)
                    }
    return origins


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
