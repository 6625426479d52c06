"""A whole configuration: every section, every default, who wins over whom, and every problem in one run."""

from __future__ import annotations

import shutil
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.model import Cron, Daily, Empty, Every, Immediate, QuietHours
from monitor.model import Backfill, Fulltext, Recipient, Secret, Severity, Source, Zone
from monitor.ports import Retention
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import (
    AllOf,
    AnyOf,
    Entity,
    EntityKind,
    EntityRef,
    Example,
    Include,
    Literal,
    MatchMode,
    Name,
    NoneOf,
    RuleRef,
    SourceSelector,
    Unit,
    Within,
)
from monitor.settings.load import load_rules, load_settings
from monitor.settings.model import Operator, Polling
from monitor.settings.problems import format_problem

MAIN = """\
config: 1
state: /var/lib/marsad
store: sqlite
defaults: {timezone: Asia/Baku, channel: mail, language: en}
channels:
  mail:
    type: smtp
    host: smtp.example.org
    port: 587
    tls: starttls
    user: marsad
    password: {credential: smtp-password}
    ca: null
    from: "Marsad <marsad@example.org>"
  box: {type: maildir, path: mail}
people:
  sami: {email: sami@example.org, language: ar-SY, timezone: Asia/Damascus}
operator: {to: ops@example.org, channel: box, heartbeat_url: null}
polling: {contact: desk@example.org, allow_private: ["10.0.0.5:8080"], host_delay: 1s}
packs: [leaders, regions]
retention: {articles: 90d, rejected: forever, matches: 400d, disk: 5GB}
"""
SOURCES = """\
sources:
  - id: tass-ar
    url: https://feeds.example.org/rss
    tags: [wire, caucasus]
    language: ar
    owner: tass
    every: auto
    backfill: 24h
    fulltext: never
  - id: saved
    path: seeds/
"""
RULES = """\
entities:
  aliyev:
    kind: leader
    names:
      en: [Ilham Aliyev, Aliyev]
      ar:
        - إلهام علييف
        - علييف
      ru: [Ильхам Алиев, Алиев]
    short:
      en: [Ilham]
    near: [azerbaijan, karabakh]
    not:
      en: [Heydar Aliyev, Mehriban Aliyeva]
      ru: [Гейдар Алиев, Мехрибан Алиева]
  azerbaijan:
    kind: region
    territory: AZ
    include: [short_names]
    names: [Azerbaijan]

groups:
  caucasus-leaders: [aliyev, pashinyan, putin]

rules:
  karabakh-diplomacy:
    title: Karabakh diplomacy
    all:
      - any: [caucasus-leaders, azerbaijan]
      - karabakh
    none:
      - {text: football, fields: [headline]}
    within: 40 words
    fields: [headline, body]
    match: fuzzy
    languages: [ar, ru, en]
    sources: [{tag: caucasus}, saved]
    severity: normal
    examples:
      match:
        - |-
          بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ
      skip:
        - Karabakh horses win the derby
        - {headline: "Президент: да", body: Текст, language: ru}
  any-of-it:
    any:
      - karabakh-diplomacy
      - {id: caucasus-leaders, fields: [body]}
      - {all: [putin, karabakh], none: [{text: спорт}]}
    severity: urgent
"""
DIGESTS = """\
digests:
  morning:
    to: [sami, desk@example.org]
    rules: ["karabakh-*"]
    at: "07:00"
    days: [sun, mon, tue, wed, thu]
    empty: heartbeat
    template: digest
    channel: box
    language: fr
  now:
    to: [desk@example.org, DESK@example.org]
    severity: urgent
    schedule: immediate
    quiet_hours: "22:00-06:00"
  often: {to: [sami], schedule: every 2h}
  cron: {to: [sami], schedule: "0 7 * * sun-thu", timezone: UTC}
"""
WHOLE = {"marsad.yaml": MAIN, "sources.yaml": SOURCES, "digests.yaml": DIGESTS, "rules/deep/caucasus.yaml": RULES}


