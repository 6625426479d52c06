"""Prose takes a short way from HTML to text; it leads where the long one does."""

from __future__ import annotations

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from monitor.feeds.html import WHOLE_TAG, read_html
from monitor.feeds.lines import tidy_lines

STYLE = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)
WORDS = st.sampled_from(["قال", "Путин", "x", " ", "\n", "foo bar", "\u00a0", "。", "\u2028", "نیم\u200cفاصله", "\x07"])
INLINE = st.sampled_from(["a", "b", "i", "em", "strong", "u", "sub", "sup", "small", "cite", "code", "time"])
BLOCKS = st.sampled_from(["p", "div", "h2", "blockquote", "article", "figure", "header"])


def wrap(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


texts = st.lists(WORDS, min_size=1, max_size=5).map("".join)
inline = st.recursive(
    texts, lambda inner: st.builds(wrap, INLINE, inner) | st.builds("{}<br><br>{}".format, inner, inner), max_leaves=4
)
prose = st.lists(st.builds(wrap, BLOCKS, inline) | inline, min_size=1, max_size=5).map("".join)


@given(prose)
def test_prose_reads_as_inscriptis_reads_it(markup: str) -> None:
    whole = f"<html><body>{nh3.clean(markup)}</body></html>"
    assert read_html(f"<p></p>{markup}") == tidy_lines(get_text(whole, STYLE))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>نص <b>أول</b></p>\n<p>نص\nثان</p>", "نص أول\n\nنص ثان"),
        ("one<br/>two<BR>three", "one\n\ntwo\n\nthree"),
        ("<p>AT&amp;T &lt;b&gt; &amp;lt;</p>", "AT&T <b> &lt;"),
        ("<p title='a>b'>x</p>", "x"),
        ("<P>a<IMG src=x.png alt='no'>b</P >c", "ab\n\nc"),
        ("<p class=a id = 'b' hidden>a &lt b</p><!-- c --><p>3 < 4", "a < b\n\n3 < 4"),
        ("<p>a&#7;b&#x378;c&#xD800;d</p>", "abc\ufffdd"),
        ("<pa>x</pa><p =y>z</p>", "x\n\nz"),
        ("Kyiv<span>today</span>", "Kyivtoday"),
        ("<p>a<script>evil()</script>b</p>", "ab"),
        ("<section>one</section><marquee>two</marquee>", "one\n\ntwo"),
        ("<a href=x title='a > b'>one</a>", "one"),
        ("&#xD83D;&#xDE00; &#55357;&#56832; &#xD83D; &#55357;&#65;", "😀 😀 \ufffd \ufffdA"),
        ("<ul><li>one</li><li>two</li></ul>", "* one\n\n* two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<p>a&#8232;b&nbsp; c</p>", "a b c"),
        ("<p>a\x07b\u0378c\ud800</p>".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "abc\ufffd"),
    ],
)
def test_markup_becomes_text_once(markup: str, text: str) -> None:
    assert read_html(markup) == text


@pytest.mark.parametrize("unit", [" b", " b=c", ' b="c"', " b='c' ", " ", " b = ", "\t\n b"])
@pytest.mark.parametrize("end", ["", "<", ">", "/>"])
def test_a_tag_without_end_is_read_in_passing(unit: str, end: str) -> None:
    assert WHOLE_TAG.findall("<p>" + "<a" + unit * 100_000 + end)[0] == "p"
