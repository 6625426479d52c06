"""What the elements of feeds are called, in every dialect, and what of them is read."""

from __future__ import annotations

XHTML = "application/xhtml+xml"
# Elements that hold text: what they are kept as, and what their text is unless they say otherwise.
CONTENTS = {
    "title": ("title", "text/plain"), "media_title": ("media_title", "text/html"),
    "dc_title": ("dc_title", "text/html"), "itunes_title": ("itunes_title", "text/html"),
    "description": ("description", "text/html"), "summary": ("description", "text/html"),
    "dc_description": ("description", "text/html"), "itunes_summary": ("description", "text/html"),
    "abstract": ("description", "text/html"), "subtitle": ("subtitle", "text/html"),
    "tagline": ("subtitle", "text/html"), "itunes_subtitle": ("subtitle", "text/html"),
    "media_description": ("media_description", "text/html"), "info": ("info", "text/html"),
    "content": ("content", "text/html"), "content_encoded": ("content", "text/html"),
    "fullitem": ("content", "text/html"), "body": ("content", XHTML), "xhtml_body": ("content", XHTML),
    "xhtml_div": ("content", XHTML), "rights": ("rights", "text/html"), "copyright": ("rights", "text/html"),
    "dc_rights": ("rights", "text/html"), "feedburner_browserfriendly": ("info", "text/html"),
}  # fmt: skip
# Elements that newspapers add, whatever the prefix (yandex:full-text, excerpt:encoded, media:text).
MORE_CONTENTS = frozenset(
    {
        "abstract", "alt", "announce", "anons", "article", "caption", "content", "deck", "description", "encoded",
        "excerpt", "full-text", "full_text", "fulltext", "intro", "kicker", "lead", "longdescription",
        "shortdescription", "standfirst", "story", "subheading", "subheadline", "subtitle", "summary", "synopsis",
        "teaser", "text",
    }
)  # fmt: skip
PLAIN = {
    "pubdate": "published", "published": "published", "issued": "published", "dcterms_issued": "published",
    "prism_publicationdate": "published", "dc_date": "updated", "date": "updated", "dcterms_date": "updated",
    "updated": "updated", "modified": "updated", "lastbuilddate": "updated", "dcterms_modified": "updated",
    "created": "created", "dcterms_created": "created", "language": "language", "dc_language": "language",
    "category": "category", "keywords": "category", "dc_subject": "category", "media_category": "category",
    "itunes_category": "category", "itunes_keywords": "category", "media_keywords": "category", "width": "width",
    "height": "height", "dcterms_valid": "valid", "newlocation": "newlocation",
}  # fmt: skip
# Where of an entry an element is kept; the others that hold text are among its texts.
LISTS = {
    "media_title": "other_titles", "dc_title": "other_titles", "itunes_title": "other_titles",
    "media_description": "captions", "media_text": "captions", "media_caption": "captions", "caption": "captions",
    "alt": "captions",
}  # fmt: skip
NO_TEXTS = frozenset({"rights", "info"})  # what is said in every item is none of its words
OF_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
OF_INPUT = frozenset({"title", "link", "description", "name"})
STRUCTURE = frozenset({"item", "entry", "channel", "feed", "rss"})
# What ends a text that has no end, in a broken feed.
SIBLINGS = frozenset({"pubdate", "guid", "description", "enclosure", "category", "comments", "published", "updated"})
