"""`signals:` of rules and entities: what it means, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import EntityId, RuleId
from monitor.model.signal import SignalSettings, SpikeSetting
from monitor.settings.describe import describe_thing
from monitor.settings.load import load_rules, load_settings
from monitor.settings.problems import format_problem
from monitor.settings.schema import json_schema

DAY = timedelta(days=1)
RULES = """\
entities:
  путин: {names: [Путин], signals: {first_mention: 90d}}
rules:
  kremlin:
    any: [путин]
    signals: %s
"""


def read(tmp_path: Path, packs: Path, signals: str):
    path = tmp_path / "rules" / "signals.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(RULES % signals, encoding="utf-8")
    return load_rules([path], packs=packs)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{spike: {factor: 2.5, over: 4w}}", SignalSettings(spike=SpikeSetting(factor=2.5, over=28 * DAY))),
        ("{spike: {}}", SignalSettings(spike=SpikeSetting(factor=3, over=14 * DAY))),
        ("{quiet_for: 12h}", SignalSettings(quiet_for=DAY / 2)),
        (
            "{spike: {factor: 3, over: 14d}, quiet_for: 3d, first_mention: 90d}",
            SignalSettings(spike=SpikeSetting(), quiet_for=3 * DAY, first_mention=90 * DAY),
        ),
    ],
)
def test_signals_are_read(tmp_path: Path, packs: Path, written: str, meant: SignalSettings) -> None:
    watchlist, problems = read(tmp_path, packs, written)
    assert watchlist is not None, "\n".join(map(format_problem, problems))
    [rule] = watchlist.rules.values()
    [entity] = watchlist.entities.values()
    assert (rule.signals, entity.signals) == (meant, SignalSettings(first_mention=90 * DAY))


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("{spike: {factor: 0.5}}", "spike.factor", "the factor 0.5 is out of range"),
        ("{spike: {factor: lots}}", "spike.factor", "the factor is not a number"),
        ("{spike: {factor: yes}}", "spike.factor", "the factor is not a number"),
        ("{spike: {over: 3d}}", "spike.over", "'3d' is out of range"),
        ("{spike: {over: 400d}}", "spike.over", "'400d' is out of range"),
        ("{spike: {over: 180h}}", "spike.over", "'180h' is not a whole number of days"),
        ("{spike: {over: 14}}", "spike.over", "the number 14 without a unit"),
        ("{spike: {window: 6h}}", "spike.window", "unknown key"),
        ("{quiet_for: 1h}", "quiet_for", "'1h' is out of range"),
        ("{quiet_for: 91d}", "quiet_for", "'91d' is out of range"),
        ("{first_mention: 366d}", "first_mention", "'366d' is out of range"),
        ("{quiet: 3d}", "quiet", "unknown key"),
        ("{}", "", "signals is empty"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, packs: Path, written: str, path: str, said: str) -> None:
    watchlist, problems = read(tmp_path, packs, written)
    assert watchlist is None
    errors = [format_problem(problem) for problem in problems if problem.is_error]
    assert len(errors) == 1, errors
    assert f"rules.kremlin.signals{'.' if path else ''}{path}" in errors[0]
    assert said in errors[0]


def test_show_and_the_json_schema_know_them(tmp_path: Path, packs: Path) -> None:
    read(tmp_path, packs, "{spike: {factor: 3}, quiet_for: 3d}")
    (tmp_path / "marsad.yaml").write_text("config: 1\n", encoding="utf-8")
    settings = load_settings(tmp_path, packs=packs).settings
    assert settings is not None
    lines = {line.key: line for line in describe_thing(settings, "rule", "kremlin") if line.key.startswith("signals")}
    assert {key: line.value for key, line in lines.items()} == {
        "signals.spike.factor": "3",
        "signals.spike.over": "14d",
        "signals.quiet_for": "3d",
    }
    origin = lines["signals.spike.factor"].origin
    assert origin is not None
    assert origin.line == 6
    assert lines["signals.spike.over"].origin is None
    assert [line.value for line in describe_thing(settings, "entity", "путин") if line.key.startswith("signals")] == [
        "90d"
    ]
    shapes = json_schema()["rules"]["$defs"]
    assert set(shapes["SignalsShape"]["properties"]) == {"spike", "quiet_for", "first_mention"}


def test_an_entity_of_a_pack_gets_signals_and_keeps_its_names(tmp_path: Path, packs: Path) -> None:
    own = "entities:\n  putin:\n    signals: {quiet_for: 3d}\n  aliyev:\n    add: [Алиеву]\n    signals: {spike: {}}\n"
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(own, encoding="utf-8")
    pack = "entities:\n  putin: {names: {ar: [بوتين]}}\n  aliyev: {names: {ru: [Алиев]}}\n"
    (tmp_path / "rules" / "pack.yaml").write_text(pack, encoding="utf-8")
    (tmp_path / "marsad.yaml").write_text("config: 1\n", encoding="utf-8")
    settings = load_settings(tmp_path, packs=packs).settings
    assert settings is not None
    putin, aliyev = (settings.watchlist.entities[EntityId(one)] for one in ("putin", "aliyev"))
    assert ([name.text for name in putin.names], putin.signals) == (["بوتين"], SignalSettings(quiet_for=3 * DAY))
    assert ([name.text for name in aliyev.names], aliyev.signals) == (
        ["Алиев", "Алиеву"],
        SignalSettings(spike=SpikeSetting()),
    )
    [line] = [line for line in describe_thing(settings, "entity", "putin") if line.key == "signals.quiet_for"]
    assert line.origin is not None
    assert (line.origin.file.name, line.origin.line) == ("own.yaml", 3)


def test_signals_of_an_entity_that_is_nowhere_are_refused(tmp_path: Path, packs: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("entities:\n  putni: {signals: {quiet_for: 3d}}\n", encoding="utf-8")
    _, problems = load_rules([path], packs=packs)
    assert [
        "there is no entity 'putni' to change" in problem.what.replace("\u2068", "").replace("\u2069", "")
        for problem in problems
    ] == [True]


def test_the_example_of_the_page_holds_beside_the_entities_that_it_names(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "signals.md").read_text("utf-8")
    path, shipped = tmp_path / "signals.yaml", tmp_path / "shipped.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    shipped.write_text("entities:\n  putin: {names: [普京]}\n  karabakh: {names: [Карабах]}\n", encoding="utf-8")
    watchlist, problems = load_rules([path, shipped], packs=tmp_path)
    assert watchlist is not None, "\n".join(map(format_problem, problems))
    assert watchlist.entities[EntityId("putin")].signals == SignalSettings(first_mention=90 * DAY)
    assert watchlist.rules[RuleId("karabakh-news")].signals == SignalSettings(spike=SpikeSetting(), quiet_for=3 * DAY)


def test_signals_that_nobody_would_be_told_of_are_warned_of(tmp_path: Path, packs: Path) -> None:
    files = {
        "marsad.yaml": "config: 1\nchannels: {box: {type: maildir, path: mail}}\n",
        "sources.yaml": "sources:\n  - {id: saved, path: articles}\n",
        "digests.yaml": "digests:\n  now: {to: [desk@example.org], rules: [told], schedule: immediate}\n",
        "rules/own.yaml": (
            "entities:\n  путин: {names: [Путин], signals: {first_mention: 90d}}\n"
            "  алиев: {names: [Алиев], signals: {first_mention: 90d}}\n"
            "rules:\n  told: {any: [путин], signals: {quiet_for: 3d}}\n  untold: {any: [путин], signals: {spike: {}}}\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    loaded = load_settings(tmp_path, packs=packs)
    assert loaded.settings is not None
    found = [(one.line, one.path, one.what, one.is_error) for one in loaded.problems]
    assert [(line, path, is_error) for line, path, _, is_error in found] == [
        (3, "entities.алиев.signals", False),
        (6, "rules.untold.signals", False),
    ]
    assert found[0][2].startswith("no rule names the entity")
    assert found[1][2] == "no digest selects untold, so these signals are reported to nobody"