def test_the_channels_and_the_rest_of_marsad_yaml(settle) -> None:
    settings = settle(WHOLE)
    mail, box = settings.channels["mail"], settings.channels["box"]
    assert (mail.type, mail.options.host, mail.options.port, mail.options.tls) == (
        "smtp",
        "smtp.example.org",
        587,
        "starttls",
    )
    assert (mail.options.user, mail.options.password) == ("marsad", Secret(kind="credential", name="smtp-password"))
    assert (mail.options.ca, mail.options.from_) == (None, "Marsad <marsad@example.org>")
    assert (box.type, box.options.path) == ("maildir", settings.directory / "mail")
    assert (settings.state, settings.store) == (Path("/var/lib/marsad"), "sqlite")
    assert settings.operator == Operator(to="ops@example.org", channel="box")
    assert settings.polling == Polling(contact="desk@example.org", allow_private=frozenset({"10.0.0.5:8080"}))
    assert settings.retention == Retention(rejected=None, disk_bytes=5_000_000_000)


def test_the_sources(settle) -> None:
    settings = settle(WHOLE)
    assert settings.sources == (
        Source(
            id="tass-ar", url="https://feeds.example.org/rss", tags=frozenset({"wire", "caucasus"}), language="ar",
            owner="tass", every=None, backfill=Backfill(age=timedelta(days=1)), fulltext=Fulltext.NEVER,
        ),
        Source(id="saved", path=settings.directory / "seeds", every=timedelta(seconds=10), backfill=Backfill()),
    )  # fmt: skip


def test_a_url_is_adaptive_and_its_first_fetch_a_baseline(settle) -> None:
    text = "sources: [{id: a, url: 'https://feeds.example.org/'}, {id: b, path: ~/x, every: auto, backfill: 5}]"
    first, second = settle({"sources.yaml": text}).sources
    assert (first.every, first.backfill) == (None, Backfill(items=0))
    assert (second.every, second.backfill, second.path) == (None, Backfill(items=5), Path("~/x").expanduser())


def test_the_entities(settle) -> None:
    entities = settle(WHOLE).watchlist.entities
    assert entities["aliyev"] == Entity(
        id="aliyev",
        kind=EntityKind.LEADER,
        names=(
            Name(text="Ilham Aliyev", language="en"), Name(text="Aliyev", language="en"),
            Name(text="إلهام علييف", language="ar"), Name(text="علييف", language="ar"),
            Name(text="Ильхам Алиев", language="ru"), Name(text="Алиев", language="ru"),
        ),
        short=(Name(text="Ilham", language="en"),),
        near=("azerbaijan", "karabakh"),
        never=(
            Name(text="Heydar Aliyev", language="en"), Name(text="Mehriban Aliyeva", language="en"),
            Name(text="Гейдар Алиев", language="ru"), Name(text="Мехрибан Алиева", language="ru"),
        ),
    )  # fmt: skip
    assert entities["azerbaijan"].territory == "AZ"
    assert entities["azerbaijan"].include == frozenset({Include.SHORT_NAMES})
    assert entities["azerbaijan"].names == (Name(text="Azerbaijan"),)
    assert entities["putin"].pack == "leaders"
    assert entities["pashinyan"].names[0] == Name(text="Փաշինյան", language="hy")


def test_the_rules(settle) -> None:
    rule = settle(WHOLE).watchlist.rules["karabakh-diplomacy"]
    leaders = AnyOf(operands=(EntityRef(id="aliyev"), EntityRef(id="pashinyan"), EntityRef(id="putin")))
    assert rule.condition == AllOf(
        operands=(
            AllOf(operands=(AnyOf(operands=(leaders, EntityRef(id="azerbaijan"))), EntityRef(id="karabakh"))),
            NoneOf(operands=(Literal(text="football", fields=frozenset({Zone.HEADLINE})),)),
        )
    )
    assert (rule.title, rule.within) == ("Karabakh diplomacy", Within(unit=Unit.WORDS, count=40))
    assert (rule.match, rule.severity, rule.pack) == (MatchMode.FUZZY, Severity.NORMAL, None)
    assert rule.languages == frozenset({"ar", "ru", "en"})
    assert rule.sources == (SourceSelector(tag="caucasus"), SourceSelector(id="saved"))
    assert rule.examples == (
        Example(headline="بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ"),
        Example(headline="Karabakh horses win the derby", fires=False),
        Example(headline="Президент: да", body="Текст", language="ru", fires=False),
    )


