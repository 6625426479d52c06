"""No word of an item is lost: wherever a feed puts it, however it is marked up, cut into lines, or escaped."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitor.feeds.parse import parse_document
from monitor.model import Article, Document, Feed, Source, SourceId, Validator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOURCE = Source(id=SourceId("wire"), url="https://feeds.example.net/rss")
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:yandex="http://news.yandex.ru" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="urn:x"'
)
PLAN = "<p>The plan to widen the canal was presented on Monday.</p><p>It costs a lot, and will take years.</p>"


def parse(body: str, source: Source = SOURCE) -> Feed:
    document = Document(
        source=source.id, location=source.url or "", body=body.encode(), fetched_at=NOW, validator=Validator()
    )
    return parse_document(source, document)


def rss(item: str, channel: str = "<link>https://paper.example/news/</link>") -> Feed:
    return parse(
        f"<rss version='2.0' {SPACES}><channel><title>Paper</title>{channel}<item>{item}</item></channel></rss>"
    )


def atom(entry: str, root: str = "") -> Feed:
    return parse(f'<feed xmlns="http://www.w3.org/2005/Atom" {root}><title>F</title><entry>{entry}</entry></feed>')


def one(feed: Feed) -> Article:
    (article,) = feed.articles
    return article


def cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


@pytest.mark.parametrize(
    "element",
    [
        "<description>Ilse Brandt is behind it.</description>",
        "<media:description>Ilse Brandt is behind it.</media:description>",
        "<media:content url='https://i.example/a.jpg'><media:description type='plain'>Ilse Brandt is behind it.</media:description></media:content>",
        "<media:group><media:title>Ilse Brandt is behind it</media:title></media:group>",
        "<media:text type='html'>&lt;p&gt;Ilse Brandt is behind it.&lt;/p&gt;</media:text>",
        "<itunes:summary>Ilse Brandt is behind it.</itunes:summary>",
        "<itunes:subtitle>Ilse Brandt is behind it.</itunes:subtitle>",
        "<itunes:title>Ilse Brandt is behind it</itunes:title>",
        "<yandex:full-text>Ilse Brandt is behind it.</yandex:full-text>",
        "<yandex:full-text xml:lang='en' type='html'>Ilse Brandt is behind it.</yandex:full-text>",
        "<x:fulltext><p>Ilse <b>Brandt</b> is behind it.</p></x:fulltext>",
        "<excerpt:encoded>Ilse Brandt is behind it.</excerpt:encoded>",
        "<dc:description>Ilse Brandt is behind it.</dc:description>",
        "<dc:title>Ilse Brandt is behind it</dc:title>",
        "<atom:summary type='html'>&lt;p&gt;Ilse Brandt is behind it.&lt;/p&gt;</atom:summary>",
        "<atom:content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Ilse Brandt is behind it.</p></div></atom:content>",
        "<lead>Ilse Brandt is behind it.</lead>",
        "<subtitle>Ilse Brandt is behind it.</subtitle>",
        "<image><title>Ilse Brandt is behind it</title><url>https://i.example/a.jpg</url></image>",
        "<title>Ilse Brandt is behind it</title>",
        "<description><![CDATA[<img src=x.jpg alt='Ilse Brandt is behind it'>]]></description>",
        "<description><![CDATA[<figure><img src=x><figcaption>Ilse Brandt is behind it.</figcaption></figure>]]></description>",
        """<description><![CDATA[<img src=x alt="" title="Ilse Brandt is behind it">]]></description>""",
    ],
    ids=range(23),
)  # fmt: skip
@pytest.mark.parametrize("place", ["before", "after"])
def test_what_the_content_lacks_is_kept_wherever_it_stands(element: str, place: str) -> None:
    content = f"<content:encoded>{cdata(PLAN)}</content:encoded>"
    title = "<title>Canal to be widened</title>"
    article = one(rss(f"{title}{element}{content}" if place == "before" else f"{title}{content}{element}"))
    assert article.headline == "Canal to be widened"
    assert article.body.startswith("The plan to widen the canal was presented on Monday.\n\nIt costs a lot")
    assert article.body.count("Ilse Brandt is behind it") == 1


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("The plan to widen the canal was presented on Monday.", ""),
        ("The plan to widen the canal was pres…", ""),
        ("<p>The plan to widen the canal was [...]</p>", ""),
        ("The plan to widen the canal was presented on Monday. It costs a lot, and will take years.", ""),
        ("THE PLAN to <b>widen</b> the canal was presented on Monday", ""),
        ("The plan to widen the canal was presented on Monday. Read on.", "Read on."),
        ("Ilse Brandt said so. It costs a lot, and will take years.", "Ilse Brandt said so."),
        ("Canal", ""),
        ("Can", "Can"),
        ("", ""),
    ],
)
def test_what_is_said_twice_is_kept_once(summary: str, kept: str) -> None:
    article = one(
        rss(
            f"<title>T</title><description>{cdata(summary)}</description><content:encoded>{cdata(PLAN)}</content:encoded>"
        )
    )
    assert article.body.split("\n\n")[2:] == ([kept] if kept else [])


def test_a_content_of_pictures_alone_leaves_the_description() -> None:
    picture = f"<img alt='' src='https://i.example/p.jpg' srcset='{'https://i.example/p-100x100.jpg 100w, ' * 30}'>"
    article = one(
        rss(
            f"<title>T</title><description>Ilse Brandt came.</description><content:encoded>{cdata(picture)}</content:encoded>"
        )
    )
    assert article.body == "Ilse Brandt came."


def test_a_caption_that_is_the_headline_is_not_said_again() -> None:
    article = one(
        rss("<title>Ilse Brandt came</title><media:title>Ilse Brandt came</media:title><description>T.</description>")
    )
    assert (article.headline, article.body) == ("Ilse Brandt came", "T.")


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Ilse&lt;br/&gt;Brandt arrives", "Ilse Brandt arrives"),
        ("&lt;p&gt;Ilse&lt;/p&gt;&lt;p&gt;Brandt&lt;/p&gt;", "Ilse Brandt"),
        ("<![CDATA[<h2>Ilse</h2><h2>Brandt</h2>]]>", "Ilse Brandt"),
        ("Ilse<br/>Brandt", "Ilse Brandt"),
        ("<b>I</b>lse <i>Bra</i>ndt", "Ilse Brandt"),
        ("&lt;span class='cap'&gt;I&lt;/span&gt;lse Bra&lt;wbr&gt;ndt", "Ilse Brandt"),
        ("Il&amp;shy;se Bra&amp;#8203;ndt", "Ilse Brandt"),
        ("Turnout &lt;a third&gt; in the north", "Turnout <a third> in the north"),
        ("Less &lt; more, 3 &lt; 4 &gt; 2", "Less < more, 3 < 4 > 2"),
        ("How &lt;script&gt; works", "How <script> works"),
        ("How &lt;style&gt; hides a page, by Brandt", "How <style> hides a page, by Brandt"),
        ("&lt;iframe&gt;, and why we use it no more", "<iframe>, and why we use it no more"),
        ("&lt;script&gt;evil()&lt;/script&gt;Brandt", "Brandt"),
        ("Mail &lt;ilse@paper.example&gt; or &lt;https://paper.example&gt;", "Mail <ilse@paper.example> or <https://paper.example>"),
        ("&lt;Ilse Brandt&gt; speaks", "<Ilse Brandt> speaks"),
        ("Brandt &amp;amp; Sons: &amp;#8220;Yes&amp;#8221;", "Brandt & Sons: “Yes”"),
        ("Brandt &amp;amp;amp; Sons", "Brandt & Sons"),
        ("<![CDATA[Brandt&#8217;s plan]]>", "Brandt’s plan"),
        ("&lt;img src='x' alt='Ilse Brandt'/&gt;", "Ilse Brandt"),
        ("Ilse\n   Brandt", "Ilse Brandt"),
        ("Saint-\nDenis", "Saint-Denis"),
        ("北京\n大学", "北京大学"),
        ("&lt;a href=&quot;x&gt;Ilse&lt;/a&gt; says &quot;yes&quot;", 'Ilse says "yes"'),
    ],
    ids=range(23),
)  # fmt: skip
def test_a_headline_keeps_its_words_apart_and_whole(title: str, headline: str) -> None:
    assert one(rss(f"<title>{title}</title><description>x</description>")).headline == headline


@pytest.mark.parametrize(
    ("attribute", "value", "headline"),
    [
        (
            'type="text"',
            "Without &lt;b&gt;marks&lt;/b&gt; &amp;amp; &lt;script&gt;",
            "Without <b>marks</b> &amp; <script>",
        ),
        ('type="text/plain"', "a &lt;br&gt; b", "a <br> b"),
        ('type="html"', "&lt;b&gt;Bold&lt;/b&gt; &amp;amp; on", "Bold & on"),
        ('type="xhtml"', '<div xmlns="http://www.w3.org/1999/xhtml"><b>Bold</b> &lt;b&gt;</div>', "Bold <b>"),
        ("", "&lt;b&gt;Bold&lt;/b&gt; &amp;amp; on", "Bold & on"),
    ],
)
def test_the_type_of_a_text_counts(attribute: str, value: str, headline: str) -> None:
    assert one(atom(f"<id>1</id><title {attribute}>{value}</title>")).headline == headline
    assert one(atom(f"<id>1</id><title>T</title><summary {attribute}>{value}</summary>")).body == headline


@pytest.mark.parametrize(
    ("description", "body"),
    [
        ("There Vladimir\nOrlov spoke to the press.\n\nNobody answered.", "There Vladimir Orlov spoke to the press.\n\nNobody answered."),
        ("one\ntwo\nthree", "one\n\ntwo\n\nthree"),
        (cdata("<p>There Vladimir\nOrlov spoke.</p>"), "There Vladimir Orlov spoke."),
        (cdata("<p>In Saint-\nDenis.</p>"), "In Saint-Denis."),
        (cdata("There Vladimir<br>Orlov spoke to the press.<br><br>Nobody answered."), "There Vladimir Orlov spoke to the press.\n\nNobody answered."),
        (cdata("<pre>There Vladimir\nOrlov spoke.</pre>"), "There Vladimir Orlov spoke."),
        (cdata("<ul><li>one</li><li>two</li></ul>"), "* one\n\n* two"),
        (cdata("<section>one</section><section>two</section>"), "one\n\ntwo"),
        (cdata("<dl><dt>one</dt><dd>two</dd></dl>"), "one\n\ntwo"),
        (cdata("<div>one</div><div>two</div>"), "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\n\ntwo"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        (cdata("<span class=x>L</span>jubljana <font color=red>to</font>day"), "Ljubljana today"),
        (cdata("a <!-- b --> c <!-- d"), "a c d"),
        (cdata("&lt;![CDATA[Ilse Brandt]]&gt;"), "<![CDATA[Ilse Brandt]]>"),
        ("&lt;![CDATA[Ilse Brandt]]&gt;", "Ilse Brandt"),
        (cdata("a <iframe src=x>Ilse Brandt</iframe> b <noscript>c</noscript>"), "a\n\nIlse Brandt\n\nb\n\nc"),
        (cdata("a <title>Ilse</title> b <textarea>c"), "a\n\nIlse\n\nb <textarea>c"),
        (cdata("x < y and <john@paper.example> said <Ilse Brandt> & co"), "x < y and <john@paper.example> said <Ilse Brandt> & co"),
        (cdata("text <a href='https://paper.exam"), "text <a href='https://paper.exam"),
        (cdata("<script>x()</script>a<style>b{}</style>c"), "ac"),
        (cdata("a<script src=x>broken off"), "a"),
        (cdata("<author>Ilse Brandt</author> says"), "Ilse Brandt says"),
    ],
    ids=range(23),
)  # fmt: skip
def test_blocks_part_words_inline_tags_and_line_ends_do_not(description: str, body: str) -> None:
    assert one(rss(f"<title>T</title><description>{description}</description>")).body == body


def test_markup_with_names_of_elements_does_not_end_a_content() -> None:
    content = "<div xmlns='http://www.w3.org/1999/xhtml'><details><summary>More</summary>Ilse</details><title>x</title> Brandt</div>"
    assert (
        one(atom(f"<id>1</id><title>T</title><content type='xhtml'>{content}</content>")).body
        == "More\n\nIlse\n\nx\n\nBrandt"
    )


def test_a_picture_in_base64_is_no_text_and_a_text_is() -> None:
    assert one(atom("<id>1</id><title>T</title><content type='image/png'>iVBORw0KGgo=</content>")).body == ""
    assert (
        one(atom("<id>1</id><title>T</title><content mode='base64' type='text/html'>PHA+SWxzZTwvcD4=</content>")).body
        == "Ilse"
    )


@pytest.mark.parametrize(
    ("entry", "language"),
    [
        ("<id>1</id><title>خبر</title>", "en"),
        ("<id>1</id><title xml:lang='ar'>خبر</title>", "ar"),
        ("<id>1</id><title>T</title><content xml:lang='ar-SY'>خبر</content>", "ar-SY"),
    ],
)
def test_the_language_of_a_text_is_the_entrys(entry: str, language: str) -> None:
    assert one(atom(entry, 'xml:lang="en"')).language == language


def test_the_language_of_an_entry_counts() -> None:
    feed = parse(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>F</title>'
        '<entry xml:lang="ar"><id>1</id><title>خبر</title></entry><entry><id>2</id><title>News</title></entry></feed>'
    )
    assert [article.language for article in feed.articles] == ["ar", "en"]
    assert one(rss("<title>خبر</title><dc:language>ar</dc:language>", "<language>en</language>")).language == "ar"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>/a/1</link>", "https://paper.example/a/1"),
        ("<link>1.html</link>", "https://paper.example/news/1.html"),
        ("<link>\n https://paper.example/1 \n</link>", "https://paper.example/1"),
        ("<link/><guid>https://paper.example/g</guid>", "https://paper.example/g"),
        ("<guid isPermaLink='false'>https://paper.example/g</guid>", "https://paper.example/g"),
        ("<guid>77</guid>", None),
        ("<enclosure url='https://c.example/1.mp3' type='audio/mpeg'/>", "https://c.example/1.mp3"),
        ("<guid isPermaLink='false'>e</guid><enclosure url='/1.mp3'/>", "https://paper.example/1.mp3"),
        ("<media:content url='https://c.example/1.mp4'/>", "https://c.example/1.mp4"),
        ("<enclosure url='https://c.example/1.mp3'/><link>https://paper.example/1</link>", "https://paper.example/1"),
        ("<atom:link rel='related' href='https://o.example/'/><link>https://paper.example/1</link>", "https://paper.example/1"),
        ("<atom:link rel='replies' href='https://paper.example/1/feed'/>", None),
        ("<atom:link rel='via' href='https://o.example/1'/>", "https://o.example/1"),
        ("<link>javascript:alert(1)</link><guid>https://paper.example/g</guid>", "https://paper.example/g"),
        ("<source url='https://o.example/rss'>Other</source><image><link>https://i.example/</link></image>", None),
    ],
)  # fmt: skip
def test_where_an_item_leads(item: str, url: str | None) -> None:
    assert one(rss(f"<title>T</title>{item}")).url == url


def test_bases_of_the_feed_and_its_entries_hold() -> None:
    entry = "<id>1</id><title>T</title><link {}href='1.html'/>"
    assert one(atom(entry.format(""), "xml:base='https://b.example/x/'")).url == "https://b.example/x/1.html"
    assert (
        one(atom(entry.format("xml:base='y/' "), "xml:base='https://b.example/x/'")).url
        == "https://b.example/x/y/1.html"
    )
    assert one(atom(entry.format(""))).url == "https://feeds.example.net/1.html"
    assert one(atom(entry.format(""), "xml:base='http://[bad'")).url == "https://feeds.example.net/1.html"
    link = "<id>1</id><title>T</title><link rel='enclosure' type='image/jpeg'>https://i.example/1.jpg</link><link href='/1'/>"
    assert one(atom(link)).url == "https://feeds.example.net/1"


def test_what_stands_in_for_a_link_is_no_part_of_an_identity() -> None:
    episode = "<title>T</title><guid isPermaLink='false'>ep-1</guid>{}"
    without, with_enclosure = (
        one(rss(episode.format(rest))) for rest in ("", "<enclosure url='https://c.example/1.mp3?t=1'/>")
    )
    assert without.id == with_enclosure.id
    assert one(rss("<title>T</title><enclosure url='https://c.example/1.mp3'/>")).keys[1] == "page:c.example/1.mp3"


@pytest.mark.parametrize(
    "item",
    [
        "<link>https://paper.example/2</link><media:content url='https://i.example/2.jpg' medium='image'/>",
        "<guid>2</guid><title/><description> </description>",
        f"<guid>2</guid><description>{cdata('<img src=x.jpg alt=x.jpg><br>')}</description>",
    ],
)
def test_items_without_words_are_counted_and_no_failure(item: str) -> None:
    feed = rss(f"<title>T</title></item><item>{item}")
    assert (len(feed.articles), feed.wordless, feed.problems, feed.listed) == (1, 1, (), 2)


def test_an_item_of_a_picture_alone_says_what_it_shows() -> None:
    article = one(
        rss("<guid>3</guid><description><![CDATA[<img src=x.jpg alt='Ilse Brandt at the port'>]]></description>")
    )
    assert (article.headline, article.body) == ("Ilse Brandt at the port",) * 2


def read_json(**item: object) -> Article:
    return one(
        parse(json.dumps({"home_page_url": "https://paper.example/", "items": [{"id": "1", "title": "T", **item}]}))
    )


def test_a_json_feed_says_all_that_it_holds() -> None:
    article = read_json(
        content_text="Read more", content_html="<p>Ilse came.</p><img src=x alt='The port'>", summary="Brandt came."
    )
    assert article.body == "Brandt came.\n\nIlse came.\n\nRead more\n\nThe port"
    assert read_json(content_text="a <b> &amp; c\x00").body == "a <b> &amp; c"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"url": "/1", "external_url": "https://o.example/1"}, "https://paper.example/1"),
        ({"external_url": "https://o.example/1"}, "https://o.example/1"),
        ({"id": "https://paper.example/9"}, "https://paper.example/9"),
        ({"attachments": [{"url": "https://c.example/1.mp3"}]}, "https://c.example/1.mp3"),
        ({"attachments": [7], "url": 3, "external_url": None}, None),
        ({"attachments": {}, "url": "javascript:x"}, None),
    ],
)
def test_where_an_item_of_a_json_feed_leads(item: dict[str, object], url: str | None) -> None:
    assert read_json(**item).url == url


@pytest.mark.parametrize(
    ("item", "day"),
    [
        ({"date_published": "2026-11-20 08:30:00"}, 20),
        ({"date_published": "Fri, 20 Nov 2026 08:30:00 +0300"}, 20),
        ({"date_published": 1795163400}, 20),
        ({"date_published": "soon", "date_modified": "2026-11-21T08:30:00Z"}, 21),
        ({"date_published": True}, None),
        ({"date_published": "05/06/2026"}, None),
    ],
)
def test_dates_of_a_json_feed(item: dict[str, object], day: int | None) -> None:
    found = read_json(**item).published_at
    assert (found.day if found else None) == day


def test_items_of_a_json_feed_decide_the_order_of_its_dates() -> None:
    items = [
        {"id": str(n), "title": "T", "date_published": date} for n, date in enumerate(["05/06/2026", "13/06/2026"])
    ]
    feed = parse(json.dumps({"items": items}))
    assert [article.published_at and article.published_at.month for article in feed.articles] == [6, 6]


DATED = "<item><guid>{0}</guid><title>T {0}</title><pubDate>{1}</pubDate></item>"


def test_items_of_a_feed_decide_the_order_of_its_dates_also_when_they_were_seen_before() -> None:
    def make(*items: str) -> Document:
        body = f"<rss><channel>{''.join(items)}</channel></rss>".encode()
        return Document(source=SOURCE.id, location="x", body=body, fetched_at=NOW, validator=Validator())

    old, new = DATED.format(1, "13/06/2026 08:30"), DATED.format(2, "05/06/2026 08:30")
    seen = parse_document(SOURCE, make(old)).seen_items
    (article,) = parse_document(SOURCE, make(new, old), seen).articles
    assert article.published_at == datetime(2026, 6, 5, 8, 30, tzinfo=UTC)
    (alone,) = parse_document(SOURCE, make(new)).articles
    assert alone.published_at is None


def test_the_best_date_that_can_be_read_counts() -> None:
    dates = "<dc:date>2026-11-19</dc:date><pubDate>20 листопада 2026</pubDate><atom:updated>2026-11-22T00:00:00Z</atom:updated>"
    assert one(rss(f"<title>T</title>{dates}")).published_at == datetime(2026, 11, 20, tzinfo=UTC)
    dates = "<pubDate>05/06/2026</pubDate><atom:updated>2026-11-22T00:00:00Z</atom:updated>"
    assert one(rss(f"<title>T</title>{dates}")).published_at == datetime(2026, 11, 22, tzinfo=UTC)
