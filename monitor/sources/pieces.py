"""An article in pieces: the parts of one body with adverts between them, and the posts of a live page. Pure.

trafilatura takes the first piece for the whole. The pieces are siblings alike, so the others are found from that one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from lxml.html import HtmlElement, tostring

LINE = 40  # characters: what is shorter is a heading, a time, a button
PARAGRAPH = 80
POSTS = 3  # that make a live page
LINKED = 0.4  # share of a piece's text in links, from which on it is a teaser or a menu
DEEPEST = 12  # ancestors that are looked at
BODY = re.compile(r"body|content|text|copy|paragraph|part|prose", re.IGNORECASE)
POST = re.compile(r"post|live|update|ticker|timeline|entry|blog|moment|event", re.IGNORECASE)
HOLDS = re.compile(r"body|content|text|entry|post|article|story|main|copy", re.IGNORECASE)
LIVE = "LiveBlogPosting"
MOST_POSTS = 500


def join_pieces(tree: HtmlElement, text: str) -> str | None:
    """Markup of all pieces of the article of which `text` is one; None where it is whole."""
    known = set(map(_tidy, text.split("\n")))
    start = _locate(tree, known)
    for element in [] if start is None else [start, *start.iterancestors()][:DEEPEST]:
        if element.tag in {"body", "html"}:
            break
        pieces = _list_alike(element)
        if _belong_together(element, pieces) and not all(_is_known(piece, known) for piece in pieces):
            return f"<html><body><article>{''.join(map(_copy, pieces))}</article></body></html>"
    return None


def read_live_posts(tree: HtmlElement) -> str:
    """The posts that a live page declares for search engines (https://schema.org/LiveBlogPosting), else nothing."""
    from monitor.feeds.html import read_html  # here: this runs in the parser process alone

    posts = []
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json" and LIVE in (script.text or ""):
            posts += list(_find_updates(_load(script.text or "")))[:MOST_POSTS]
    parts = (str(post.get(key) or "") for post in posts for key in ("headline", "articleBody"))
    return "\n\n".join(filter(None, map(read_html, parts)))


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _find_updates(value: Any) -> Iterator[Mapping[str, Any]]:
    """Of a LiveBlogPosting, whether alone, in a list or in a graph."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        if LIVE in str(one.get("@type")):
            updates = one.get("liveBlogUpdate")
            yield from (
                update for update in (updates if isinstance(updates, list) else [updates]) if isinstance(update, dict)
            )
        elif isinstance(one.get("@graph"), list):
            yield from _find_updates(
                [part for part in one["@graph"] if isinstance(part, dict) and "@graph" not in part]
            )


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _locate(tree: HtmlElement, known: set[str]) -> HtmlElement | None:
    """The first element whose text is a line of the text that was extracted."""
    long = {line for line in known if len(line) >= LINE}
    return next(
        (one for one in tree.iter("p", "li", "blockquote", "div", "td") if _tidy(one.text_content()) in long), None
    )


def _list_alike(element: HtmlElement) -> list[HtmlElement]:
    parent = element.getparent()
    if parent is None:
        return [element]
    return [one for one in parent.iterchildren(element.tag) if _share_class(one, element)]


def _share_class(one: HtmlElement, other: HtmlElement) -> bool:
    """Posts of a live page may have classes of their own beside the common one."""
    first, second = set((one.get("class") or "").split()), set((other.get("class") or "").split())
    return (
        first == second
        or any(POST.search(name) or BODY.search(name) for name in first & second)
        or one.tag == "article"
    )


def _belong_together(element: HtmlElement, pieces: Sequence[HtmlElement]) -> bool:
    """Parts of a body, or posts; not an article with the teasers of others, nor one article below the other."""
    headed = sum(_has(one, "h1") for one in pieces)
    if len(pieces) < 2 or element.tag in {"p", "blockquote", "td"} or headed > 1:
        return False
    whole = [one for one in pieces if _has_words(one)]
    if element not in whole:
        return False
    name = element.get("class") or ""
    is_post = _is_post(element) or POST.search(name)
    if is_post and not headed and len(whole) >= POSTS and 2 * len(whole) >= len(pieces):
        return True
    return bool(BODY.search(name)) and element.tag in {"div", "section"} and len(whole) >= 2


def _is_post(element: HtmlElement) -> bool:
    """An article, or what holds one."""
    return any(
        one.tag == "article" or one.get("role") == "article" for one in element.iter("article", "div", "section", "li")
    )


def _has(element: HtmlElement, tag: str) -> bool:
    return next(element.iter(tag), None) is not None


def _has_words(element: HtmlElement) -> bool:
    """At least one real paragraph, and most of its words in no link."""
    lines = [_tidy(one.text_content()) for one in element.iter("p", "li", "blockquote")]
    linked = sum(len(_tidy(one.text_content())) for one in element.iter("a"))
    return any(len(line) >= PARAGRAPH for line in lines) and linked < LINKED * len(_tidy(element.text_content()))


def _is_known(element: HtmlElement, known: set[str]) -> bool:
    lines = (_tidy(one.text_content()) for one in element.iter("p", "li", "blockquote"))
    return all(line in known for line in lines if len(line) >= LINE)


def _copy(element: HtmlElement) -> str:
    """Without the names by which trafilatura would again take the first one for the whole."""
    copied = deepcopy(element)
    for one in copied.iter():
        if one.tag == "article":
            one.tag = "div"
        if isinstance(one.tag, str):
            kept = [name for name in (one.get("class") or "").split() if not HOLDS.search(name)]
            one.attrib.pop("class", None)
            if kept:
                one.set("class", " ".join(kept))
    for name in ("id", "role", "itemprop", "itemtype"):
        copied.attrib.pop(name, None)
    copied.tail = None
    return str(tostring(copied, encoding="unicode"))
