"""What in a text is markup and what only looks like it: "turnout <a quarter>" says something, "<a href=…>" does not.

A tag is what HTML knows, written as HTML is written. Everything else between angle brackets is text, so that no word
of an item is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from importlib.resources import files

_TOKEN = re.compile(
    r"""<!--|<!\[CDATA\[|\]\]>|<[!?][^<>]*>|</?[a-zA-Z](?:[^<>"']|"[^"<]*"|'[^'<]*')*>|</?[a-zA-Z][^<>]*>|<"""
)
_NAME = re.compile(r"</?([a-zA-Z][\w-]*(?::[a-zA-Z][\w-]*)?)(?=[\s/>])")
_ATTRIBUTE = re.compile(r"""[\s/]+(?:([^\s"'<>/=]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>`]+))?)?""")
_ELEMENTS = {
    kind: frozenset(names)
    for kind, names in json.loads(files("monitor.feeds").joinpath("data/elements.json").read_text("ascii")).items()
}
BLOCKS, _INLINES, _SWITCHES = _ELEMENTS["blocks"], _ELEMENTS["inlines"], _ELEMENTS["switches"]
KEPT = _ELEMENTS["kept blocks"] | (
    _INLINES - {"script", "style", "svg", "math", "image", "input"}
)  # read by nh3 as they are
_LOST_BLOCKS = BLOCKS - _ELEMENTS["kept blocks"]  # those that nh3 takes away
_RARELY_OPEN = _ELEMENTS["rarely open"]  # without attributes and an end they are what an article is about
_HIDDEN = frozenset({"script", "style"})
_IMAGE_OPENINGS = ("<img", "<IMG", "<area", "<image", "<Img")
_IMAGE = re.compile(r"<(?:img|area|image)\s[^<>]*>", re.IGNORECASE)
_ALT = re.compile(r"""[\s"']alt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_TITLE = re.compile(r"""[\s"']title\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif|bmp|heic)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it is written (`name` is ""), or a tag: `text` is then how it should have been written."""

    text: str
    name: str = ""

    @property
    def is_block(self) -> bool:
        return self.name in BLOCKS


def split_markup(markup: str) -> Iterator[Piece]:
    """Text and tags in turn, without comments, scripts and styles. Time grows with the length alone."""
    scan = _Scan(markup)
    for found in _TOKEN.finditer(markup):
        if found.start() >= scan.at:
            yield from scan.read(found)
    if scan.at < len(markup):
        yield Piece(markup[scan.at :])


def mend_markup(markup: str) -> str:
    """As HTML that nh3 and inscriptis read without losing a word."""
    return "".join(
        piece.text.replace("<", "&lt;") if not piece.name else _write_tag(piece) for piece in split_markup(markup)
    )


def list_captions(markup: str) -> list[str]:
    """What images show, as their alternative texts say it; file names and signs say nothing."""
    if not any(opening in markup for opening in _IMAGE_OPENINGS):
        return []
    captions = []
    for image in _IMAGE.findall(markup):
        found = _ALT.search(image)
        if found is None or not "".join(filter(None, found.groups())).strip():
            found = _TITLE.search(image)
        caption = unescape("".join(filter(None, found.groups()))).strip() if found else ""
        if any(map(str.isalpha, caption)) and not _FILE_NAME.fullmatch(caption):
            captions.append(" ".join(caption.split()))
    return captions


def _write_tag(piece: Piece) -> str:
    if piece.name in _LOST_BLOCKS:
        return "</div>" if piece.text.startswith("</") else "<div>"
    return piece.text


class _Scan:
    """Where the reading of one text has come to."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.at = 0
        self._missing: set[str] = set()  # ends that do not come any more

    def read(self, found: re.Match[str]) -> Iterator[Piece]:
        before, token = self.markup[self.at : found.start()], found[0]
        if before:
            yield Piece(before)
        self.at = found.end()
        if token == "<!--":  # noqa: S105 - no password
            self.at = self._find("-->", found.end()) or found.end()
        elif token.startswith("</") or token[1:2].isalpha():
            yield from self._read_tag(token, found.end())
        elif token == "<":  # noqa: S105
            yield Piece(token)

    def _read_tag(self, token: str, end: int) -> Iterator[Piece]:
        name = _NAME.match(token)
        known = name[1].lower() if name else ""
        if name is None or not self._is_tag(token[name.end() :], known, end, is_end=token[1] == "/"):
            yield Piece(token)
        elif known in _HIDDEN:
            yield from self._skip_hidden(token, known, end)
        elif known in BLOCKS or known in _INLINES:
            yield Piece(_rewrite(token, name), known)
        else:
            yield Piece("" if ":" in known or "-" in known else " ")

    def _is_tag(self, rest: str, name: str, end: int, *, is_end: bool) -> bool:
        """Whether HTML has such an element, or somebody made it up, and closes it."""
        is_known = name in BLOCKS or name in _INLINES or ":" in name or "-" in name
        if is_end:
            return is_known or not rest[:-1].strip()
        is_doubtful = not is_known or (name in _RARELY_OPEN and name not in _HIDDEN and "=" not in rest)
        if is_doubtful and not self._find(f"</{name}", end):
            return False
        return "=" in rest or all(map(_is_switch, _ATTRIBUTE.findall(rest[:-1])))

    def _skip_hidden(self, token: str, name: str, end: int) -> Iterator[Piece]:
        """What no browser shows. A `<style>` in the middle of a sentence, which nothing closes, is a word."""
        if token[1] == "/":
            return
        close = self._find(f"</{name}", end)
        if close:
            self.at = self.markup.find(">", close) + 1 or len(self.markup)
        elif "=" in token:
            self.at = len(self.markup)
        else:
            yield Piece(token)

    def _find(self, what: str, start: int) -> int:
        """Where `what` ends, 0 when it does not come any more, which is asked only once."""
        if what in self._missing:
            return 0
        found = re.compile(re.escape(what), re.IGNORECASE).search(self.markup, start)
        if found is None:
            self._missing.add(what)
            return 0
        return found.end()


def _is_switch(attribute: tuple[str, str]) -> bool:
    name, value = attribute
    return not name or bool(value) or name.lower() in _SWITCHES or "-" in name


def _rewrite(token: str, name: re.Match[str]) -> str:
    """A tag whose attributes are broken, without them: `<a href="x>`."""
    rest = token[name.end() : -1]
    is_whole = "".join(found[0] for found in _ATTRIBUTE.finditer(rest)) == rest
    return token if is_whole else f"{name[0]}>"
