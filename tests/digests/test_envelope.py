"""Mail as bytes. The standard library reads back what it wrote wrongly, so headers are asserted on raw bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.envelope import POLICY, TOKEN_HEADERS, Envelope, compose_message

Parse = Callable[[bytes], EmailMessage]
ENVELOPE = Envelope(
    key="0123456789abcdef01234567",
    sender="Marsad مرصد <marsad@example.org>",
    recipient="desk@example.org",
    subject="3 stories: قره باغ",
    at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    language="ar-SY",
    list_name="morning",
)


def list_headers(content: bytes) -> dict[str, str]:
    """The headers as they stand, by lower-case name, unfolded at line ends only."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = re.split(r"\r\n(?![ \t])", head)
    found = [line.partition(": ") for line in lines]
    names = [name.lower() for name, _, _ in found]
    assert len(names) == len(set(names)), "a header stands twice"
    return {name.lower(): value for name, _, value in found}


def assert_survives_every_relay(content: bytes) -> None:
    assert content.isascii()
    assert b"\x00" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"[^\r]\n|\r[^\n]", content)


def test_the_headers_of_a_digest() -> None:
    content = compose_message(ENVELOPE, "نص\n", "<p>نص</p>\n")
    assert_survives_every_relay(content)
    headers = list_headers(content)
    assert headers.pop("from") == "Marsad =?utf-8?b?2YXYsdi12K8=?= <marsad@example.org>"
    assert headers.pop("subject").startswith("=?utf-8?")
    assert headers == {
        "to": "desk@example.org",
        "date": "Tue, 24 Nov 2026 03:00:00 +0000",
        "message-id": "<0123456789abcdef01234567@example.org>",
        "auto-submitted": "auto-generated",
        "list-id": "<morning.marsad.example.org>",
        "mime-version": "1.0",
        "content-type": 'multipart/alternative;\r\n boundary="=_marsad_0123456789abcdef01234567"',
        "content-language": "ar-SY",
    }


def test_a_follow_up_names_the_mail_that_it_replies_to() -> None:
    headers = list_headers(compose_message(replace(ENVELOPE, thread="f" * 24), "text\n", None))
    assert headers["in-reply-to"] == headers["references"] == f"<{'f' * 24}@example.org>"
    assert not {"in-reply-to", "references"} & set(list_headers(compose_message(ENVELOPE, "text\n", None)))


def test_both_parts_read_back_as_they_were_written(parse: Parse) -> None:
    text, html = "قره باغ\n" + "long " * 500 + "\n.\nFrom here\n-- \n", "<p>قره باغ" + "x" * 3000 + "</p>\n"
    parsed = parse(compose_message(ENVELOPE, text, html))
    assert parsed.get_content_type() == "multipart/alternative"
    parts = list(parsed.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in parts] == [text, html]  # type: ignore[attr-defined]


def test_lines_of_both_parts_have_at_most_76_characters() -> None:
    content = compose_message(ENVELOPE, "plain and long " * 50, "<p>" + "x = 1 " * 500)
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76


def test_a_mail_of_text_alone(parse: Parse) -> None:
    content = compose_message(ENVELOPE, "plain\n", None)
    parsed = parse(content)
    assert parsed.get_content_type() == "text/plain"
    assert parsed["Content-Language"] == "ar-SY"
    assert b"quoted-printable" in content
    assert b"plain" in content


def test_the_same_envelope_gives_the_same_bytes() -> None:
    assert compose_message(ENVELOPE, "نص", "<p>") == compose_message(replace(ENVELOPE), "نص", "<p>")
    assert compose_message(replace(ENVELOPE, key="f" * 24), "نص", "<p>") != compose_message(ENVELOPE, "نص", "<p>")


LONG = "<https://example.org/unsubscribe/" + "a1b2c3" * 30 + ">"
IDS = " ".join(f"<{'0123456789abcdef' * 3}.{number}@example.org>" for number in range(9))


@pytest.mark.parametrize("name", TOKEN_HEADERS)
@pytest.mark.parametrize("value", [LONG, IDS, f"<mailto:x@example.org>, {LONG}", "<short@example.org>"])
def test_a_header_of_tokens_is_folded_between_them_and_never_encoded(name: str, value: str) -> None:
    message = EmailMessage(policy=POLICY)
    message[name] = value
    message.set_content("x")
    content = message.as_bytes()
    written = list_headers(content)[name]
    assert "=?" not in written
    assert written.replace("\r\n ", " ").strip() == value
    for line in f"{name}: {written}".split("\r\n"):
        assert len(line) <= 78 or len(line.removeprefix(f"{name}:").split()) == 1, "a token too long stands alone"


@pytest.mark.parametrize("value", ["<x>\r\nBcc: y@example.org", "<ж@example.org>", "<x\x00>", "<x>\n y", "", " "])
def test_a_header_of_tokens_takes_nothing_else(value: str) -> None:
    message = EmailMessage(policy=POLICY)
    with pytest.raises(ValueError, match=r"ASCII|linefeed"):
        message["References"] = value


