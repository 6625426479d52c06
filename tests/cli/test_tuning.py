"""`marsad rules list` and `marsad rules report`, on a store that a pass has filled and a person has labelled."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.__main__ import main

TEXTS = {
    "fires": ("Bush fires rage near Sydney", "Crews fight the blaze.", "en"),
    "dallas": ("Bush speaks in Dallas", "The former president was calm.", "en"),
    "salah": ("صلاح الدين مدينة عراقية", "محافظة شمال بغداد.", "ar"),
    "small": ("karabakh in small letters", "Nothing else.", "en"),
}
RULES = """\
entities:
  bush: {kind: leader, names: {en: [George Bush, Bush], ru: [Буш]}}
  salah: {kind: person, names: {ar: [صلاح]}}
  karabakh: {kind: region, names: {en: [Karabakh], zh: [卡拉巴赫]}}
rules:
  us: {title: Former presidents, any: [bush]}
  sport: {title: صلاح, any: [salah]}
  far: {title: Far, any: [karabakh]}
"""
DIGESTS = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, rules: [us]}
  tuning: {to: [owner@example.org], report: weekly, rules: [us, far, sport]}
"""


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration in force, whose articles were read."""
    folder = tmp_path_factory.mktemp("tuning")
    items = [
        {"id": name, "title": headline, "content_text": body, "language": language}
        for name, (headline, body, language) in TEXTS.items()
    ]
    feed = {"version": "https://jsonfeed.org/version/1", "title": "Wire", "items": items}
    files = {
        "marsad.yaml": "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n",
        "sources.yaml": "sources:\n  - {id: saved, path: articles, every: 1s}\n",
        "digests.yaml": DIGESTS,
        "rules/own.yaml": RULES,
        "articles/feed.json": json.dumps(feed),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["marsad", "once", "--config", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    return folder


@pytest.fixture
def rules(marsad: Callable[..., Any], labelled: Path) -> Callable[..., Any]:
    return lambda *arguments: marsad("rules", *arguments, "--config", labelled)


def test_rules_are_listed(rules: Any) -> None:
    found = {one["rule"]: one for one in rules("list", "--json").data}
    assert list(found) == ["us", "sport", "far"]
    assert (found["us"]["matches"], found["us"]["digests"], found["us"]["place"]) == (2, ["now"], "rules/own.yaml:6")
    assert (found["far"]["matches"], found["far"]["digests"]) == (0, [])
    lines = rules("list").out.splitlines()
    assert lines[0].split() == ["rule", "title", "written", "in", "matches", "in", "7", "days", "digests"]
    assert "\u2068صلاح\u2069" in lines[2]
    assert lines[3].rstrip().endswith("0                  none")


def test_a_rule_is_reported_with_the_edit_that_mends_a_complaint(marsad: Any, rules: Any, labelled: Path) -> None:
    before = rules("report", "us")
    assert "labels: none. To measure precision, label stories: `marsad label STORY good`" in before.out
    data = rules("report", "us", "--json").data
    assert (data["rules"][0]["report"]["precision"], data["near"]["looked_at"]) == (None, 4)
    for number, words in enumerate((("bad", "--why", "confusable"), ("good",)), start=1):
        assert marsad("label", str(number), *words, "--config", labelled).code == 0
    shown = [line.strip() for line in rules("report", "us").out.splitlines()]
    assert shown[0] == "nearly reported: looked at all of 4 articles of the last 7 days"
    assert "rule \u2068us\u2069: \u2068Former presidents\u2069 (rules/own.yaml:6)" in shown
    assert "labels: 1 of 2 labelled stories was relevant: 50 % (9 to 91 %)" in shown
    assert "names that never fired: \u2068George Bush\u2069, \u2068Буш\u2069" in shown
    edit = next(line for line in shown if line.startswith("try: "))
    assert edit in {
        f"try: \u2068entities: bush: add to `not: [{phrase}]`\u2069" for phrase in ("Bush fires", "Bush speaks")
    }
    assert "it removes 1 of the 1 story, no relevant one, and 0 without a label" in shown


def test_what_was_nearly_reported_and_patterns_of_rules(rules: Any) -> None:
    shown = rules("report", "f*").out
    assert "nearly reported, guard: 1 article" in shown
    assert "\u2068'karabakh' is not taken for Karabakh: 'karabakh' is in small letters" in shown
    assert "rule \u2068us\u2069" not in shown
    everything = rules("report", "--since", "30d", "--near-seconds", "0")
    assert (everything.out.count("rule \u2068"), "nearly reported" in everything.out) == (3, False)
    refused = rules("report", "uss")
    assert (refused.code, refused.out) == (2, "")
    assert "uss: no rule has this id; did you mean 'us'?" in refused.err


def test_the_report_of_the_week_as_a_mail(marsad: Any, labelled: Path) -> None:
    shown = marsad("show", "digest", "tuning", "--config", labelled).out
    assert {"report weekly", "days mon", "template report"} <= {
        " ".join(line.split()[:2]) for line in shown.splitlines()
    }
    checked = marsad("check", "--config", labelled)
    assert (checked.code, "headline" in checked.err) == (0, False)
    seen = marsad("digest", "preview", "tuning", "--config", labelled)
    assert (seen.code, "nothing to report yet" in seen.err) == (0, False)
    assert "Subject: tuning: how the rules do" in seen.out
    assert "rule \u2068us\u2069: \u2068Former presidents\u2069 (rules/own.yaml:6)" in seen.out
    assert "nearly reported, guard: 1 article" in seen.out
    sent = marsad("digest", "send", "tuning", "--config", labelled)
    assert (sent.code, "(requested)" in sent.out) == (0, True), sent.out
    last = marsad("digest", "preview", "tuning", "--last", "--config", labelled).out
    assert "rule \u2068far\u2069: \u2068Far\u2069 (rules/own.yaml:8)" in last
    fired = marsad("explain", "us", "--headline", "Bush", "--config", labelled).out
    assert ("digest now" in fired, "tuning" in fired) == (True, False)  # it reports no match


def test_without_a_store_it_says_what_to_do(marsad: Any, labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "marsad.yaml").write_text("config: 1\nstate: state\n", encoding="utf-8")
    refused = marsad("rules", "report", "--config", tmp_path)
    assert refused.code == 2
    assert "`marsad run` or `marsad once` creates it" in refused.err
