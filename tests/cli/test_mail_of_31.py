"""A mail of 31 items that told 7 events is a mail of 7 stories, in which each of the 31 headlines is a linked line."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.untraced

ITEMS = [
    line.split("|")
    for line in Path(__file__).with_name("mail_of_31.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
EVENTS = {"call": 9, "truce": 8, "rate": 3, "chief": 3, "quake": 4, "ferry": 3, "vote": 1}
NAMES = [
    *("Kharkiv", "Харков", "Харьков", "Harkiv", "خاركيف", "Gaza", "غزة", "עזה", "Gazze"),
    *("central bank", "key rate", "Aerolux", "Izmir", "İzmir", "Измира", "Cebu", "Cebú", "Sandu"),
]
RULES = {"rules": {"desk": {"title": "The desk", "any": [{"text": name} for name in NAMES]}}}


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """A folder of feeds, one for each outlet, and a digest of what one rule finds in them."""
    (tmp_path / "marsad.yaml").write_text(
        "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n"
        "packs: [leaders, regions, conflicts, ceasefires, organisations]\n",
        encoding="utf-8",
    )
    (tmp_path / "sources.yaml").write_text("sources:\n  - {id: saved, path: feeds}\n", encoding="utf-8")
    (tmp_path / "digests.yaml").write_text(
        "digests:\n  now: {to: [desk@example.org], rules: [desk], schedule: immediate}\n", encoding="utf-8"
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "desk.yaml").write_text(json.dumps(RULES, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "feeds").mkdir()
    by_outlet = defaultdict(list)
    for number, (_, outlet, language, headline, body) in enumerate(ITEMS):
        item = {"id": str(number), "title": headline, "content_text": body, "language": language}
        by_outlet[outlet].append(item | {"url": f"https://example.org/{number}"})
    for number, (outlet, items) in enumerate(by_outlet.items()):
        feed = {"version": "https://jsonfeed.org/version/1", "title": outlet, "items": items}
        (tmp_path / "feeds" / f"{number}.json").write_text(json.dumps(feed, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def find_events(text: str) -> list[dict[str, int]]:
    """How many headlines of each event stand in each story of the text part."""
    event_of = {headline: event for event, _, _, headline, _ in ITEMS}
    stories = []
    for block in re.split(r"\n\n———\n\n\n?|\n\n(?=\S)", text):
        found: dict[str, int] = defaultdict(int)
        for line in block.splitlines():
            if line in event_of:
                found[event_of[line]] += 1
        if found:
            stories.append(dict(found))
    return stories


def test_it_tells_seven_stories_and_each_headline_once(marsad: Callable[..., Any], newsroom: Path) -> None:
    done = marsad("once", "--config", newsroom)
    assert done.code == 0, done.err
    [mail] = marsad("digest", "preview", "now", "--last", "--json", "--config", newsroom).data
    text = mail["text"].replace("\r\n", "\n")
    lines = text.splitlines()
    assert "7 stories" in mail["subject"]
    assert sorted(line for line in lines if line in {item[3] for item in ITEMS}) == sorted(item[3] for item in ITEMS)
    assert sorted(find_events(text), key=str) == sorted(({event: count} for event, count in EVENTS.items()), key=str)
    for number in range(len(ITEMS)):
        assert lines.count(f"  https://example.org/{number}") == 1
    assert "  reported by 9 outlets in 6 languages:" in lines
    assert "  reported by 8 outlets in 5 languages:" in lines
    assert "  reported by 2 outlets in 1 language:" in lines  # a headline of two outlets counts once
