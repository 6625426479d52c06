"""What of a URL may be shown to anybody: no login, no token, and whatever names the feed."""

from __future__ import annotations

import base64
import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.urls import is_secret_name, mask_text, mask_url, strip_tracking

HASH = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ali:s3cret@example.org/rss?page=2#top", "https://…@example.org/rss?page=2#top"),
        ("https://ali@example.org:8443/rss", "https://…@example.org:8443/rss"),
        ("https://example.org/rss?token=s&page=2", "https://example.org/rss?token=…&page=2"),
        ("https://example.org/rss?api_key=1&apikey=2&Key=3&auth=4&sig=5&pwd=6", "https://example.org/rss?api_key=…&apikey=…&Key=…&auth=…&sig=…&pwd=…"),
        ("https://example.org/p.atom?feed_token=glft-abc&private_token=x", "https://example.org/p.atom?feed_token=…&private_token=…"),
        ("https://b.example/k?X-Amz-Credential=A/2026&X-Amz-Signature=f&X-Amz-Date=20261124T080000Z", "https://b.example/k?X-Amz-Credential=…&X-Amz-Signature=…&X-Amz-Date=20261124T080000Z"),
        (f"https://example.org/ical/a%40b.example/private-{HASH}/basic.ics", "https://example.org/ical/a%40b.example/private-…/basic.ics"),
        (f"https://example.org/.rss?feed={HASH}aa&user=sami", "https://example.org/.rss?feed=…&user=sami"),
        ("https://example.org/rss/dGhpcy1pcy1h_IHRva2Vu-Zm9y/feed.xml", "https://example.org/rss/…/feed.xml"),
        ("https://example.org/bot123456:ABC-DEF1234ghIkl-zyz57W2v1u123ew11/updates", "https://example.org/…/updates"),
        ("https://example.org/feeds/q8xw2k4m9z7p5t3v1n6b.xml", "https://example.org/feeds/….xml"),
        ("https://example.org/alerts/feeds/01234567890123456789/98765", "https://example.org/alerts/feeds/…/98765"),
        ("https://example.org/token/a1b2c3/rss", "https://example.org/token/…/rss"),
        ("https://example.org/feed;jsessionid=ABC123?x=1", "https://example.org/feed;jsessionid=…?x=1"),
        ("https://example.org/rss?s3cr3t", "https://example.org/rss?…"),
        ("https://example.org/rss#access_token=abc", "https://example.org/rss#access_token=…"),
        ("https://bridge.example/?url=https%3A%2F%2Fa.example%2Frss%3Fkey%3Dabc%26x%3D1&format=Atom", "https://bridge.example/?url=https://a.example/rss?key=…%26x=1&format=Atom"),
        ("http://[::1", "…"),
    ],
    ids=range(18),
)  # fmt: skip
def test_secrets_are_hidden(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/?feed=rss2&cat=12",
        "https://example.org/feeds/videos.xml?channel_id=UCabcdefGH1234567890_-xy",
        "https://example.org/feeds/videos.xml?playlist_id=PLabcdefGH1234567890_-xyZZZZabcd12",
        "https://example.org/2026/11/24/schleswig-holstein-verkehrschaos-2026-kommt.html",
        "https://example.org/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/%D8%B3%D9%88%D8%B1%D9%8A%D8%A7/rss",
        "https://مثال.example.org/أخبار/سوريا",
        "https://example.org/internationalization/representatives/feed",
        "https://example.org/alle-meldungen-100~rss2.xml?keyword=putin&author=x&country=SY",
        "https://example.org/rss/WordPressReleaseNotes?modified=2026-11-24T08:00:00Z",
        "https://bridge.example/?url=https%3A%2F%2Fa.example%2Frss%3Fpage%3D1&format=Atom",
        "https://xn--mgbh0fb.example.org/rss?",
    ],
    ids=range(11),
)
def test_what_names_a_feed_stays(url: str) -> None:
    assert mask_url(url) == url


@pytest.mark.parametrize("name", ["token", "access_token", "X-Api-Key", "userkey", "password", "passwd", "Signature", "sig", "hmac", "jwt", "PHPSESSID", "client[secret]", "auth", "oauth_nonce_ticket"])  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["page", "author", "keyword", "keywords", "id", "channel_id", "lang", "q", "category", "signal", "hashtag"])  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


TOKENS = {
    "hex": lambda dice: f"{dice.getrandbits(128):032x}",
    "uuid": lambda dice: str(uuid.UUID(int=dice.getrandbits(128))),
    "base62": lambda dice: "".join(dice.choices(string.ascii_letters + string.digits, k=24)),
    "base64url": lambda dice: base64.urlsafe_b64encode(dice.randbytes(32)).rstrip(b"=").decode(),
    "base32": lambda dice: "".join(dice.choices("abcdefghijklmnopqrstuvwxyz234567", k=32)),
    "digits": lambda dice: "".join(dice.choices(string.digits, k=20)),
}


@pytest.mark.parametrize("kind", TOKENS)
def test_nearly_every_token_in_a_path_or_under_any_name_is_hidden(kind: str) -> None:
    dice = random.Random(kind)
    tokens = [TOKENS[kind](dice) for _ in range(1000)]
    shown = [mask_url(f"https://example.org/{token}/rss?x={token}") for token in tokens]
    assert sum(token in url for token, url in zip(tokens, shown, strict=True)) <= 10


@given(st.text(max_size=80), st.booleans())
def test_any_text_is_masked_and_twice_is_once(text: str, every: bool) -> None:  # noqa: FBT001
    for url in (text, f"https://example.org/{text}"):
        masked = mask_url(url, every_value=every)
        assert mask_url(masked, every_value=every) == masked
        assert mask_text(mask_text(url)) == mask_text(url)


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=40))
def test_no_value_of_a_secret_name_is_shown(value: str) -> None:
    assert f"={value}" not in mask_text(f"answered 404 at https://example.org/?token={value}; it is gone")


def test_urls_in_a_sentence_are_masked_and_the_sentence_stays() -> None:
    said = "answered 404 at https://u:p@x.example/a?key=1; see (https://y.example/b?token=2), or http://z.example/c."
    assert mask_text(said) == "answered 404 at https://…@x.example/a?key=…; see (https://y.example/b?token=…), or http://z.example/c."  # fmt: skip
    assert mask_text("source wire-0a1b2c3d4e5f60718293a4b5c6d7e8f9: failed") == "source wire-0a1b2c3d4e5f60718293a4b5c6d7e8f9: failed"  # fmt: skip


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?utm_source=rss&utm_medium=feed", "https://example.org/a"),
        ("https://example.org/a?id=7&fbclid=x#top", "https://example.org/a?id=7#top"),
        ("https://example.org/a?UTM%5Fsource=x&b=%20&b=", "https://example.org/a?b=%20&b="),
        ("https://example.org/?utm_term=x#p?utm_source=y", "https://example.org/#p?utm_source=y"),
        ("https://example.org/a?", "https://example.org/a?"),
        ("https://example.org/a?ref=12&source=agency", "https://example.org/a?ref=12&source=agency"),
    ],
)
def test_a_link_does_not_follow_its_reader(url: str, shown: str) -> None:
    assert strip_tracking(url) == shown
    assert strip_tracking(shown) == shown
