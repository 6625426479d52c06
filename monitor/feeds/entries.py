"""feedparser's two parsers, made to keep every text of an item, and all that says where it leads and when it is from.

feedparser keeps one summary, and later elements replace earlier ones. Here each text stays, with the element that it
stood in. What feedparser does to markup, dates and authors is left out: other modules do it, or nobody needs it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException, expatreader
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.saxutils import escape

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.exceptions import UndeclaredNamespace
from feedparser.mixin import _FeedParserMixin
from feedparser.util import FeedParserDict

from monitor.feeds.elements import (
    CONTENTS,
    LISTS,
    MORE_CONTENTS,
    NO_TEXTS,
    OF_IMAGE,
    OF_INPUT,
    PLAIN,
    SIBLINGS,
    STRUCTURE,
    XHTML,
)
from monitor.feeds.entry import DATES, Entries, Entry, Link, Text

LITERAL = frozenset({"text", "text/plain"})
MEDIA = ("image/", "audio/", "video/", "application/octet")
XML_REFERENCES = frozenset({"lt", "gt", "quot", "amp", "apos"})
KEPT_REFERENCES = frozenset({"34", "38", "39", "60", "62", "x22", "x26", "x27", "x3c", "x3e"})


def read_windows_controls() -> list[int]:
    """The meaning of each character of the Basic Multilingual Plane: itself, but for the controls 0x80 to 0x9F.

    Windows pages have punctuation by these numbers (cp1252). A list, as str.translate looks it up faster than a dict,
    in which every other character beyond ASCII is a look-up that fails.
    """
    meanings = list(range(0x10000))
    for code in range(0x80, 0xA0):
        meanings[code] = ord(bytes([code]).decode("cp1252", "ignore") or chr(code))
    return meanings


WINDOWS = read_windows_controls()


def read_entries(content: bytes, *, is_well_formed: bool) -> Entries:
    """The strict parser's reading, or the loose one's where XML or its namespaces are broken.

    Raises what feedparser raises, which is anything.
    """
    if is_well_formed:
        strict = _Strict("", None, "utf-8")
        parser = expatreader.create_parser()  # noqa: S315 - what declares entities has been refused
        parser.setFeature(feature_namespaces, 1)
        parser.setFeature(feature_external_ges, 0)
        parser.setContentHandler(strict)
        try:
            parser.feed(content)
            parser.close()
        except (SAXException, UndeclaredNamespace):
            pass  # a prefix that nobody declared
        else:
            return strict.finish()
    loose = _Loose("", None, "utf-8", {})
    loose.feed(content.decode("utf-8", "replace"))
    return loose.finish()


def join_address(base: str, address: str) -> str:
    """As far as it can be told: without a base a relative address stays relative."""
    try:
        return urljoin(base, address) if base else address
    except ValueError:
        return address


class _Elements(_FeedParserMixin):  # type: ignore[misc]  # feedparser has no types
    """What begins and ends where, for both parsers."""

    is_loose = False

    def __init__(self, *arguments: Any) -> None:
        self.found: list[Entry] = []
        self.channel_links: list[Link] = []
        self._tag = ""  # the element that begins
        self._content_tag = ""  # the element whose text is being read, what it is kept as, and as what it is meant
        self._content_element = ""
        self._is_literal = False
        self._nested = 0  # elements of the same name inside of it
        super().__init__(*arguments)

    def finish(self) -> Entries:
        self._unwind()
        for entry, given in zip(self.found, self.entries, strict=True):
            entry.outlet = (given.get("source") or {}).get("title") or ""
        return Entries(feed=self.feeddata, links=self.channel_links, entries=self.found, version=self.version)

    def unknown_starttag(self, tag: str, attrs: Sequence[tuple[str, str]]) -> None:
        self.depth += 1
        given = dict(map(self._normalize_attributes, attrs)) if attrs else {}
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        if given:
            self._enter(tag, given)
        if self.is_loose:
            self._close_unclosed(tag)
        if self.incontent:
            self._open_inline(tag, given)
            return
        self._tag, name = tag, self._find_name(tag)
        if "_" not in name and name not in OF_INPUT:
            self.intextinput = 0  # some leave it open
        if "_" not in name and name not in OF_IMAGE:
            self.inimage = 0
        if name in CONTENTS:
            self._open_content(tag, *CONTENTS[name], given)
        elif name in PLAIN:
            self.push(PLAIN[name], 1)
        else:
            self._open_other(tag, name, given)

    def _open_other(self, tag: str, name: str, given: Mapping[str, str]) -> None:
        if handler := getattr(self, f"_start_{name}", None):
            handler(given)
        elif name in MORE_CONTENTS or name.rpartition("_")[2] in MORE_CONTENTS:
            self._open_content(tag, name, "text/html", given)
        elif not given:
            self.push(name, 1)

    def unknown_endtag(self, tag: str) -> None:
        if self.is_loose and self._find_name(tag) in STRUCTURE:
            self._unwind()
        if self.incontent:
            self._close_content(tag)
        else:
            name = self._find_name(tag)
            handler = None if name in PLAIN else getattr(self, f"_end_{name}", None)
            if handler is not None:
                handler()
            else:
                self.pop(PLAIN.get(name, name))
        if self.basestack:
            self.baseuri, self.lang = self.basestack.pop(), self.langstack.pop()
        self.depth -= 1

    def _find_name(self, tag: str) -> str:
        prefix, colon, suffix = tag.partition(":")
        if not colon:
            prefix, suffix = "", tag
        prefix = self.namespacemap.get(prefix, prefix)
        return f"{prefix}_{suffix}" if prefix else suffix

    def _enter(self, tag: str, given: Mapping[str, str]) -> None:
        """Base, language and namespaces that hold within the element."""
        if base := given.get("xml:base"):
            self.baseuri = join_address(self.baseuri, base)
        language = given.get("xml:lang", given.get("lang"))
        if language is not None:
            self.lang = language.replace("_", "-")
            if language and tag in {"feed", "rss", "rdf:rdf"}:
                self.feeddata["language"] = self.lang
        for name, value in given.items():
            if self.is_loose and name.startswith("xmlns"):
                self.track_namespace(name[6:] or None, value)

    def _open_content(self, tag: str, element: str, default: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", default)
        self.incontent = 1
        self.contentparams = {"type": self.map_content_type(kind), "base64": given.get("mode") == "base64"}
        self._content_tag, self._content_element, self._nested = tag, element, 0
        self._is_literal = given.get("type") in LITERAL
        language = given.get("xml:lang")
        if language and self.inentry and not self.found[-1].language:
            self.found[-1].language = self.lang
        self.push(element, 1)

    def push_content(self, tag: str, attrs_d: Mapping[str, str], default: str, _expecting_text: int) -> None:
        """As handlers of feedparser's begin a text."""
        self._open_content(self._tag, tag, default, attrs_d)

    def _close_content(self, tag: str) -> None:
        if tag == self._content_tag and not self._nested:
            self.pop(self._content_element)
            self.incontent = 0
            self.contentparams = {}
            return
        self._nested -= tag == self._content_tag
        self.handle_data(f"</{tag.rpartition(':')[2]}>", escape=0)

    def _open_inline(self, tag: str, given: Mapping[str, str]) -> None:
        """Markup inside of a text becomes part of it, also of one that is called plain."""
        if not str(self.contentparams["type"]).startswith(MEDIA):
            self.contentparams["type"] = XHTML
            self._is_literal = False
        self._nested += tag == self._content_tag
        self.handle_data(f"<{tag.rpartition(':')[2]}{self.strattrs(given.items())}>", escape=0)

    def _close_unclosed(self, tag: str) -> None:
        """Of a broken feed: what stands in no text ends the text that has no end."""
        name = self._find_name(tag)
        is_sibling = name in SIBLINGS or ("_" in name and name in (CONTENTS.keys() | PLAIN.keys()))
        if name in STRUCTURE or (self.incontent and is_sibling and tag != self._content_tag):
            self._unwind()

    def _unwind(self) -> None:
        """Close what is open in an item, or before the first one, so that its text is kept."""
        while self.elementstack and self.elementstack[-1][0] != "item":
            self.pop(self.elementstack[-1][0])
        self.incontent = self.insource = self.inimage = self.inauthor = self.inpublisher = self.incontributor = 0
        self.contentparams = {}


