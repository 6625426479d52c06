"""Every problem of a configuration in one run, each at its place; whatever is broken, nothing crashes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.compile import compile_watchlist
from monitor.settings.load import load_rules, load_settings
from monitor.settings.problems import format_problem

FOLDER = Path(__file__).parent / "whole"
WHOLE = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.yaml"))}


def test_a_missing_marsad_yaml_says_how_to_write_one(load) -> None:
    loaded = load({"marsad.yaml": None})
    (line,) = map(format_problem, loaded.problems)
    assert loaded.settings is None
    assert line.endswith(
        "/config/marsad.yaml  does not exist; marsad init "
        + line.partition("/marsad.yaml")[0]
        + " writes one that works"
    )


def test_missing_sources_and_digests_are_warnings(load) -> None:
    loaded = load({"sources.yaml": None, "digests.yaml": None})
    assert loaded.settings is not None
    assert [problem.what for problem in loaded.problems] == [
        "does not exist: nothing is watched",
        "does not exist: nothing is sent",
    ]
    assert not any(problem.is_error for problem in loaded.problems)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("digests.yaml", "digests: {d: {to: [a@example.org], also: yess}}", "'yess', expected true or false"),
        ("marsad.yaml", "watch: 3.5", "expected true or false"),
        ("marsad.yaml", "channels: {m: {type: smtp, host: x, tls: none, from: a@b.org, timeout: soon}}", "a number"),
        ("marsad.yaml", "channels: {m: {type: smtp, host: x, tls: none, from: a@b.org, timeout: []}}", "a number"),
        ("rules/a.yaml", "rules: {r: {any: [{at_least: 1.5, of: [a, b]}]}}", "a whole number"),
    ],
)
def test_what_is_expected_is_said_in_our_words(load, file: str, text: str, said: str) -> None:
    lines = [format_problem(problem) for problem in load({file: text}).problems]
    assert any(said in line for line in lines), lines
    assert not any(word in line for line in lines for word in ("valid", "unable", "parse", "Input")), lines


def test_all_problems_of_all_files_come_in_one_run_in_order(load) -> None:
    loaded = load(
        {
            "marsad.yaml": "config: 1\nstor: x\npeople: {sami: {email: x}}\nchannels: {box: {type: maildir}}\n",
            "sources.yaml": "sources:\n  - {id: a}\n  - {url: x, id: b}\n",
            "digests.yaml": "digests:\n  d: {to: [samy], at: 7}\n",
            "rules/b.yaml": "entities:\n  x: {names: [5]}\nrules:\n  r: {any: [y]}\n",
            "rules/a.yaml": "rules: [\n",
        }
    )
    places = [(problem.file.name, problem.line, problem.path) for problem in loaded.problems]
    assert places == [
        ("marsad.yaml", 2, "stor"), ("marsad.yaml", 3, "people.sami.email"), ("marsad.yaml", 4, "channels.box"),
        ("sources.yaml", 2, "sources[0]"), ("sources.yaml", 3, "sources[1].url"),
        ("digests.yaml", 2, "digests.d.to[0]"), ("digests.yaml", 2, "digests.d.at"),
        ("a.yaml", 2, ""), ("b.yaml", 2, "entities.x.names[0]"),  # y may be in a.yaml
    ]  # fmt: skip
    assert loaded.settings is None


def test_ids_are_unique_over_all_files(load) -> None:
    loaded = load({"rules/a.yaml": "entities: {x: {names: [oil]}}", "rules/b.yaml": "entities:\n  x: {names: [gas]}"})
    (problem,) = loaded.problems
    assert (problem.file.name, problem.line, problem.column) == ("b.yaml", 2, 3)
    assert problem.what.startswith("the id 'x' is taken: ")
    assert problem.what.endswith("/rules/a.yaml:1 has entity 'x'")


def test_two_packs_may_not_define_one_id(load, packs: Path) -> None:
    shutil.copy(packs / "leaders.yaml", packs / "heads.yaml")
    loaded = load({"marsad.yaml": "packs: [leaders, heads]\nchannels: {b: {type: console}}\n", "digests.yaml": None})
    assert {problem.file.name for problem in loaded.problems if problem.is_error} == {"heads.yaml"}


def test_a_users_entity_replaces_a_packs_and_a_note_says_so(load) -> None:
    loaded = load({**WHOLE})
    notes = [format_problem(problem) for problem in loaded.problems]
    assert len(notes) == 1
    assert notes[0].endswith(
        "/caucasus.yaml:2:3  entities.aliyev  warning: 'aliyev' replaces the entity of the pack leaders"
    )
    assert loaded.settings is not None
    assert loaded.settings.watchlist.entities["aliyev"].pack is None


def test_a_users_group_may_not_take_the_id_of_a_packs_entity(load) -> None:
    main = WHOLE["marsad.yaml"].replace("[leaders, regions]", "[leaders]")
    loaded = load({"marsad.yaml": main, "rules/a.yaml": "entities: {x: {names: [x]}}\ngroups:\n  putin: [x]\n"})
    (problem,) = [problem for problem in loaded.problems if problem.is_error]
    assert (problem.file.name, problem.line) == ("a.yaml", 3)
    assert problem.what.endswith("/leaders.yaml:2 has entity 'putin'")


def test_a_pack_whose_file_is_broken_is_reported_at_its_place(load, packs: Path) -> None:
    (packs / "leaders.yaml").write_text("entities:\n  x: {}\n")
    loaded = load({"marsad.yaml": "packs: [leaders]\n", "digests.yaml": None})
    assert [(problem.file, problem.line) for problem in loaded.problems if problem.is_error] == [
        (packs / "leaders.yaml", 2)
    ]


def test_a_pack_works_without_the_pack_that_its_near_names(load, packs: Path) -> None:
    (packs / "leaders.yaml").write_text("entities:\n  x: {names: [x y], short: [x], near: [karabakh]}\n", "utf-8")
    alone = load({"marsad.yaml": "packs: [leaders]\n", "digests.yaml": None}).settings
    both = load({"marsad.yaml": "packs: [leaders, regions]\n", "digests.yaml": None}).settings
    assert alone is not None
    assert both is not None
    assert (alone.watchlist.entities["x"].near, both.watchlist.entities["x"].near) == ((), ("karabakh",))
    (packs / "leaders.yaml").write_text("entities:\n  x: {names: [x y], short: [x], near: [karabag]}\n", "utf-8")
    [problem] = [
        one for one in load({"marsad.yaml": "packs: [leaders]\n", "digests.yaml": None}).problems if one.is_error
    ]
    assert problem.what == "unknown id 'karabag'"


@pytest.mark.parametrize(("as_of", "is_old"), [("2019-01-01", True), ("2099-01-01", False)])
def test_an_old_pack_is_a_warning(load, packs: Path, as_of: str, *, is_old: bool) -> None:
    path = packs / "leaders.yaml"
    path.write_text(f"as_of: {as_of}\n" + path.read_text("utf-8"), encoding="utf-8")
    loaded = load({"marsad.yaml": "packs: [leaders]\n", "digests.yaml": None})
    warned = [problem.what for problem in loaded.problems if "year old" in problem.what]
    assert warned == (["packs that are more than a year old: leaders (2019-01-01)"] if is_old else [])
    assert loaded.settings is not None


def test_all_old_packs_are_one_warning(load, packs: Path) -> None:
    for name in ("leaders", "regions"):
        path = packs / f"{name}.yaml"
        path.write_text(f"as_of: 2019-01-01\n{path.read_text('utf-8')}", encoding="utf-8")
    loaded = load({"marsad.yaml": "packs: [leaders, regions]\n", "digests.yaml": None})
    [warned] = [problem.what for problem in loaded.problems if "year old" in problem.what]
    assert warned == "packs that are more than a year old: leaders (2019-01-01), regions (2019-01-01)"


def test_a_misspelt_section_brings_no_errors_about_what_stands_in_it(load) -> None:
    rules = "entites:\n  foo: {names: [Foo]}\nrules:\n  a: {title: A, any: [foo, bar]}\n"
    found = load(
        {
            "rules/a.yaml": rules,
            "marsad.yaml": "peple: {samy: {email: s@example.org}}\nchannels: {box: {type: console}}\n",
        }
    )
    assert [problem.what for problem in found.problems if problem.is_error] == [
        "unknown key 'peple'",
        "unknown key 'entites'",
    ]


@pytest.mark.parametrize("key", ["regex", "pattern", "glob"])
def test_patterns_are_refused_with_what_to_write_instead(load, key: str) -> None:
    rules = f'rules:\n  a: {{title: A, any: [{{{key}: "Put.n"}}]}}\n'
    [found] = [problem for problem in load({"rules/a.yaml": rules}).problems if problem.is_error]
    assert found.what == f"patterns ('{key}') are not supported"
    assert found.hint.startswith("names are plain text")


def test_hyphens_without_a_blank_are_named(load) -> None:
    rules = "rules:\n  a:\n    title: A\n    any:\n      -governors\n      -putin\n"
    [found] = [problem for problem in load({"rules/a.yaml": rules}).problems if problem.is_error]
    assert (found.line, found.hint) == (4, "put a space after each hyphen: - governors")


def test_several_channels_need_a_choice(load) -> None:
    main = "channels:\n  a: {type: console}\n  b: {type: console}\noperator: {to: x@example.org}\n"
    loaded = load({"marsad.yaml": main, "digests.yaml": "digests:\n  d: {to: [x@example.org]}\n"})
    assert [(problem.path, problem.what) for problem in loaded.problems] == [
        ("operator", "which of the channels 'a', 'b'?"),
        ("digests.d", "which of the channels 'a', 'b'?"),
    ]


def test_files_that_nobody_reads_are_a_warning(load) -> None:
    loaded = load({"digest.yaml": "", "sources.yml": "", "rules/a.yml": "", "rules/.b.yaml": "x: [", ".c.yaml": "x: ["})
    why = "is not read: only marsad.yaml, sources.yaml, digests.yaml and rules/**/*.yaml are"
    assert [(problem.file.name, problem.what, problem.hint) for problem in loaded.problems] == [
        ("digest.yaml", why, "did you mean 'digests.yaml'?"),
        ("a.yml", why, "rename it to a.yaml"),
        ("sources.yml", why, "did you mean 'sources.yaml'?"),
    ]
    assert loaded.settings is not None


def test_a_folder_in_place_of_a_file_is_a_problem(load, tmp_path: Path) -> None:
    (tmp_path / "config" / "marsad.yaml").mkdir(parents=True)
    loaded = load_settings(tmp_path / "config", packs=tmp_path)
    assert "cannot be read: Is a directory" in [problem.what for problem in loaded.problems]


def test_a_password_in_the_stores_url_is_a_warning(load) -> None:
    loaded = load({"marsad.yaml": "store: postgresql://marsad:hunter2@db.example.org/marsad\n", "digests.yaml": None})
    (line,) = [format_problem(problem) for problem in loaded.problems if problem.path == "store"]
    assert (
        "warning: the URL of the store contains a password; remove it; PostgreSQL reads passwords from ~/.pgpass or $PGPASSFILE"
        in line
    )
    assert "hunter2" not in line


def test_rules_alone_have_problems_too(tmp_path: Path, packs: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("rules: {r: {any: [putin, x]}}\n", encoding="utf-8")
    watchlist, problems = load_rules([path, path], packs=packs)
    assert watchlist is None
    assert [problem.hint for problem in problems] == [
        "the shipped pack leaders defines it: write packs: [leaders] in marsad.yaml",
        "to search for a text, write {text: …}",
    ]


@pytest.fixture(scope="module")
def broken_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "packs").mkdir()
    (folder / "packs" / "leaders.yaml").write_text("entities: {putin: {names: [x]}, pashinyan: {names: [y]}}")
    (folder / "packs" / "regions.yaml").write_text("entities: {karabakh: {names: [z]}}")
    return folder


JUNK = st.sampled_from(
    [
        "",
        " ",
        "- ",
        ": ",
        "：",
        "،",
        "[",
        "]",
        "{",
        "}",
        "null",
        "5",
        "true",
        "*",
        "&a ",
        "#",
        "'",
        "\n",
        "بوتين",
        "普京",
    ]
)


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(sorted(WHOLE)), start=st.floats(0, 1), length=st.integers(0, 30), junk=JUNK)
def test_whatever_is_broken_is_a_problem_and_never_a_crash(broken_folder: Path, name, start, length, junk) -> None:
    text = WHOLE[name]
    at = int(start * len(text))
    for other, whole in {**WHOLE, name: text[:at] + junk + text[at + length :]}.items():
        (broken_folder / other).parent.mkdir(parents=True, exist_ok=True)
        (broken_folder / other).write_text(whole, encoding="utf-8")
    loaded = load_settings(broken_folder, packs=broken_folder / "packs")
    assert (loaded.settings is None) == any(problem.is_error for problem in loaded.problems)
    assert not [line for line in map(format_problem, loaded.problems) if "\n" in line]
    if loaded.settings is not None:
        compile_watchlist(loaded.settings.watchlist)


SMTP = "{type: smtp, host: smtp.example.org, tls: implicit, from: marsad@example.org, bounces: BOUNCES}"


@pytest.mark.parametrize(
    ("bounces", "said"),
    [
        ("bounces@example.org", "bounces needs the feedback mailbox"),
        ("a-long-local-part@example.org", "'a-long-local-part' has 17 characters before the @, expected 14 at most"),
        ("bounces", "'bounces' is not a mail address"),
    ],
)
def test_an_address_for_bounces_must_be_of_use(load, bounces: str, said: str) -> None:
    main = f"config: 1\nchannels: {{mail: {SMTP.replace('BOUNCES', bounces)}}}\n"
    loaded = load({"marsad.yaml": main})
    assert any(said in format_problem(problem) for problem in loaded.problems)


def test_bounces_with_a_feedback_mailbox_are_fine(load) -> None:
    feedback = "feedback: {maildir: box, address: feedback@example.org}\n"
    main = f"config: 1\nchannels: {{mail: {SMTP.replace('BOUNCES', 'bounces@example.org')}}}\n{feedback}"
    assert not any("bounces" in problem.what for problem in load({"marsad.yaml": main}).problems)
