"""What `marsad show` prints."""

from __future__ import annotations

import pytest

from monitor.errors import UsageError
from monitor.settings.describe import describe_thing
from monitor.settings.model import Settings

RULES = """\
entities:
  oil:
    kind: topic
    names: [oil, gas]
    territory: AZ
    include: [capital, short_names]
groups:
  all-of-it: [oil, putin]
rules:
  base: {any: [oil]}
  r:
    all:
      - any: [all-of-it, {text: нефть, fields: [headline]}]
      - {all: [base, putin], none: [{id: oil, fields: [body]}]}
    none: [all-of-it]
    within: sentence
    sources: [saved, {tag: wire}]
    examples: {match: [بوتين], skip: [x]}
"""
DIGESTS = """\
digests:
  a: {to: [sami], schedule: every 90m, quiet_hours: "22:00-06:00"}
  b: {to: [sami, x@example.org], schedule: "0 7 * * 1"}
  c: {to: [sami], schedule: immediate}
  d: {to: [sami], at: "06:30", days: [sun, mon], language: fr}
"""
SOURCES = """\
sources:
  - {id: saved, path: seeds, tags: [wire, caucasus]}
  - id: web
    url: https://feeds.example.org/
    every: 1500ms
    backfill: 24h
  - {id: third, url: "https://feeds.example.org/3"}
"""


@pytest.fixture
def settings(settle) -> Settings:
    main = "packs: [leaders]\nchannels: {box: {type: console}}\n"
    main += "people:\n  sami: {email: sami@example.org, language: ar-SY}\n"
    return settle({"marsad.yaml": main, "sources.yaml": SOURCES, "digests.yaml": DIGESTS, "rules/a.yaml": RULES})


def show(settings: Settings, kind: str, identifier: str) -> dict[str, tuple[str, str]]:
    lines = describe_thing(settings, kind, identifier)
    assert len({line.key for line in lines}) >= len(lines) - 1  # a digest has one `to` for each reader
    return {
        line.key: (line.value, f"{line.origin.file.name}:{line.origin.line}" if line.origin else "default")
        for line in lines
    }


def test_a_rule(settings: Settings) -> None:
    shown = show(settings, "rule", "r")
    assert shown == {
        "id": ("r", "a.yaml:11"),
        "title": ("r", "default"),
        "all[0].any[0]": ("oil or putin", "a.yaml:13"),
        "all[0].any[1]": ("the text 'нефть' in headline", "a.yaml:13"),
        "all[1].all[0]": ("rule base", "a.yaml:14"),
        "all[1].all[1]": ("putin", "a.yaml:14"),
        "all[1].none[0]": ("oil in body", "a.yaml:14"),
        "none[0]": ("oil or putin", "a.yaml:15"),
        "within": ("sentence", "a.yaml:16"),
        "fields": ("body, headline", "default"),
        "match": ("fuzzy", "default"),
        "languages": ("all", "default"),
        "sources": ("saved, tag wire", "a.yaml:17"),
        "severity": ("normal", "default"),
        "backfill": ("0", "default"),
        "examples.match[0]": ("بوتين", "a.yaml:18"),
        "examples.skip[0]": ("x", "a.yaml:18"),
        "pack": ("none", "a.yaml:11"),
    }


def test_an_entity(settings: Settings) -> None:
    shown = show(settings, "entity", "oil")
    brought = {key: value for key, value in shown.items() if key.startswith(("territory.", "include."))}
    assert {key: value for key, value in shown.items() if key not in brought} == {
        "id": ("oil", "a.yaml:2"),
        "kind": ("topic", "a.yaml:3"),
        "names[0]": ("oil", "a.yaml:4"),
        "names[1]": ("gas", "a.yaml:4"),
        "near": ("", "default"),
        "territory": ("AZ", "a.yaml:5"),
        "include": ("capital, short_names", "a.yaml:6"),
        "pack": ("none", "a.yaml:2"),
    }
    assert brought["territory.en"] == ("Azerbaijan", "a.yaml:5")
    assert brought["territory.ar"] == ("أذربيجان", "a.yaml:5")
    assert "Баку" in brought["include.capital.ru"][0]
    assert "include.demonyms.en" not in brought


def test_an_entity_of_a_pack(settings: Settings) -> None:
    shown = show(settings, "entity", "putin")
    assert shown["names.he[0]"] == ("פוטין", "leaders.yaml:2")
    assert shown["pack"] == ("leaders", "leaders.yaml:2")


@pytest.mark.parametrize(
    ("digest", "key", "line"),
    [
        ("a", "schedule", ("every 90m", "digests.yaml:2")),
        ("a", "quiet_hours", ("22:00-06:00", "digests.yaml:2")),
        ("b", "schedule", ("0 7 * * 1", "digests.yaml:3")),
        ("b", "x@example.org timezone", ("UTC", "default")),
        ("b", "sami@example.org language", ("ar-SY", "marsad.yaml:4")),
        ("c", "schedule", ("immediate", "digests.yaml:4")),
        ("c", "severity", ("low and above", "default")),
        ("c", "channel", ("box", "marsad.yaml:2")),
        ("d", "at", ("06:30", "digests.yaml:5")),
        ("d", "days", ("mon, sun", "digests.yaml:5")),
        ("d", "sami@example.org language", ("ar-SY", "marsad.yaml:4")),
        ("d", "quiet_hours", ("none", "default")),
        ("d", "to", ("sami@example.org", "digests.yaml:5")),
        ("d", "max_size", ("10MB", "default")),
        ("d", "rule r", ("r (normal)", "a.yaml:11")),
    ],
)
def test_a_digest(settings: Settings, digest: str, key: str, line: tuple[str, str]) -> None:
    assert show(settings, "digest", digest)[key] == line


@pytest.mark.parametrize(
    ("source", "key", "line"),
    [
        ("saved", "every", ("10s", "default")),
        ("saved", "backfill", ("all", "default")),
        ("saved", "tags", ("caucasus, wire", "sources.yaml:2")),
        ("web", "url", ("https://feeds.example.org/", "sources.yaml:4")),
        ("web", "every", ("1500ms", "sources.yaml:5")),
        ("web", "backfill", ("1d", "sources.yaml:6")),
        ("third", "every", ("auto", "default")),
        ("third", "backfill", ("0", "default")),
        ("third", "language", ("", "default")),
    ],
)
def test_a_source(settings: Settings, source: str, key: str, line: tuple[str, str]) -> None:
    assert show(settings, "source", source)[key] == line


@pytest.mark.parametrize(
    ("kind", "identifier", "message"),
    [
        ("rule", "bse", "no rule is called 'bse'; did you mean 'base'?"),
        ("entity", "xyzzy", "no entity is called 'xyzzy'; there are: oil, putin, aliyev, pashinyan"),
        ("group", "x", "cannot show a 'group'; there are: rule, entity, digest, source"),
    ],
)
def test_what_is_not_there_is_named(settings: Settings, kind: str, identifier: str, message: str) -> None:
    with pytest.raises(UsageError) as failed:
        describe_thing(settings, kind, identifier)
    assert str(failed.value) == message
