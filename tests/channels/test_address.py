"""Addresses: what may be a sender, and how a domain in any script is written for SMTP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.address import check_sender, encode_address, encode_host, is_address


@pytest.mark.parametrize(
    ("address", "encoded"),
    [
        ("sami@example.org", "sami@example.org"),
        ("Sami.X+news@Example.ORG", "Sami.X+news@Example.ORG"),
        ("sami@münchen.example", "sami@xn--mnchen-3ya.example"),
        ("sami@مثال.example", "sami@xn--mgbh0fb.example"),
        ("sami@пример.example", "sami@xn--e1afmkfd.example"),
        ("سامي@مثال.example", "سامي@xn--mgbh0fb.example"),
        ("sami@[127.0.0.1]", "sami@[127.0.0.1]"),
        ("sami@under_score.example.org", "sami@under_score.example.org"),
        ("sami@٠.😀_.example", "sami@٠.😀_.example"),
    ],
)
def test_domains_become_a_labels_and_local_parts_stay(address: str, encoded: str) -> None:
    assert encode_address(address) == encoded


@given(st.text(max_size=40))
def test_encoding_a_host_again_changes_nothing(host: str) -> None:
    encoded = encode_host(host)
    assert encode_host(encoded) == encoded


@pytest.mark.parametrize("sender", ["Marsad <marsad@example.org>", "marsad@localhost", "مرصد <marsad@مثال.example>"])
def test_a_sender_is_one_address_perhaps_with_a_name(sender: str) -> None:
    check_sender(sender)


@pytest.mark.parametrize("sender", ["", "Marsad", "Bob, Jr <bob@example.org>", "a@example.org b@example.org", "<@x>"])
def test_anything_else_is_refused_with_an_example(sender: str) -> None:
    with pytest.raises(ValueError, match=r"write \"Marsad <marsad@example\.org>\""):
        check_sender(sender)


@pytest.mark.parametrize("text", ["a b@example.org", "<a@example.org>", "a@", "@b", "a", "a@b\r\n", "a@b\u202e"])
def test_what_could_end_a_command_is_no_address(text: str) -> None:
    assert not is_address(text)
