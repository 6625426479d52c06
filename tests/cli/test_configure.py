from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from waiting import until_async

from monitor.cli.configure import check_configuration, keep_checking


@pytest.mark.untraced
def test_init_writes_what_check_and_once_take(marsad, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    wrote = marsad("init", folder)
    assert wrote.code == 0
    assert f"marsad check --config {folder}" in wrote.err
    checked = marsad("check", "--config", folder)
    assert checked.code == 0, checked.err
    assert checked.out.splitlines()[-1].endswith("all good")
    assert marsad("once", "--all", "--config", folder).code == 0


def test_init_overwrites_nothing(marsad, desk: Path) -> None:
    refused = marsad("init", desk)
    assert refused.code == 2
    assert "already has" in refused.err
    assert "nothing was written" in refused.err
    assert "state: state" in (desk / "marsad.yaml").read_text(encoding="utf-8")


def test_init_says_what_cannot_be_written(marsad, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = marsad("init", tmp_path / "file" / "folder")
    assert refused.code == 2
    assert "cannot write" in refused.err


def test_check_says_all_and_when_digests_are_due(marsad, desk: Path) -> None:
    checked = marsad("check", "--config", desk)
    assert checked.code == 0
    assert "morning -> desk@example.org: next " in checked.out
    assert "now -> desk@example.org: next as soon as a rule fires" in checked.out
    assert "1 source, 1 entity, 1 rule with 2 examples, 2 digests: all good" in checked.out
    report = marsad("--json", "check", "--config", desk).data
    assert (report["errors"], report["examples"], report["missing_folders"]) == (0, 2, [])


def test_check_warns_of_a_folder_that_is_not_there(marsad, desk: Path) -> None:
    (desk / "articles" / "one.txt").unlink()
    (desk / "articles").rmdir()
    checked = marsad("check", "--config", desk)
    assert checked.code == 0
    assert f"warning: source saved: {desk / 'articles'} does not exist yet" in checked.err
    assert marsad("check", "--json", "--config", desk).data["missing_folders"][0]["source"] == "saved"


def test_check_finds_every_mistake_of_every_file(marsad, desk: Path) -> None:
    (desk / "rules" / "kremlin.yaml").write_text("rules: {r: {title: R, any: [putni]}}\n", encoding="utf-8")
    (desk / "digests.yaml").write_text("digests: {d: {to: [desk@example.org], att: 1}}\n", encoding="utf-8")
    checked = marsad("check", "--config", desk)
    assert checked.code == 2
    assert "kremlin.yaml:1:" in checked.err
    assert "digests.yaml:1:" in checked.err
    assert checked.out.strip() == "2 errors"
    assert marsad("check", "--json", "--config", desk).data["errors"] == 2


def test_check_runs_examples_and_templates(marsad, desk: Path) -> None:
    rules = (desk / "rules" / "kremlin.yaml").read_text(encoding="utf-8")
    (desk / "rules" / "kremlin.yaml").write_text(rules.replace("Rasputin speaks", "Putin again"), encoding="utf-8")
    (desk / "templates").mkdir()
    (desk / "templates" / "digest.txt.j2").write_text("{% if %}", encoding="utf-8")
    checked = marsad("check", "--config", desk)
    assert checked.code == 2
    assert "kremlin" in checked.err
    assert "Putin again" in checked.err
    assert "digest.txt.j2" in checked.err
    assert "2 errors" in checked.out


def test_check_online_tries_every_channel(marsad, desk: Path) -> None:
    checked = marsad("check", "--online", "--config", desk)
    assert checked.code == 0
    assert "channel box: ok" in checked.out
    port = 9  # nobody listens there
    (desk / "marsad.yaml").write_text(
        "config: 1\nstate: state\nchannels:\n  mail: {type: smtp, host: 127.0.0.1, port: "
        f"{port}, tls: none, from: marsad@example.org}}\n",
        encoding="utf-8",
    )
    failed = marsad("check", "--online", "--config", desk)
    assert failed.code == 1
    assert "channel mail: FAILED" in failed.out


def test_check_online_reads_every_source_once_and_leaves_nothing_behind(marsad, desk: Path) -> None:
    checked = marsad("check", "--online", "--config", desk)
    assert "source saved: ok: 1 article\n" in checked.out
    assert not (desk / "state").exists()
    with (desk / "sources.yaml").open("a", encoding="utf-8") as sources:
        sources.write("  - {id: wire, url: 'http://127.0.0.1:9/rss'}\n")  # nobody listens there
    (desk / "marsad.yaml").write_text(
        "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\n"
        'polling: {allow_private: ["127.0.0.1:9"]}\n',
        encoding="utf-8",
    )
    failed = marsad("check", "--online", "--json", "--config", desk)
    assert failed.code == 1
    assert [(one["kind"], one["name"], one["ok"]) for one in failed.data["online"]] == [
        ("channel", "box", True),
        ("source", "saved", True),
        ("source", "wire", False),
    ]
    assert "127.0.0.1" in failed.data["online"][-1]["detail"]


def test_show_names_the_file_and_line_of_each_value(marsad, desk: Path) -> None:
    shown = marsad("show", "rule", "kremlin", "--config", desk)
    assert shown.code == 0
    assert "Kremlin" in shown.out
    assert "kremlin.yaml:5" in shown.out
    lines = marsad("show", "rule", "kremlin", "--json", "--config", desk).data
    title = next(line for line in lines if line["key"].endswith("title"))
    assert (title["value"], title["origin"]["line"]) == ("Kremlin", 5)


def test_show_names_what_there_is(marsad, desk: Path) -> None:
    unknown = marsad("show", "rule", "kremlni", "--config", desk)
    assert unknown.code == 2
    assert "kremlin" in unknown.err
    (desk / "digests.yaml").write_text("digests: 1\n", encoding="utf-8")
    assert marsad("show", "rule", "kremlin", "--config", desk).code == 2


@pytest.mark.parametrize("kind", ["marsad", "sources", "rules", "digests"])
def test_schema_of_one_file(marsad, kind: str) -> None:
    assert marsad("schema", kind).data["type"] == "object"


def test_schema_of_all_files_and_of_none(marsad) -> None:
    assert set(marsad("schema").data) >= {"marsad", "sources", "rules", "digests"}
    unknown = marsad("schema", "people")
    assert unknown.code == 2
    assert "there are: " in unknown.err


def test_where_the_configuration_is_looked_for(marsad, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"configuration: {desk} (--config)" in marsad(f"--config={desk}", "check").err
    monkeypatch.setenv("MARSAD_CONFIG", str(desk))
    assert f"configuration: {desk} ($MARSAD_CONFIG)" in marsad("check").err
    monkeypatch.delenv("MARSAD_CONFIG")
    monkeypatch.chdir(desk)
    if not Path("/etc/marsad").is_dir():
        assert f"configuration: {desk} (the current folder)" in marsad("check").err


def test_nothing_and_nonsense_on_the_command_line(marsad) -> None:
    assert marsad().code == 2
    assert marsad("chekc").code == 2
    assert marsad("--version").out.startswith("marsad ")
    assert json.loads(marsad("schema", "--json").out)


def test_a_folder_without_a_configuration_is_explained(marsad, tmp_path: Path) -> None:
    refused = marsad("once", "--config", tmp_path / "nowhere")
    assert refused.code == 2
    assert "nowhere" in refused.err


def test_check_says_where_an_example_that_fails_is_written(marsad, desk: Path) -> None:
    rules = desk / "rules" / "kremlin.yaml"
    rules.write_text(rules.read_text("utf-8").replace("Rasputin speaks", "Putin sings"), encoding="utf-8")
    checked = marsad("check", "--config", desk)
    assert checked.code == 2
    assert f"{rules}:7  rule kremlin: examples.skip[0] 'Putin sings' fires" in checked.err


def test_only_check_spells_out_warnings_the_others_count_them(marsad, desk: Path) -> None:
    (desk / "rules" / "more.yml").write_text("rules: {}\n", encoding="utf-8")
    assert "rename it to more.yaml" in marsad("check", "--config", desk).err
    once = marsad("once", "--config", desk)
    for done in (once, marsad("status", "--config", desk)):
        assert "rename it" not in done.err
        assert "1 warning about the configuration; `marsad check` says which" in done.err


def test_check_watch_checks_again_after_each_save(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[int] = []

    async def scenario() -> None:
        task = asyncio.create_task(keep_checking(desk, lambda: seen.append(check_configuration(desk).errors)))
        await until_async(lambda: seen == [0], "the first check")
        (desk / "rules" / "kremlin.yaml").write_text("rules: {r: {title: R, any: [putni]}}\n", encoding="utf-8")
        await until_async(lambda: len(seen) == 2, "the second check")
        task.cancel()

    asyncio.run(scenario())
    assert seen == [0, 1]
    assert " saved: kremlin.yaml" in capsys.readouterr().err


def test_check_watch_connects_to_nothing(marsad, desk: Path) -> None:
    refused = marsad("check", "--watch", "--online", "--config", desk)
    assert refused.code == 2
    assert "leave out --online or --watch" in refused.err


def test_check_warns_of_folders_that_the_daemon_will_need(marsad, desk: Path) -> None:
    known = (desk / "marsad.yaml").read_text("utf-8")
    more = "feedback: {maildir: fb, address: fb@example.org}\nmetrics: {socket: run/m.sock, textfile: prom/m.prom}\n"
    (desk / "marsad.yaml").write_text(f"{known}{more}", encoding="utf-8")
    warned = marsad("check", "--config", desk)
    assert warned.code == 0
    assert f"warning: feedback.maildir: {desk / 'fb'} is no Maildir; create it with new/, cur/ and tmp/" in warned.err
    assert f"warning: metrics.socket: the folder {desk / 'run'} does not exist" in warned.err
    assert f"warning: metrics.textfile: the folder {desk / 'prom'} does not exist" in warned.err
    assert len(marsad("check", "--config", desk, "--json").data["missing_places"]) == 3
    for folder in ("fb/new", "fb/cur", "run", "prom"):
        (desk / folder).mkdir(parents=True)
    assert "warning: " not in marsad("check", "--config", desk).err