def test_conditions_of_every_form(settle) -> None:
    rule = settle(WHOLE).watchlist.rules["any-of-it"]
    body = frozenset({Zone.BODY})
    leaders = tuple(EntityRef(id=name, fields=body) for name in ("aliyev", "pashinyan", "putin"))
    both = AllOf(operands=(EntityRef(id="putin"), EntityRef(id="karabakh")))
    assert rule.condition == AllOf(
        operands=(
            AnyOf(
                operands=(
                    RuleRef(id="karabakh-diplomacy"),
                    AnyOf(operands=leaders),
                    AllOf(operands=(both, NoneOf(operands=(Literal(text="спорт"),)))),
                )
            ),
        )
    )
    assert (rule.title, rule.severity, rule.examples) == ("any-of-it", Severity.URGENT, ())
    assert rule.fields == frozenset({Zone.HEADLINE, Zone.BODY})


def test_what_is_loaded_compiles(settle) -> None:
    assert compile_watchlist(settle(WHOLE).watchlist).rules


def test_the_digests(settle) -> None:
    morning, now, often, cron = settle(WHOLE).digests
    assert morning.schedule == Daily(at=time(7), days=frozenset({6, 0, 1, 2, 3}))
    assert (morning.rules, morning.empty, morning.template, morning.channel) == (
        ("karabakh-*",),
        Empty.HEARTBEAT,
        "digest",
        "box",
    )
    assert (now.schedule, now.quiet_hours) == (Immediate(), QuietHours(start=time(22), end=time(6)))
    assert (now.severity, now.rules, now.channel) == (Severity.URGENT, ("*",), "mail")
    assert often.schedule == Every(interval=timedelta(hours=2))
    assert cron.schedule == Cron(line="0 7 * * sun-thu")


def test_a_persons_language_and_zone_win_over_the_digests_and_those_over_the_defaults(settle) -> None:
    morning, now, _, cron = settle(WHOLE).digests
    assert morning.recipients == (
        Recipient(email="sami@example.org", language="ar-SY", timezone=ZoneInfo("Asia/Damascus")),
        Recipient(email="desk@example.org", language="fr", timezone=ZoneInfo("Asia/Baku")),
    )
    assert now.recipients == (Recipient(email="desk@example.org", language="en", timezone=ZoneInfo("Asia/Baku")),)
    assert cron.recipients[0].timezone == ZoneInfo("Asia/Damascus")


