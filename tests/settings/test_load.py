"""A whole configuration: every section, every default, and who wins over whom."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.model import Cron, Daily, Empty, Every, Immediate, QuietHours
from monitor.model import Backfill, Fulltext, Recipient, Secret, Severity, Source, Zone
from monitor.names.model import Entity, EntityKind, Include, Name
from monitor.ports import Retention
from monitor.rules.compile import compile_watchlist
from monitor.rules.model import (
    AllOf,
    AnyOf,
    EntityRef,
    Example,
    Literal,
    MatchMode,
    NoneOf,
    RuleRef,
    SourceSelector,
    Unit,
    Within,
)
from monitor.settings.load import load_rules, load_settings
from monitor.settings.model import Operator, Polling
from monitor.settings.problems import format_problem
from monitor.sources.folder import FolderKind

FOLDER = Path(__file__).parent / "whole"
WHOLE = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.yaml"))}


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
        Source(id="saved", traits=FolderKind.traits, path=settings.directory / "seeds", every=timedelta(seconds=10), backfill=Backfill()),
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
    assert compile_watchlist(settle(WHOLE).watchlist).forms


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
    loaded = load_settings(write({"marsad.yaml": WHOLE["marsad.yaml"]}), packs=packs, state=tmp_path / "elsewhere")
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
    assert places["rules.karabakh-diplomacy"] == (
        "caucasus.yaml",
        line_of(WHOLE["rules/deep/caucasus.yaml"], "  karabakh-diplomacy:"),
    )
    assert places["rules.karabakh-diplomacy.all[0].any[1]"] == (
        "caucasus.yaml",
        line_of(WHOLE["rules/deep/caucasus.yaml"], "      - any: [caucasus"),
    )
    assert places["entities.putin.names.ru[0]"] == ("leaders.yaml", 2)
    assert places["digests.morning.at"] == ("digests.yaml", 5)
    assert places["digests.morning.recipients.sami@example.org.language"] == ("marsad.yaml", 17)
    assert places["digests.morning.recipients.desk@example.org.language"] == ("digests.yaml", 10)
    assert places["digests.morning.recipients.desk@example.org.timezone"] == ("marsad.yaml", 4)
    assert places["digests.now.channel"] == ("marsad.yaml", 4)
    assert "channels.mail.ca" not in places


def test_rules_alone_need_no_other_file(tmp_path: Path, packs: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "a.yaml").write_text("entities: {oil: {names: {ru: [нефть]}}}\n", encoding="utf-8")
    (tmp_path / "more" / "b.yaml").write_text("rules: {r: {any: [oil], sources: [{tag: any}, x]}}\n", encoding="utf-8")
    watchlist, problems = load_rules([tmp_path / "a.yaml", tmp_path / "more"], packs=packs)
    assert problems == ()
    assert watchlist is not None
    assert (list(watchlist.entities), list(watchlist.rules)) == (["oil"], ["r"])


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
