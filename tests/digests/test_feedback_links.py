"""Links to the feedback mailbox: in both parts and the headers of a mail, signed, and what a mail they make asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.feedback import RecipientWish, link_stories, make_link, read_answer, sign
from monitor.model.feedback import MailRefusal, Wish
from monitor.model.story import StoryId

SECRET = "5e" * 32
ADDRESS = "marsad+feedback@example.org"
SAMI = "Sami@example.org"
STORY = StoryId("481b5ccbd6a78ae7")


def write(token: str, *headers: str, sender: str = f"سامي <{SAMI}>") -> bytes:
    lines = [*headers, f"From: {sender}", f"To: {ADDRESS}", f"Subject: Marsad {token}", "", "Sent from a phone"]
    return "\r\n".join(lines).encode()


def test_a_link_makes_a_mail_that_asks_for_what_it_says() -> None:
    for wish in Wish:
        url = make_link(SECRET, ADDRESS, wish, SAMI, story=STORY)
        token = unquote(url).removeprefix(f"mailto:{ADDRESS}?subject=Marsad ")
        answer = read_answer(write(token, sender="sami@EXAMPLE.org"), SECRET)
        assert answer == RecipientWish(wish=wish, sender="sami@EXAMPLE.org", story=STORY)


def test_an_address_that_is_not_ascii_stands_in_a_link_all_the_same() -> None:
    url = make_link(SECRET, "мнение+a&b@пример.рф", Wish.GOOD, SAMI, story=STORY)
    assert url.isascii()
    assert re.match(r"mailto:(%[0-9A-F]{2})+\+a%26b@xn--e1afmkfd\.xn--p1ai\?subject=Marsad%20good\.", url)


def test_a_story_whose_id_cannot_stand_in_a_token_has_no_links() -> None:
    assert list(link_stories(SECRET, ADDRESS, SAMI, [STORY, StoryId("a.b"), StoryId("قصة")])) == [STORY]


@pytest.mark.parametrize(
    ("token", "sender"),
    [
        (sign(SECRET, Wish.GOOD, SAMI, STORY), "desk@example.org"),  # of another recipient
        (sign("00" * 32, Wish.GOOD, SAMI, STORY), SAMI),  # of another store
        (sign(SECRET, Wish.GOOD, SAMI, STORY).replace("good", "bad"), SAMI),
        (sign(SECRET, Wish.GOOD, SAMI, STORY).replace("481b", "581b"), SAMI),
        (sign(SECRET, Wish.UNSUBSCRIBE, SAMI).replace("..", ".00."), SAMI),
        (f"good.{STORY}.{'0' * 32}", SAMI),
    ],
)
def test_a_token_is_nobody_else_s_and_says_nothing_else(token: str, sender: str) -> None:
    assert read_answer(write(token, sender=sender), SECRET) is MailRefusal.FORGED


@given(letter=st.integers(0, 31), other=st.sampled_from("0123456789abcdef"))
def test_a_signature_holds_as_a_whole(letter: int, other: str) -> None:
    token = sign(SECRET, Wish.MUTE, SAMI, STORY)
    changed = token[: letter - 32] + other + token[len(token) - 31 + letter :]
    is_same = changed == token
    assert (read_answer(write(changed), SECRET) is MailRefusal.FORGED) is not is_same


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        (["Auto-Submitted: auto-replied"], MailRefusal.AUTOMATIC),
        (["AUTO-SUBMITTED: Auto-Generated; x=y"], MailRefusal.AUTOMATIC),
        (["Precedence: Bulk"], MailRefusal.AUTOMATIC),
        (["Precedence: auto_reply"], MailRefusal.AUTOMATIC),
        (["X-Autoreply: yes"], MailRefusal.AUTOMATIC),
        (["Return-Path: <>"], MailRefusal.BOUNCE),
        (["Content-Type: multipart/report; report-type=delivery-status; boundary=x"], MailRefusal.BOUNCE),
        (["From: desk@example.org"], MailRefusal.NO_SENDER),
    ],
)
def test_what_a_program_wrote_is_no_answer(headers: list[str], refusal: MailRefusal) -> None:
    assert read_answer(write(sign(SECRET, Wish.GOOD, SAMI, STORY), *headers), SECRET) is refusal


@pytest.mark.parametrize(
    "headers", [[], ["Auto-Submitted: no"], ["Return-Path: <sami@example.org>"], ["Precedence: first-class"]]
)
def test_what_a_person_wrote_is_one(headers: list[str]) -> None:
    assert isinstance(read_answer(write(sign(SECRET, Wish.GOOD, SAMI, STORY), *headers), SECRET), RecipientWish)


@pytest.mark.parametrize(
    ("sender", "refusal"),
    [
        (f"{SAMI}, desk@example.org", MailRefusal.NO_SENDER),
        ("nobody", MailRefusal.NO_SENDER),
        ("", MailRefusal.NO_SENDER),
        (f'"{SAMI}" <desk@example.org>', MailRefusal.FORGED),
        (f"desk@example.org ({SAMI})", MailRefusal.FORGED),
    ],
)
def test_the_sender_is_the_address_and_not_what_stands_beside_it(sender: str, refusal: MailRefusal) -> None:
    assert read_answer(write(sign(SECRET, Wish.GOOD, SAMI, STORY), sender=sender), SECRET) is refusal


def test_a_subject_may_be_encoded_and_folded_and_have_more_words() -> None:
    token = sign(SECRET, Wish.GOOD, SAMI, STORY)
    folded = f"Subject: Re: Marsad\r\n {token} شكراً\r\nFrom: {SAMI}\r\n\r\n".encode()
    encoded = f"Subject: =?utf-8?q?Marsad_{token}?=\r\nFrom: {SAMI}\r\n\r\n".encode()
    assert all(isinstance(read_answer(one, SECRET), RecipientWish) for one in (folded, encoded))
    broken = f"Subject: =?no-charset?b?%%%?=\r\nFrom: {SAMI}\r\n\r\n".encode()
    assert read_answer(broken, SECRET) is MailRefusal.UNSIGNED


@given(head=st.binary(max_size=200), subject=st.binary(max_size=60), sender=st.binary(max_size=60))
def test_no_bytes_whatever_are_a_failure(head: bytes, subject: bytes, sender: bytes) -> None:
    token = sign(SECRET, Wish.GOOD, SAMI, STORY).encode()
    for content in (head, b"Subject: " + subject + token + b"\nFrom: " + sender + b"\n" + head):
        assert isinstance(read_answer(content, SECRET), MailRefusal | RecipientWish)


@pytest.fixture
def asked(desk: Any, tell_stories: Callable[[Any], Any], render: Callable[..., Any]) -> Callable[[str], Any]:
    """A digest of stories in a language, with links."""

    def make(language: str) -> Any:
        stories = tell_stories(desk)
        digest = desk.digest(language, stories=stories)
        reader = digest.recipient.email
        ids = [StoryId("ab") if number == 0 else StoryId("cd") for number, _ in enumerate(stories)]
        links = link_stories(SECRET, ADDRESS, reader, ids)
        by_story = {story.id: links[id_] for story, id_ in zip(stories, ids, strict=True)}
        return render(digest, desk, links=by_story, unsubscribe=make_link(SECRET, ADDRESS, Wish.UNSUBSCRIBE, reader))

    return make


def test_every_story_has_its_links_in_one_line_of_the_text_and_small_below_it_in_html(
    asked: Callable[[str], Any],
) -> None:
    mail = asked("en")
    *lines, stop = [line for line in mail.text.splitlines() if "mailto:" in line]
    assert len(lines) == 3  # new, developing, repeated
    assert all(line.startswith("  relevant: mailto:") for line in lines)
    assert all(" · not relevant: mailto:" in line and " · not this story again: mailto:" in line for line in lines)
    assert stop.startswith(f"Stop these mails: mailto:{ADDRESS}?subject=Marsad%20unsubscribe..")
    assert mail.html.count('class="ask"') == 2  # a repeated story has one line
    assert re.search(r'<p class="ask"[^>]*font-size: 11px[^>]*><a href="mailto:[^"]*subject=Marsad%20good\.', mail.html)
    assert ".ask, .ask a { color: #aca79c !important; }" in mail.html
    assert mail.parsed["List-Unsubscribe"].startswith(f"<mailto:{ADDRESS}?subject=Marsad%20unsubscribe..")
    assert "List-Unsubscribe-Post" not in mail.parsed


def test_a_mail_without_a_mailbox_has_nothing_of_it(karabakh: Any, render: Callable[..., Any]) -> None:
    mail = render(karabakh.digest(), karabakh)
    assert "mailto:" not in mail.text + mail.html
    assert "ask" not in re.findall(r"[\w-]+", mail.html)
    assert mail.parsed["List-Unsubscribe"] is None
