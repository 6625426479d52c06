"""A person's addresses on other channels: whom `to:` means, in which language, and what is wrong with an address."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.settings.describe import describe_thing
from monitor.settings.problems import format_problem

MAIN = """\
config: 1
channels:
  box: {type: maildir, path: mail}
  chat: {type: apprise, targets: {sami: {env: URL}}}
  pager: {type: exec, command: [/bin/true]}
people:
  sami: {email: sami@example.org, channels: ["chat:sami", "pager:night"], language: ar-SY, timezone: Asia/Damascus}
  omar: {email: omar@example.org}
"""


def list_recipients(settle: Any, to: str) -> list[tuple[str, str, str | None]]:
    settings = settle({"marsad.yaml": MAIN, "digests.yaml": f"digests:\n  now: {{to: {to}, language: ru}}\n"})
    return [(one.email, one.language, one.channel) for one in settings.digests[0].recipients]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (
            "[sami]",
            [("sami@example.org", "ar-SY", None), ("chat:sami", "ar-SY", "chat"), ("pager:night", "ar-SY", "pager")],
        ),
        ('["pager:night"]', [("pager:night", "ar-SY", "pager")]),
        ('["pager:day"]', [("pager:day", "ru", "pager")]),
        ('["chat:sami", omar]', [("chat:sami", "ar-SY", "chat"), ("omar@example.org", "ru", None)]),
    ],
)
def test_a_digest_goes_to_all_addresses_of_a_person_or_to_the_one_that_it_names(
    settle: Any, to: str, expected: list[tuple[str, str, str | None]]
) -> None:
    assert list_recipients(settle, to) == expected


def test_an_address_that_is_named_twice_is_one_recipient(settle: Any) -> None:
    addresses = [email for email, _, _ in list_recipients(settle, '["chat:sami", sami, "chat:sami"]')]
    assert sorted(addresses) == ["chat:sami", "pager:night", "sami@example.org"]


def test_show_says_where_each_address_and_its_language_come_from(settle: Any) -> None:
    settings = settle({"marsad.yaml": MAIN, "digests.yaml": "digests:\n  now: {to: [sami]}\n"})
    lines = describe_thing(settings, "digest", "now")
    shown = {
        (line.value, line.origin.file.name, line.origin.line) for line in lines if line.key == "to" and line.origin
    }
    assert {value.split()[0].strip(",") for value, _, _ in shown} == {"sami@example.org", "chat:sami", "pager:night"}
    assert {(name, line) for _, name, line in shown} == {("digests.yaml", 2)}


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("sami", "'sami' is not an address of a channel"),
        ("chta:sami", "unknown channel 'chta'"),
        ("box:sami@example.org", "'box' is a channel of mail"),
        ("chat:samy", "channel chat has no target 'samy'; did you mean 'sami'?"),
        ("pager:a b", "'a b' is not an address of channel pager"),
    ],
)
def test_an_address_that_cannot_be_is_an_error_at_its_place(find: Any, address: str, what: str) -> None:
    found = [format_problem(problem) for problem in find("marsad", MAIN.replace("chat:sami", address))]
    assert any(what in line and ":7:" in line and "people.sami.channels[0]" in line for line in found), found
