"""An article in pieces is read whole, and what only stands beside it stays out."""

from __future__ import annotations

import json

import pytest

from monitor.sources.article_text import extract_text
from monitor.sources.pieces import read_live_posts

HEADLINE = "المدينة: مباحثات المياه والكهرباء"


def say(number: int) -> str:
    return (
        f"<p>Paragraph {number}: the official said that the meeting held in the town discussed water, power and roads "
        f"between the provinces, and that work number {number} would soon begin.</p>"
    )


def post(number: int, tag: str = "article", attributes: str = "") -> str:
    return f"<{tag} {attributes}><time>10:{number}</time><h2>Post {number}</h2>{say(number)}</{tag}>"


def read(inner: str) -> list[int]:
    """The numbers of the paragraphs that are read of a page."""
    page = f"<html><head><title>T</title></head><body><nav><a href=/>Home</a></nav>{inner}</body></html>"
    text = extract_text(page.encode(), "utf-8", HEADLINE).body
    return [number for number in range(40) if f"Paragraph {number}:" in text]


@pytest.mark.parametrize("holder", ["article", "main", "div"])
@pytest.mark.parametrize(
    "name", ["article-body", "article__body", "entry-content", "post-content", "story-body", "text", "RichText"]
)
def test_the_parts_of_a_body_are_one_text(holder: str, name: str) -> None:
    first, second = "".join(map(say, range(3))), "".join(map(say, range(3, 5)))
    parts = f'<div class="{name}">{first}</div><div class=ad>Advert</div><div class="{name}">{second}</div>'
    assert read(f"<{holder}><h1>{HEADLINE}</h1>{parts}</{holder}>") == list(range(5))


@pytest.mark.parametrize(
    "make",
    [
        post,
        lambda number: post(number, attributes=f'id="p{number}" class="post k{number}"'),
        lambda number: post(number, "div", "class=post"),
        lambda number: post(number, "div", f"class='liveblog-entry entry-content e{number}'"),
        lambda number: f"<li>{post(number)}</li>",
        lambda number: f"<li><article><div class=entry-content>{say(number)}</div></article></li>",
        lambda number: post(number, "div", "role=article"),
        lambda number: post(number, "section", "itemprop=liveBlogUpdate class=update"),
    ],
    ids=range(8),
)
def test_the_posts_of_a_live_page_are_one_text(make) -> None:
    posts = "".join(map(make, range(10)))
    assert read(f"<main><h1>Live</h1><div>{posts}</div></main>") == list(range(10))


def test_posts_below_an_introduction_are_read_with_it() -> None:
    posts = "".join(map(post, range(5)))
    assert read(f"<main><article><h1>Live</h1>{say(30)}{posts}</article></main>") == [0, 1, 2, 3, 4, 30]


@pytest.mark.parametrize(
    "beside",
    [
        "".join(f"<article><h3><a href=/{n}>Teaser {n}</a></h3><p><a href=/{n}>{say(n)}</a></p></article>" for n in range(20, 25)),
        "".join(f"<article><h3>Teaser {n}</h3>{say(n)}</article>" for n in range(20, 25)),
        "".join(f"<article><h1>Another story {n}</h1>{say(n)}{say(n + 10)}</article>" for n in range(20, 23)),
        "<div class=comments>" + "".join(f"<div class=comment>{say(n)}</div>" for n in range(20, 25)) + "</div>",
        f"<article class=related><h3>Related</h3>{say(20)}</article>",
    ],
    ids=["linked teasers", "teasers", "endless scrolling", "comments", "one more"],
)  # fmt: skip
def test_what_stands_beside_an_article_stays_out(beside: str) -> None:
    assert read(f"<main><article><h1>{HEADLINE}</h1>{say(0)}{say(1)}</article>{beside}</main>") == [0, 1]


def test_an_article_that_is_whole_is_read_as_before() -> None:
    assert read(f"<article><h1>{HEADLINE}</h1>{say(0)}{say(1)}{say(2)}</article>") == [0, 1, 2]


LIVE = {
    "@type": ["LiveBlogPosting"],
    "liveBlogUpdate": [
        {"@type": "BlogPosting", "headline": f"Post {number}", "articleBody": say(number)} for number in range(6)
    ],
}


@pytest.mark.parametrize(
    "written",
    [LIVE, [{"@type": "Organization"}, LIVE], {"@graph": [LIVE, "x"]}, {**LIVE, "liveBlogUpdate": LIVE["liveBlogUpdate"] + ["x", None]}],
    ids=["alone", "list", "graph", "with others"],
)  # fmt: skip
def test_posts_that_only_a_program_sees_are_read(written: object) -> None:
    script = f'<script type="application/ld+json">{json.dumps(written)}</script>'
    assert read(f"{script}<main><h1>Live</h1>{say(0)}<div id=posts></div></main>") == list(range(6))


@pytest.mark.parametrize(
    "written",
    ["", "{", "[" * 5000, '{"@type": "LiveBlogPosting"}', '{"@type": "LiveBlogPosting", "liveBlogUpdate": 5}', "null"],
    ids=range(6),
)
def test_posts_that_are_broken_are_left(written: str) -> None:
    script = f'<script type="application/ld+json">{written} LiveBlogPosting</script>'
    valid = f'<script type="application/ld+json">{written}</script>'
    assert read(f"{script}{valid}<article>{say(0)}{say(1)}</article>") == [0, 1]


def test_many_pieces_cost_little() -> None:
    posts = "".join(map(post, range(2000)))
    page = f"<html><body><main><h1>Live</h1>{posts}</main></body></html>"
    assert "Paragraph 1999:" in extract_text(page.encode(), "utf-8", HEADLINE).body


def test_a_page_without_scripts_has_no_posts() -> None:
    from lxml.html import fromstring

    assert read_live_posts(fromstring("<p>x</p>")) == ""
