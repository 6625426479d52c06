"""A broken edit never stops anything: the last good configuration holds, rule by rule, over restarts too."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.model import RuleId
from monitor.rules.compile import compile_watchlist
from monitor.rules.examples import ExampleFailure, run_examples
from monitor.rules.model import EntityRef, Watchlist
from monitor.settings.lastgood import InForce, identify_program, load_in_force
from monitor.settings.problems import format_problem

OIL = "entities:\n  oil: {names: {ru: [нефть]}}\n"
FIRES = OIL + "rules:\n  r:\n    title: one\n    any: [oil]\n    examples: {match: [Цены на нефть растут]}\n"
FAILS = FIRES.replace("one", "two").replace("Цены на нефть растут", "Погода хорошая")
TWO = FIRES + "  s:\n    any: [oil]\n"

Run = Callable[..., InForce]


@pytest.fixture
def run(write, packs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Change some files and load what is in force, as a restarted daemon would."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)

    def change_and_load(files: dict[str, str | None], *, keep: bool = True) -> InForce:
        in_force = load_in_force(write(files), packs=packs, check=run_examples, keep=keep)
        compile_watchlist(in_force.settings.watchlist)
        return in_force

    return change_and_load


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "config" / "state"


def title(in_force: InForce, rule: str = "r") -> str:
    return in_force.settings.watchlist.rules[RuleId(rule)].title


def test_a_good_configuration_is_in_force_and_kept(run: Run, state: Path) -> None:
    in_force = run({"rules/a.yaml": FIRES})
    assert (in_force.fallback, in_force.held_rules, in_force.problems) == (False, (), ())
    index = json.loads((state / "last-good" / "index.json").read_bytes())
    copy = state / "last-good" / index["configuration"]
    assert (copy / "own" / "rules" / "a.yaml").read_text("utf-8") == FIRES
    assert {path.name for path in copy.iterdir()} == {"own"}


@pytest.mark.parametrize(
    "broken",
    [
        {"rules/a.yaml": FAILS + "  s: {any: [nobody]}\n"},
        {"rules/a.yaml": "rules: ["},
        {"marsad.yaml": "channels: {box: {type: maildr}}\n"},
        {"marsad.yaml": "channels: [\n"},
        {"marsad.yaml": None},
        {"digests.yaml": "digests: {d: {to: [nobody]}}"},
        {"sources.yaml": "sources: [{id: x}]"},
    ],
)
def test_a_broken_edit_leaves_the_last_good_one_in_force(run: Run, broken: dict[str, str | None]) -> None:
    good = run({"rules/a.yaml": FIRES})
    for _ in range(2):  # and after another restart
        in_force = run({"rules/a.yaml": FIRES, **broken})
        assert in_force.fallback
        assert title(in_force) == "one"
        assert in_force.settings.digests == good.settings.digests
        assert in_force.settings.sources == good.settings.sources
        assert in_force.settings.channels == good.settings.channels
        assert in_force.settings.directory == good.settings.directory
        assert any(problem.is_error for problem in in_force.problems)
    repaired = run({"rules/a.yaml": FIRES.replace("one", "three")})
    assert (repaired.fallback, title(repaired)) == (False, "three")


def test_without_a_good_copy_every_problem_is_raised(run: Run) -> None:
    with pytest.raises(ConfigError) as failed:
        run({"rules/a.yaml": "rules: {r: {any: [x, y]}}", "digests.yaml": "digests: {d: {}}"})
    assert [problem.file.name for problem in failed.value.problems] == ["digests.yaml", "a.yaml", "a.yaml"]


def test_a_state_directory_written_in_a_broken_file_is_found(run: Run, tmp_path: Path) -> None:
    main = "state: elsewhere\nchannels: {box: {type: maildir, path: mail}}\npeople: {sami: {email: s@example.org}}\n"
    run({"marsad.yaml": main})
    assert (tmp_path / "config" / "elsewhere" / "last-good").is_dir()
    in_force = run({"marsad.yaml": main + "  broken: [\n"})
    assert in_force.fallback
    assert in_force.settings.state == tmp_path / "config" / "elsewhere"


def test_packs_are_kept_too(run: Run, packs: Path) -> None:
    main = "packs: [leaders]\nchannels: {box: {type: maildir, path: mail}}\npeople: {sami: {email: s@example.org}}\n"
    rules = "rules: {r: {any: [putin]}}"
    run({"marsad.yaml": main, "rules/a.yaml": rules})
    (packs / "leaders.yaml").write_text("entities: {other: {names: [x]}}")
    in_force = run({"marsad.yaml": main, "rules/a.yaml": rules})
    assert in_force.fallback
    assert in_force.settings.watchlist.entities["putin"].pack == "leaders"


def test_a_rule_whose_example_fails_keeps_its_last_good_version_and_holds_back_no_other(run: Run) -> None:
    run({"rules/a.yaml": FIRES})
    broken = FAILS + "  s: {title: new, any: [oil]}\n"
    for _ in range(3):  # over restarts
        in_force = run({"rules/a.yaml": broken})
        assert (in_force.fallback, in_force.held_rules) == (False, ("r",))
        assert (title(in_force), title(in_force, "s")) == ("one", "new")
        (problem,) = in_force.problems
        assert problem.is_error
        line = format_problem(problem)
        assert "/rules/a.yaml:7:1  rules.r.examples  rule r: examples.match[0] 'Погода хорошая' does not fire" in line
        assert line.endswith("its last good version stays in force")


def test_a_held_rule_survives_further_edits_of_others_and_a_broken_file(run: Run) -> None:
    run({"rules/a.yaml": FIRES})
    run({"rules/a.yaml": FAILS})
    later = run({"rules/a.yaml": FAILS, "rules/b.yaml": "rules: {s: {title: later, any: [oil]}}"})
    assert (title(later), title(later, "s")) == ("one", "later")
    broken = run({"rules/b.yaml": "rules: ["})
    assert (broken.fallback, title(broken), title(broken, "s")) == (True, "one", "later")
    assert broken.held_rules == ("r",)


def test_a_repaired_rule_is_no_longer_held_and_old_copies_go(run: Run, state: Path) -> None:
    run({"rules/a.yaml": FIRES})
    run({"rules/a.yaml": FAILS})
    assert len([path for path in (state / "last-good").iterdir() if path.is_dir()]) == 2
    repaired = run({"rules/a.yaml": FIRES.replace("one", "three")})
    assert (repaired.held_rules, title(repaired)) == ((), "three")
    assert len([path for path in (state / "last-good").iterdir() if path.is_dir()]) == 1


def test_a_new_rule_that_never_was_good_is_left_out(run: Run) -> None:
    for _ in range(2):
        in_force = run(
            {"rules/a.yaml": FAILS + "  s: {any: [oil]}\n  uses: {any: [r]}\n  uses-that: {all: [uses, oil]}\n"}
        )
        assert in_force.held_rules == ("r",)
        assert list(in_force.settings.watchlist.rules) == ["s"]
        assert format_problem(in_force.problems[0]).endswith("the rule is not in force: it has no good version yet")


def test_a_held_rule_brings_the_entities_that_only_it_knows(run: Run) -> None:
    gas = "  gas: {names: {ru: [газ]}, near: [sea]}\n  sea: {names: {ru: [море]}}\n"
    run(
        {
            "rules/a.yaml": FIRES.replace("rules:", gas + "rules:").replace(
                "[oil]", "[oil, gas, {text: x}, {none: [gas]}]"
            )
        }
    )
    in_force = run({"rules/a.yaml": FAILS})
    assert title(in_force) == "one"
    assert set(in_force.settings.watchlist.entities) == {"oil", "gas", "sea"}
    assert EntityRef(id="gas") in in_force.settings.watchlist.rules["r"].condition.operands[0].operands


def test_nothing_is_written_unless_asked(run: Run, state: Path) -> None:
    run({"rules/a.yaml": FIRES}, keep=False)
    assert not state.exists()


def test_an_unchanged_configuration_is_not_written_again(run: Run, state: Path) -> None:
    run({"rules/a.yaml": FIRES})
    before = (state / "last-good" / "index.json").stat().st_mtime_ns
    run({"rules/a.yaml": FIRES})
    assert (state / "last-good" / "index.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("content", ["", "[]", "{", '{"directory": "/elsewhere", "configuration": "x"}'])
def test_a_spoilt_index_is_as_none(run: Run, state: Path, content: str) -> None:
    run({"rules/a.yaml": FIRES})
    (state / "last-good" / "index.json").write_text(content)
    with pytest.raises(ConfigError):
        run({"rules/a.yaml": "rules: ["})
    assert not run({"rules/a.yaml": FIRES}).fallback


def test_a_copy_that_is_gone_or_no_longer_good_is_as_none(run: Run, state: Path) -> None:
    run({"rules/a.yaml": FIRES})
    (copy,) = [path for path in (state / "last-good").iterdir() if path.is_dir()]
    (copy / "own" / "rules" / "a.yaml").write_text("rules: [")
    with pytest.raises(ConfigError):
        run({"rules/a.yaml": "rules: [ x"})
    shutil.rmtree(copy)
    with pytest.raises(ConfigError):
        run({"rules/a.yaml": "rules: [ x"})


def test_a_state_that_cannot_be_written_stops_nothing(run: Run, state: Path) -> None:
    state.parent.mkdir()
    state.write_text("in the way")
    assert title(run({"rules/a.yaml": FIRES})) == "one"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_state_is_left_alone(run: Run, state: Path) -> None:
    state.mkdir(parents=True)
    os.chown(state, 65534, 65534)
    assert not run({"rules/a.yaml": FIRES}).fallback
    assert list(state.iterdir()) == []


def test_copies_are_not_for_everyone(run: Run, state: Path) -> None:
    run({"rules/a.yaml": FIRES})
    files = [path for path in (state / "last-good").rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o007 for path in files} == {0}


@dataclass(frozen=True)
class Complaint:
    rule: RuleId


def test_a_failure_of_a_rule_from_nowhere_still_has_a_line(write, packs: Path) -> None:
    def complain(watchlist: Watchlist) -> Sequence[Complaint]:
        return [Complaint(RuleId("ghost"))]

    in_force = load_in_force(write({}), packs=packs, check=complain, keep=False)
    assert (in_force.problems[0].line, in_force.held_rules) == (0, ("ghost",))


def test_the_callers_state_holds_the_copies(write, packs: Path, tmp_path: Path) -> None:
    in_force = load_in_force(write({}), packs=packs, check=run_examples, state=tmp_path / "elsewhere")
    assert in_force.settings.state == tmp_path / "elsewhere"
    assert (tmp_path / "elsewhere" / "last-good" / "index.json").is_file()


def test_examples_that_held_are_not_tried_again_by_the_same_program_on_the_same_files(
    write, packs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    tried: list[int] = []

    def check(watchlist: Watchlist) -> Sequence[ExampleFailure]:
        tried.append(len(watchlist.rules))
        return run_examples(watchlist)

    def load(files: dict[str, str | None], *, keep: bool = True) -> InForce:
        return load_in_force(write(files), packs=packs, check=check, keep=keep)

    load({"rules/a.yaml": FIRES})
    load({"rules/a.yaml": FIRES})
    load({"rules/a.yaml": FIRES}, keep=False)
    assert tried == [1]
    load({"rules/a.yaml": TWO})
    assert tried == [1, 2]
    monkeypatch.setattr("monitor.settings.lastgood.identify_program", lambda: "another")
    load({"rules/a.yaml": TWO})
    assert tried == [1, 2, 2]
    assert load({"rules/a.yaml": FAILS}).held_rules == ("r",)
    assert load({"rules/a.yaml": FAILS}).held_rules == ("r",)
    assert tried == [1, 2, 2, 1, 1]


def test_a_file_of_the_program_that_changes_makes_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "monitor" / "settings" / "lastgood.py"
    module.parent.mkdir(parents=True)
    module.write_text("", encoding="utf-8")
    monkeypatch.setattr("monitor.settings.lastgood.__file__", str(module))
    before = identify_program.__wrapped__()
    assert identify_program.__wrapped__() == before
    module.write_text("changed", encoding="utf-8")
    assert identify_program.__wrapped__() != before
