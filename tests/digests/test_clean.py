"""What of hostile text may stand in a mail."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.clean import clean_headline, clean_line, clean_run, clean_text, clean_url, embed, find_side

RLO, PDF, FSI, PDI, LRM, RLM = "\u202e", "\u202c", "\u2068", "\u2069", "\u200e", "\u200f"
anything = st.text(st.characters(codec=None))  # lone surrogates too


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=1&c=%D9%82", "https://example.org/a?b=1&c=%D9%82"),
        ("HTTP://Example.org/", "http://Example.org/"),
        ("https://example.org/أخبار", "https://example.org/أخبار"),
        ("  https://example.org/it's|{x}  ", "https://example.org/it's%7C%7Bx%7D"),
        ("https://example.org/a b<script>", "https://example.org/a%20b%3Cscript%3E"),
        ('https://example.org/"onclick=', "https://example.org/%22onclick="),
        ("https://example.org/" + RLO + "x", "https://example.org/%E2%80%AEx"),
        ("https://example.org/\r\nBcc: x", "https://example.org/Bcc:%20x"),
        ("https://user:secret@example.org/rss", "https://example.org/rss"),
        ("https://example.org/\ud800", "https://example.org/%3F"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt://example.org/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("mailto:x@example.org", None),
        ("//example.org/x", None),
        ("https:///path", None),
        ("https://[::1", None),
        ("not a link", None),
        ("", None),
        (None, None),
    ],
)
def test_links_lead_to_web_pages_only(url: str | None, expected: str | None) -> None:
    assert clean_url(url) == expected


@given(url=anything | st.text().map("https://example.org/{}".format))
def test_a_link_is_one_printable_word(url: str) -> None:
    found = clean_url(url)
    assert found is None or re.fullmatch(r'https?://[^\s<>"\x00-\x1f]+', found)
    assert found is None or found.isprintable()
    assert found == clean_url(found), "cleaning again changes nothing"


@given(text=anything)
def test_clean_text_can_be_written_and_has_no_controls(text: str) -> None:
    for cleaned in (clean_text(text), clean_run(text), clean_line(text), clean_headline(text)):
        cleaned.encode()
        assert {char for char in cleaned if unicodedata.category(char) in {"Cc", "Cs"}} <= {"\t", "\n", "\r"}
    assert len(clean_headline(text).splitlines()) <= 1
    assert len(clean_line(text).splitlines()) <= 1
    assert clean_line(clean_line(text)) == clean_line(text)


def test_a_headline_stays_verbatim() -> None:
    headline = f"  Two  blanks, a tab\t, emoji 👨‍👩‍👧 and {RLM}marks؛ «أهلاً»  "
    assert clean_headline(headline) == headline


def test_a_headline_is_on_one_line() -> None:
    assert clean_headline("one\r\ntwo\u2028three\x0b\n\nfour") == "one two three four"


def test_an_override_is_cut_from_runs_and_lines() -> None:
    assert clean_run(f"pay {RLO}gpj.exe{PDF}{LRM}") == f"pay gpj.exe{LRM}"
    assert clean_line(f" pay \n {RLO}gpj.exe{PDF}{LRM} ") == "pay gpj.exe"
    assert clean_text("a\x00b\ud800") == "ab\ufffd"


@pytest.mark.parametrize(
    ("text", "side"),
    [("AR", "ltr"), ("he", "ltr"), ("قره باغ", "rtl"), ("TASS وكالة", "rtl"), ("123", "ltr"), ("", "ltr")],
)
def test_the_side_of_a_text_is_that_of_its_letters(text: str, side: str) -> None:
    assert find_side(text) == side


@pytest.mark.parametrize(
    ("text", "side", "expected"),
    [
        ("Putin", "ltr", "Putin"),
        ("Putin", "rtl", f"{FSI}Putin{PDI}"),
        ("بوتين", "rtl", "بوتين"),
        ("بوتين", "ltr", f"{FSI}بوتين{PDI}"),
        ("TASS وكالة", "rtl", f"{FSI}TASS وكالة{PDI}"),
        ("2026", "rtl", "2026"),
        (f"{PDI}{RLO}Putin\n", "ltr", "Putin"),
    ],
)
def test_only_what_runs_the_other_way_is_fenced_off(text: str, side: str, expected: str) -> None:
    assert embed(text, side) == expected


@given(text=anything, side=st.sampled_from(["ltr", "rtl"]))
def test_nothing_gets_out_of_its_fence(text: str, side: str) -> None:
    fenced = embed(text, side)
    inner = fenced.removeprefix(FSI).removesuffix(PDI)
    assert fenced in {inner, f"{FSI}{inner}{PDI}"}
    assert not set(inner) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
