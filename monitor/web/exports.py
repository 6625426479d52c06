"""Lists as CSV (RFC 4180) and as Atom feeds (RFC 4287)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from aiohttp import web

ATOM = "http://www.w3.org/2005/Atom"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    id: str
    title: str
    link: str
    updated: datetime
    author: str
    language: str = ""
    summary: str = ""


def write_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> web.Response:
    """With a byte order mark, without which spreadsheets take UTF-8 for something else."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_write_cell(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content = out.getvalue().encode("utf-8-sig", "replace")
    return web.Response(body=content, content_type="text/csv", charset="utf-8", headers=headers)


def _write_cell(cell: object) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe (OWASP, CSV injection)."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def write_atom(request: web.Request, title: str, entries: Sequence[FeedEntry], now: datetime) -> web.Response:
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    here = f"{request.scheme}://{request.host}"
    _add(feed, "title", title)
    _add(feed, "id", f"{here}{request.rel_url}")
    _add(feed, "updated", _tell(max((entry.updated for entry in entries), default=now)))
    ET.SubElement(feed, f"{{{ATOM}}}link", {"rel": "self", "href": f"{here}{request.rel_url}"})
    for entry in entries:
        _add_entry(feed, entry, here)
    content = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return web.Response(body=content, content_type="application/atom+xml", charset="utf-8")


def _add_entry(feed: ET.Element, entry: FeedEntry, here: str) -> None:
    node = ET.SubElement(feed, f"{{{ATOM}}}entry")
    if entry.language:
        node.set("{http://www.w3.org/XML/1998/namespace}lang", entry.language)
    _add(node, "title", entry.title)
    _add(node, "id", f"urn:marsad:{entry.id}")
    _add(node, "updated", _tell(entry.updated))
    ET.SubElement(node, f"{{{ATOM}}}link", {"href": f"{here}{entry.link}"})
    _add(ET.SubElement(node, f"{{{ATOM}}}author"), "name", entry.author)
    if entry.summary:
        _add(node, "summary", entry.summary)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = NOT_XML.sub("\ufffd", text)


def _tell(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