class _Reader(_Elements):
    """What the elements hold."""

    def pop(self, element: str, strip_whitespace: int = 1) -> str | None:  # noqa: ARG002 - feedparser's own signature
        """The text of an element, kept where it belongs; None for one that is not the innermost."""
        if not self.elementstack or self.elementstack[-1][0] != element:
            return None
        _, expecting_text, pieces = self.elementstack.pop()
        output = "".join(pieces).strip()
        if not expecting_text or not output:
            return output
        output = self._decode(element, output)
        if not output.isprintable():
            output = output.translate(WINDOWS)
        if self.inentry and not self.insource:
            self._keep(self.found[-1], element, output)
        elif element == "link":
            self.channel_links[-1].address = join_address(self.baseuri, output)
        else:
            self._get_context()["subtitle" if element == "description" else element] = output
        return output

    def _decode(self, element: str, output: str) -> str:
        """Undo base64, what the loose parser leaves, and UTF-8 that was taken for Latin-1 and encoded once more."""
        kind = str(self.contentparams.get("type") or "")
        if self.contentparams.get("base64") or kind.startswith(MEDIA):
            try:
                return base64.b64decode(output).decode().strip()
            except ValueError:
                return ""  # a picture
        output = self.decode_entities(element, output)
        if not output.isascii():
            try:
                return output.encode("iso-8859-1").decode("utf-8")
            except UnicodeError:
                pass
        return output

    def _keep(self, entry: Entry, element: str, output: str) -> None:
        if self.inimage and element in {"title", "description"}:
            entry.captions.append(output)
        elif element == "title":
            if not (self.inauthor or self.inpublisher or self.incontributor):
                entry.titles.append((self.depth, Text(output, self._is_literal)))
        elif element in DATES:
            entry.dates.append((element, output))
        elif element in LISTS:
            getattr(entry, LISTS[element]).append(output)
        elif self.incontent and element not in NO_TEXTS:
            entry.texts.append(Text(output, self._is_literal))
        else:
            self._keep_plain(entry, element, output)

    def _keep_plain(self, entry: Entry, element: str, output: str) -> None:
        if element == "link":
            entry.links[-1].address = join_address(self.baseuri, output)
        elif element == "id":
            entry.guid = join_address(self.baseuri, output) if entry.is_permalink else output
        elif element == "language":
            entry.language = output

    def _start_item(self, attrs_d: Mapping[str, str]) -> None:
        self.entries.append(FeedParserDict())
        about = self._get_attribute(attrs_d, "rdf:about") or ""
        self.found.append(Entry(guid=about, language=self.lang if attrs_d.get("xml:lang") else None))
        self.push("item", 0)
        self.inentry = 1

    _start_entry = _start_item

    def _start_link(self, attrs_d: Mapping[str, str]) -> None:
        if self.insource or self.inimage or self.intextinput:
            self.push("link of another", 0)
            return
        link = Link(attrs_d.get("rel", "alternate"), attrs_d.get("type", ""))
        (self.found[-1].links if self.inentry else self.channel_links).append(link)
        if address := attrs_d.get("href") or attrs_d.get("url") or attrs_d.get("uri"):
            link.address = join_address(self.baseuri, address)
        else:
            self.push("link", 1)

    def _end_link(self) -> None:
        if self.pop("link") is None:
            self.pop("link of another")

    def _start_enclosure(self, attrs_d: Mapping[str, str]) -> None:
        address = attrs_d.get("url") or attrs_d.get("href")
        if self.inentry and address:
            link = Link("enclosure", attrs_d.get("type", ""), join_address(self.baseuri, address))
            self.found[-1].links.append(link)

    _start_media_content = _start_media_player = _start_enclosure

    def _end_media_player(self) -> None:
        """Nothing was begun."""

    def _start_guid(self, attrs_d: Mapping[str, str]) -> None:
        if self.inentry:
            self.found[-1].is_permalink = attrs_d.get("ispermalink", "true").strip().lower() != "false"
        self.push("id", 1)

    _start_id = _start_guid

    def _end_guid(self) -> None:
        self.pop("id")

    _end_id = _end_guid

    def _sync_author_detail(self, key: str = "author") -> None:
        """Nobody asks for authors, and finding an address in 16 kB of `a-` takes a second."""

    def handle_charref(self, ref: str) -> None:
        is_kept = ref.lower() in KEPT_REFERENCES
        if self.elementstack:
            self.elementstack[-1][2].append(f"&#{ref};" if is_kept else unescape(f"&#{ref};"))

    def handle_entityref(self, ref: str) -> None:
        if self.elementstack:
            self.elementstack[-1][2].append(f"&{ref};" if ref in XML_REFERENCES else unescape(f"&{ref};"))


class _Strict(_Reader, StrictFeedParser):  # type: ignore[misc]
    pass


class _Loose(_Reader, LooseFeedParser):  # type: ignore[misc]
    is_loose = True

    def parse_declaration(self, i: int) -> int:
        """A feed that breaks off within CDATA has said what it has said."""
        if self.rawdata.startswith("<![CDATA[", i) and self.rawdata.find("]]>", i) < 0:
            self.handle_data(escape(self.rawdata[i + 9 :]), 0)
            return len(self.rawdata)
        return int(super().parse_declaration(i))