def test_everything_has_a_default(settle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    main = "channels: {only: {type: console}}\n"
    settings = settle({"marsad.yaml": main, "digests.yaml": "digests: {d: {to: [a@example.org]}}"})
    (plan,) = settings.digests
    assert (settings.state, settings.store) == (settings.directory / "state", "sqlite")
    assert (settings.operator, settings.polling, settings.retention) == (None, Polling(), Retention())
    assert (plan.channel, plan.schedule, plan.rules) == ("only", Daily(at=time(7)), ("*",))
    assert (plan.severity, plan.empty, plan.template, plan.quiet_hours) == (Severity.LOW, Empty.SILENT, "digest", None)
    assert plan.recipients == (Recipient(email="a@example.org", language="en", timezone=ZoneInfo("UTC")),)


def test_empty_sections_are_fine(settle) -> None:
    settings = settle(
        {"sources.yaml": "sources:\n", "digests.yaml": "# none yet\n", "rules/a.yaml": "rules:\nentities:\n"}
    )
    assert (settings.sources, settings.digests, settings.watchlist.rules) == ((), (), {})


def test_the_state_directory_of_systemd_is_a_default(
    settle, load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/one:{tmp_path}/two")
    assert settle({}).state == tmp_path / "one"
    assert settle({"marsad.yaml": "state: mine\n", "digests.yaml": None}).state == tmp_path / "config" / "mine"


def test_the_callers_state_wins(write, packs: Path, tmp_path: Path) -> None:
    loaded = load_settings(write({"marsad.yaml": MAIN}), packs=packs, state=tmp_path / "elsewhere")
    assert loaded.settings is not None
    assert loaded.settings.state == tmp_path / "elsewhere"


def test_a_relative_secret_file_is_beside_the_configuration(settle) -> None:
    options = "host: smtp.example.org, tls: implicit, from: a@example.org, user: u, password: {file: pw}"
    main = f"channels: {{m: {{type: smtp, {options}}}}}"
    settings = settle({"marsad.yaml": main, "digests.yaml": None})
    assert settings.channels["m"].options.password == Secret(kind="file", name=str(settings.directory / "pw"))


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


def test_every_value_keeps_its_place(settle) -> None:
    settings = settle(WHOLE)
    places = {key: (origin.file.name, origin.line) for key, origin in settings.origins.items()}
    assert places["channels.mail.tls"] == ("marsad.yaml", 10)
    assert places["sources.tass-ar.owner"] == ("sources.yaml", 6)
    assert places["sources.saved.path"] == ("sources.yaml", 11)
    assert places["rules.karabakh-diplomacy"] == ("caucasus.yaml", line_of(RULES, "  karabakh-diplomacy:"))
    assert places["rules.karabakh-diplomacy.all[0].any[1]"] == (
        "caucasus.yaml",
        line_of(RULES, "      - any: [caucasus"),
    )
    assert places["entities.putin.names.ru[0]"] == ("leaders.yaml", 2)
    assert places["digests.morning.at"] == ("digests.yaml", 5)
    assert places["digests.morning.recipients.sami@example.org.language"] == ("marsad.yaml", 17)
    assert places["digests.morning.recipients.desk@example.org.language"] == ("digests.yaml", 10)
    assert places["digests.morning.recipients.desk@example.org.timezone"] == ("marsad.yaml", 4)
    assert places["digests.now.channel"] == ("marsad.yaml", 4)
    assert "channels.mail.ca" not in places


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
        "does not exist: nobody is told",
    ]
    assert not any(problem.is_error for problem in loaded.problems)


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
        ("a.yaml", 2, ""), ("b.yaml", 2, "entities.x.names[0]"), ("b.yaml", 4, "rules.r.any[0]"),
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
    main = MAIN.replace("[leaders, regions]", "[leaders]")
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


@pytest.mark.parametrize(("as_of", "is_old"), [("2019-01-01", True), ("2099-01-01", False)])
def test_an_old_pack_is_a_warning(load, packs: Path, as_of: str, *, is_old: bool) -> None:
    path = packs / "leaders.yaml"
    path.write_text(f"as_of: {as_of}\n" + path.read_text("utf-8"), encoding="utf-8")
    loaded = load({"marsad.yaml": "packs: [leaders]\n", "digests.yaml": None})
    warned = [problem.what for problem in loaded.problems if "as of" in problem.what]
    assert warned == (["the pack leaders is as of 2019-01-01"] if is_old else [])
    assert loaded.settings is not None


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
    assert "warning: a password in the URL of the store; PostgreSQL reads one from ~/.pgpass or $PGPASSFILE" in line
    assert "hunter2" not in line


def test_rules_alone_need_no_other_file(tmp_path: Path, packs: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "a.yaml").write_text("entities: {oil: {names: {ru: [нефть]}}}\n", encoding="utf-8")
    (tmp_path / "more" / "b.yaml").write_text("rules: {r: {any: [oil], sources: [{tag: any}, x]}}\n", encoding="utf-8")
    watchlist, problems = load_rules([tmp_path / "a.yaml", tmp_path / "more"], packs=packs)
    assert problems == ()
    assert watchlist is not None
    assert (list(watchlist.entities), list(watchlist.rules)) == (["oil"], ["r"])


def test_rules_alone_have_problems_too(tmp_path: Path, packs: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("rules: {r: {any: [putin, x]}}\n", encoding="utf-8")
    watchlist, problems = load_rules([path, path], packs=packs)
    assert watchlist is None
    assert [problem.hint for problem in problems] == [
        "the shipped pack leaders has it: packs: [leaders] in marsad.yaml",
        "a text to look for as it stands is {text: …}",
    ]


def test_rules_alone_may_be_only_entities_or_nothing(tmp_path: Path, packs: Path) -> None:
    watchlist, problems = load_rules([packs / "leaders.yaml"], packs=packs)
    assert (len(watchlist.entities), watchlist.rules, problems) == (3, {}, ())
    (tmp_path / "empty").mkdir()
    assert load_rules([tmp_path / "empty"], packs=packs)[0].entities == {}


def test_two_hundred_entities_of_fifteen_names(settle) -> None:
    names = "".join(f"        - Ильхам Алиев {number}\n" for number in range(15))
    lines = (
        f"  id{entity}:\n    names:\n      ru:\n" + names.replace("Алиев", f"Алиев {entity}-") for entity in range(200)
    )
    watchlist = settle({"rules/many.yaml": "entities:\n" + "".join(lines)}).watchlist
    assert sum(len(entity.names) for entity in watchlist.entities.values()) == 3000


def test_what_init_writes_loads_with_the_shipped_packs(root: Path) -> None:
    loaded = load_settings(root / "templates" / "init", packs=root / "rules")
    assert loaded.settings is not None, "\n".join(map(format_problem, loaded.problems))
    assert {problem.path for problem in loaded.problems} <= {"as_of"}


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
