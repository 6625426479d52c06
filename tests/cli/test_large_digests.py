"""A digest of more than `max_size` arrives as several mails, in which each headline stands once, however many a story has."""

from __future__ import annotations

import email
import email.policy
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

COUNT = 400


@pytest.fixture
def large(desk: Path) -> Path:
    """A desk with many long articles and a small limit."""
    (desk / "digests.yaml").write_text(
        "digests:\n  now: {to: [desk@example.org], schedule: immediate, max_size: 100KB}\n", encoding="utf-8"
    )
    (desk / "articles" / "one.txt").unlink()
    items = [
        {
            "id": str(number),
            "title": f"Report {number:03}: Putin speaks",
            "content_text": f"Putin spoke of matter {number}. " * 20,
            "url": f"https://example.org/{number:03}",
        }
        for number in range(COUNT)
    ]
    feed = {"version": "https://jsonfeed.org/version/1", "title": "x", "items": items}
    (desk / "articles" / "feed.json").write_text(json.dumps(feed), encoding="utf-8")
    return desk


def test_each_headline_is_in_exactly_one_of_the_mails(marsad, large: Path) -> None:
    done = marsad("once", "--config", large)
    assert done.code == 0
    paths = list((large / "mail" / "new").iterdir())
    assert len(paths) > 1
    assert re.search(rf"digest now for desk@example.org: \d+ stor(y|ies) in {len(paths)} mails \(immediate\)", done.out)
    assert all(path.stat().st_size <= 100_000 for path in paths)
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]
    assert sorted(mail["Subject"].split()[0] for mail in mails) == [
        f"({number}/{len(paths)})" for number in range(1, len(paths) + 1)
    ]
    texts = [mail.get_body(("plain",)).get_content().replace("\r\n", "\n") for mail in mails]
    told = sorted(number for text in texts for number in re.findall(r"^Report (\d{3})", text, re.MULTILINE))
    assert told == [f"{number:03}" for number in range(COUNT)]
    links = sorted(link for text in texts for link in re.findall(r"https://example.org/(\d{3})$", text, re.MULTILINE))
    assert links == told


def test_a_preview_has_the_same_parts(marsad, large: Path) -> None:
    text = (large / "digests.yaml").read_text(encoding="utf-8")
    (large / "digests.yaml").write_text(text.replace("immediate", '"0 7 1 1 *"'), encoding="utf-8")
    marsad("once", "--config", large)
    mails = marsad("digest", "preview", "now", "--json", "--config", large).data
    assert len(mails) > 1
    assert [mail["subject"].split()[0] for mail in mails] == [
        f"({number}/{len(mails)})" for number in range(1, len(mails) + 1)
    ]