@pytest.mark.parametrize(
    ("recipient", "written"),
    [
        ("desk@example.org", "desk@example.org"),
        ("desk@пример.example.org", "desk@xn--e1afmkfd.example.org"),
        ("desk@مثال.example.org", "desk@xn--mgbh0fb.example.org"),
        ("first.last+tag@example.org", "first.last+tag@example.org"),
        ("редакция@example.org", "undisclosed-recipients:;"),
    ],
)
def test_addresses_are_ascii(recipient: str, written: str) -> None:
    content = compose_message(replace(ENVELOPE, recipient=recipient), "x", None)
    assert_survives_every_relay(content)
    assert list_headers(content)["to"] == written


def test_a_sender_of_an_idn_domain() -> None:
    headers = list_headers(compose_message(replace(ENVELOPE, sender="Desk <desk@пример.example.org>"), "x", None))
    assert headers["from"] == "Desk <desk@xn--e1afmkfd.example.org>"
    assert headers["message-id"] == "<0123456789abcdef01234567@xn--e1afmkfd.example.org>"
    assert headers["list-id"] == "<morning.marsad.xn--e1afmkfd.example.org>"


@pytest.mark.parametrize("sender", ["not an address", "x@a..b", "x@\u3002", "x@-ж-.example.org"])
def test_a_strange_sender_still_makes_a_mail(sender: str) -> None:
    content = compose_message(replace(ENVELOPE, sender=sender), "x", None)
    assert_survives_every_relay(content)


anything = st.text(st.characters(codec=None), max_size=300)
hostile = st.sampled_from(
    [
        "x\r\nBcc: victim@example.org",
        "x\n\nbody",
        "\u202etxt.exe",
        "😀" * 60,
        "a\x00b",
        "=?utf-8?q?x?=",
        "قره باغ " * 40,
    ]
)


def test_a_subject_in_ascii_stays_readable() -> None:
    content = compose_message(replace(ENVELOPE, subject="16 stories: " + "Karabakh diplomacy, " * 9), "x", None)
    subject = list_headers(content)["subject"]
    assert subject.replace("\r\n", "") == ("16 stories: " + "Karabakh diplomacy, " * 9).strip()
    assert "\r\n" in subject


@pytest.mark.parametrize(
    "subject",
    [
        "12 stories: " + "قره باغ والكرملين، " * 9,
        "苏丹停火协议签署" * 20,
        "é" * 400,
        "👩‍👩‍👧🇺🇦" * 30,
        "x" * 67 + " and a word too long for a line",
        "16 stories: " + "Karabakh diplomacy, " * 9,
        "w" * 67,
        "v" * 66 + " " + "Kremlin " * 20,
    ],
)
def test_encoded_words_and_lines_of_a_subject_have_the_lengths_of_rfc_2047(subject: str) -> None:
    lines = (
        compose_message(replace(ENVELOPE, subject=subject), "x", None).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    )
    begin = next(number for number, line in enumerate(lines) if line.startswith("Subject: "))
    end = next(number for number, line in enumerate(lines) if number > begin and not line.startswith(" "))
    folded = lines[begin:end]
    assert max(map(len, folded)) <= 76
    found = [word for line in folded for word in line.removeprefix("Subject:").split() if word.startswith("=?")]
    assert max(map(len, found), default=0) <= 75
    decoded = [base64.b64decode(word.split("?")[3]).decode() for word in found]  # whole characters in each
    assert "".join(decoded) or " ".join(line.removeprefix("Subject:").strip() for line in folded) == subject.strip()
    if found:
        assert "".join(decoded) == " ".join(subject.split())


@given(subject=anything | hostile)
def test_any_subject_is_one_header_that_reads_back(subject: str) -> None:
    content = compose_message(replace(ENVELOPE, subject=subject), "x", "<p>x</p>")
    assert_survives_every_relay(content)
    assert list_headers(content).keys() == list_headers(compose_message(ENVELOPE, "x", "<p>x</p>")).keys()
    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) <= 78
    assert max((len(word) for line in head for word in line.split() if b"=?utf-8?b?" in word), default=0) <= 75


words = st.lists(
    st.sampled_from(["3", "stories:", "قره", "باغ", "—", "Karabakh", "\u2068Путин\u2069", "普京", "😀"]), max_size=30
)


@given(words=words)
def test_a_subject_of_many_scripts_reads_back_word_by_word(parse: Parse, words: list[str]) -> None:
    parsed = parse(compose_message(replace(ENVELOPE, subject=" ".join(words)), "x", None))
    assert str(parsed["Subject"]).split() == words


@given(text=anything.map(lambda text: text.encode(errors="replace").decode()), html=st.text(max_size=300))
def test_any_text_makes_ascii_lines(text: str, html: str) -> None:
    assert_survives_every_relay(compose_message(ENVELOPE, text, html))
