"""The service, end to end, under a real systemd: the installed unit, its user, its group, reload, watchdog, stop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.proof, pytest.mark.systemd, pytest.mark.xdist_group("machine")]

ANALYSTS = ("lina", "omar")
STRANGER = "eve"
ARTICLE = "بوتين وعلييف يبحثان هاتفياً الوضع في إقليم قره باغ\n\nبحث الرئيسان في اتصال هاتفي اليوم الوضع حول الإقليم.\n"
RULES = """\
rules:
  desk:
    title: Desk
    any: [{text: %s}]
    examples: {match: [%s]}
"""
DIGESTS = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s, rules: ["*"]}
"""
PATIENT = f"[Service]\nTimeoutStartSec={PATIENCE_SECONDS}\nTimeoutStopSec={PATIENCE_SECONDS}\n"
LIMITLESS = "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"
SILENT = """\
import select, socket
servers = [socket.create_server(("127.0.0.1", port)) for port in (2525, 2580)]
kept = []
while True:
    for server in select.select(servers, [], [])[0]:
        kept.append(server.accept())
        print("called", server.getsockname()[1], flush=True)
"""
SLOW_MAIL = """\
config: 1
state: /var/lib/marsad
channels:
  box: {type: smtp, host: 127.0.0.1, port: 2525, tls: none, from: marsad@example.org}
polling: {allow_private: ["127.0.0.1:2580"]}
"""
SLOW_SOURCES = """\
sources:
  - {id: saved, path: articles/}
  - {id: slow, url: "http://127.0.0.1:2580/"}
"""
BROKEN = "rules:\n  desk:\n    al: [karabakh]\n"


@pytest.fixture(scope="session")
def people(machine: Any) -> Any:
    """The machine with two analysts and somebody else."""
    for name in (*ANALYSTS, STRANGER):
        machine.do("useradd", "--create-home", name)
    for name in ANALYSTS:
        machine.do("usermod", "--append", "--groups", "marsad", name)
    machine.do("mkdir", "-p", "/etc/systemd/system/marsad.service.d")
    machine.write("/etc/systemd/system/marsad.service.d/patience.conf", PATIENT)
    machine.do("systemctl", "daemon-reload")
    machine.do("sed", "-i", "s/^packs:.*/packs: []/", "/etc/marsad/marsad.yaml", user="lina")  # quick to read
    return machine


@pytest.fixture
def desk(people: Any) -> Iterator[Any]:
    """A machine with a configuration that holds, and the service stopped and forgotten, before and after."""
    people.write("/etc/marsad/rules/desk.yaml", RULES % ("بوتين", "بوتين"), user="lina")
    people.write("/etc/marsad/digests.yaml", DIGESTS, user="lina")
    yield people
    people.do("systemctl", "stop", "marsad")
    people.do("sh", "-c", "rm -rf /run/systemd/system/marsad.service.d /var/lib/marsad/* /etc/marsad/articles/*.txt")
    people.do("systemctl", "daemon-reload")
    people.run("systemctl", "reset-failed", "marsad")


@pytest.fixture
def running(desk: Any) -> Any:
    desk.do("systemctl", "start", "marsad")
    return desk


def set_up(machine: Any, name: str, text: str) -> None:
    machine.do("mkdir", "-p", "/run/systemd/system/marsad.service.d")
    machine.write(f"/run/systemd/system/marsad.service.d/{name}.conf", text)
    machine.do("systemctl", "daemon-reload")


def is_new(shown: dict[str, str], before: str) -> bool:
    return shown["ActiveState"] == "active" and shown["MainPID"] not in {before, "0"}


def wait_for_line(machine: Any, text: str, *options: str) -> None:
    """journald gets lines a moment after they were written, also after the service has ended."""
    machine.wait(lambda: text in machine.read_journal(*options), f"{text!r} in the journal")


def count_mails(machine: Any) -> int:
    return int(machine.do("sh", "-c", "find /var/lib/marsad/mail/new -type f 2>/dev/null | wc -l"))


def test_it_starts_says_ready_and_has_no_rights(running: Any) -> None:
    shown = running.show("ActiveState", "SubState", "StatusText", "MainPID", "User")
    assert (shown["ActiveState"], shown["SubState"], shown["User"]) == ("active", "running", "marsad")
    assert re.match(r"preparing |watching |\d+ sources?", shown["StatusText"])
    status = running.do("cat", f"/proc/{shown['MainPID']}/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    marsad = running.do("id", "-u", "marsad").strip()
    assert set(fields["Uid"].split()) == {marsad}
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")


def test_an_article_becomes_a_mail_and_an_entry_with_fields(running: Any) -> None:
    running.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
    running.wait(lambda: count_mails(running) == 1, "the mail")
    wait_for_line(running, "deliver.done")
    assert "deliver.done" in running.read_journal("MARSAD_EVENT=deliver.done", "MARSAD_RECIPIENT=desk@example.org")
    assert "poll.done" not in running.read_journal("MARSAD_EVENT=deliver.done")
    running.wait(
        lambda: re.match(
            r"\d+ sources?; (no match yet|last match .*); outbox 0$", running.show("StatusText")["StatusText"]
        ),
        "its line",
    )


def test_the_journal_has_priorities_and_no_time_of_its_own(running: Any) -> None:
    running.write("/etc/marsad/rules/desk.yaml", BROKEN, user="lina")
    running.run("systemctl", "reload", "marsad")
    running.wait(lambda: "configuration.broken" in running.read_journal("--priority=err"), "the reload")
    wait_for_line(running, "daemon.started", "--lines=all")
    running.wait(
        lambda: "1 problem: the configuration is broken" in running.show("StatusText")["StatusText"], "its line"
    )
    assert "daemon.started" not in running.read_journal("--priority=err")
    [line] = [line for line in running.read_journal("--lines=all").splitlines() if "daemon.started" in line][-1:]
    assert line.startswith("daemon.started ")


READING = ("check", "show rule desk", "outbox list", "digest preview now", "digest next", "status")


def test_analysts_read_everything_without_sudo_while_it_runs_and_after(running: Any) -> None:
    running.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
    running.wait(lambda: count_mails(running) == 1, "the mail")
    for command in READING:
        running.do("marsad", *command.split(), user="lina")
    running.do("systemctl", "stop", "marsad")
    for command in READING[-4:]:
        running.do("marsad", *command.split(), user="lina")
    [sent] = json.loads(running.do("marsad", "outbox", "list", "--all", "--json", user="lina"))
    assert sent["state"] == "sent"
    assert running.do("find", "/var/lib/marsad", "!", "-user", "marsad") == ""


def test_what_writes_is_refused_to_everybody_but_the_service_with_the_line_to_use(running: Any) -> None:
    for user, commands in (("lina", ("once", "digest send now")), (None, ("run", "outbox retry 1"))):
        for command in commands:
            refused = running.run("marsad", *command.split(), user=user)
            assert refused.returncode == 2
            assert f"sudo -u marsad /opt/marsad/bin/marsad {command}" in refused.stderr
    refused = running.run("marsad", "once", user="marsad")
    assert refused.returncode == 1
    assert running.show("MainPID")["MainPID"] in refused.stderr
    assert running.do("find", "/var/lib/marsad", "!", "-user", "marsad") == ""


def test_the_line_to_use_is_right(desk: Any) -> None:
    desk.do("marsad", "once", "--all", user="marsad")
    desk.do("systemctl", "start", "marsad")
    assert desk.do("find", "/var/lib/marsad", "!", "-user", "marsad") == ""


def test_analysts_edit_each_others_files_and_strangers_see_nothing(desk: Any) -> None:
    desk.write(
        "/etc/marsad/rules/lina.yaml", RULES.replace("desk", "lina") % ("Baku", "Baku"), user="lina", umask="077"
    )
    desk.write("/etc/marsad/rules/lina.yaml", RULES.replace("desk", "lina") % ("Bakı", "Bakı"), user="omar")
    desk.do("mkdir", "/etc/marsad/rules/asia", user="lina", umask="077")
    desk.write("/etc/marsad/rules/asia/omar.yaml", "{}\n", user="omar")
    desk.do("marsad", "check", user="marsad")
    for path in ("/etc/marsad", "/var/lib/marsad"):
        assert desk.run("ls", path, user=STRANGER).returncode != 0
    assert desk.run("touch", "/var/lib/marsad/x", user="lina").returncode != 0
    desk.do("rm", "-r", "/etc/marsad/rules/lina.yaml", "/etc/marsad/rules/asia", user="omar")


def test_a_reload_puts_an_edit_in_force(running: Any) -> None:
    running.write("/etc/marsad/rules/desk.yaml", RULES % ("Baku", "Baku"), user="lina")
    before = running.read_journal().count("configuration: ")
    running.do("systemctl", "reload", "marsad")
    assert running.read_journal().count("configuration: ") == before  # `check` of a good one is silent
    running.write("/etc/marsad/articles/call.txt", "Talks in Baku\n\nThey talk.\n", user="lina")
    running.wait(lambda: count_mails(running) == 1, "the mail")


def test_a_broken_edit_fails_the_reload_says_where_and_changes_nothing(running: Any) -> None:
    before = running.show("MainPID")
    running.write("/etc/marsad/rules/desk.yaml", BROKEN, user="lina")
    assert running.run("systemctl", "reload", "marsad").returncode != 0
    wait_for_line(running, "/etc/marsad/rules/desk.yaml:3:")
    assert running.show("MainPID", "ActiveState") == {**before, "ActiveState": "active"}
    running.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
    running.wait(lambda: count_mails(running) == 1, "the mail of the old rule")
    assert running.run("marsad", "status", user="lina").returncode == 1


def test_one_rule_whose_example_fails_does_not_hold_back_the_others(running: Any) -> None:
    both = RULES % ("بوتين", "nothing of the kind") + "  other: {title: Other, any: [{text: Baku}]}\n"
    running.write("/etc/marsad/rules/desk.yaml", both, user="lina")
    assert running.run("systemctl", "reload", "marsad").returncode != 0
    running.write("/etc/marsad/articles/new.txt", "Talks in Baku\n\nThey talk.\n", user="lina")
    running.wait(lambda: count_mails(running) == 1, "the mail of the new rule")


def test_a_daemon_that_hangs_is_killed_and_started_again(desk: Any) -> None:
    # On a busy machine the watchdog may end a healthy daemon too; systemd then starts it again.
    set_up(desk, "watchdog", f"{LIMITLESS}WatchdogSec=6\nTimeoutAbortSec=2\nRestartSec=0\n")
    desk.do("systemctl", "start", "marsad")
    before = desk.show("MainPID")["MainPID"]
    desk.do("sh", "-c", f"kill -STOP {before} || true")
    desk.wait(lambda: is_new(desk.show("ActiveState", "MainPID"), before), "the new daemon")
    wait_for_line(desk, "Watchdog timeout")


def test_a_killed_daemon_is_started_again_and_its_lock_is_free(desk: Any) -> None:
    set_up(desk, "quick", f"{LIMITLESS}RestartSec=0\n")
    desk.do("systemctl", "start", "marsad")
    before = desk.show("MainPID")["MainPID"]
    desk.do("kill", "-KILL", before)
    desk.wait(lambda: is_new(desk.show("ActiveState", "MainPID"), before), "the new daemon")


def test_a_state_that_is_deleted_is_begun_anew(desk: Any) -> None:
    set_up(desk, "quick", "[Service]\nRestartSec=0\n")
    desk.do("systemctl", "start", "marsad")
    before = desk.show("MainPID")["MainPID"]
    desk.do("sh", "-c", "rm -rf /var/lib/marsad/*")
    desk.wait(lambda: desk.show("MainPID", "ActiveState")["MainPID"] not in {before, "0"}, "the new daemon")
    desk.wait(lambda: desk.show("ActiveState")["ActiveState"] == "active", "the new daemon to be ready")
    assert "started again: /var/lib/marsad/marsad.sqlite was deleted" in desk.read_journal()


def test_a_damaged_store_is_for_a_person_and_not_started_again_and_again(desk: Any) -> None:
    set_up(desk, "quick", "[Service]\nRestartSec=0\n")
    desk.do("marsad", "once", user="marsad")
    desk.do("systemctl", "start", "marsad")
    desk.do("sh", "-c", "yes spoilt | head -c 200000 | dd of=/var/lib/marsad/marsad.sqlite bs=4096 seek=1 conv=notrunc")
    desk.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
    desk.wait(lambda: desk.show("ActiveState")["ActiveState"] == "failed", "the service to fail")
    assert desk.show("ExecMainStatus", "NRestarts") == {"ExecMainStatus": "2", "NRestarts": "1"}
    assert "marsad.sqlite is damaged" in desk.read_journal("--lines=20")


def test_a_database_server_that_is_not_up_yet_is_waited_for(desk: Any) -> None:
    desk.do("sed", "-i", "$ a store: postgresql://marsad@127.0.0.1:1/news", "/etc/marsad/marsad.yaml", user="lina")
    try:
        desk.do("systemctl", "start", "--no-block", "marsad")
        desk.wait(
            lambda: "does not answer" in desk.show("StatusText")["StatusText"], "the daemon to say what it waits for"
        )
        assert desk.show("ActiveState")["ActiveState"] == "activating"
    finally:
        desk.do("sed", "-i", "/^store: /d", "/etc/marsad/marsad.yaml", user="lina")


def test_it_stops_in_order(running: Any) -> None:
    running.do("systemctl", "stop", "marsad")
    shown = running.show("Result", "ExecMainStatus", "ActiveState")
    assert shown == {"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"}
    wait_for_line(running, "daemon.stopped", "--lines=5")


def test_it_stops_within_its_time_in_the_middle_of_slow_work(desk: Any) -> None:
    """A mail server and a feed that never answer; what waits is mailed after the next start."""
    set_up(desk, "stop", "[Service]\nTimeoutStopSec=30\n")  # systemd kills what needs longer, and says so
    desk.do("systemd-run", "--unit=silent", "/usr/bin/python3", "-c", SILENT)
    desk.do("cp", "/etc/marsad/marsad.yaml", "/etc/marsad/sources.yaml", "/root/")
    try:
        desk.write("/etc/marsad/sources.yaml", SLOW_SOURCES, user="lina")
        desk.write("/etc/marsad/marsad.yaml", SLOW_MAIL, user="lina")
        desk.write("/etc/marsad/articles/call.txt", ARTICLE, user="lina")
        desk.do("systemctl", "start", "marsad")
        for port in (2525, 2580):
            wait_for_line(desk, f"called {port}", "--unit=silent")
        desk.do("systemctl", "stop", "marsad")
        assert desk.show("Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}
        wait_for_line(desk, "daemon.cut_short", "--lines=20")
    finally:
        desk.do("cp", "/root/marsad.yaml", "/root/sources.yaml", "/etc/marsad/")
        desk.run("systemctl", "stop", "silent")
    desk.do("systemctl", "start", "marsad")
    desk.wait(lambda: count_mails(desk) == 1, "the mail that waited")


def test_without_a_usable_configuration_it_says_why_and_is_not_started_again_and_again(desk: Any) -> None:
    desk.write("/etc/marsad/rules/desk.yaml", BROKEN, user="lina")
    assert desk.run("systemctl", "start", "marsad").returncode != 0
    wait_for_line(desk, "/etc/marsad/rules/desk.yaml:3:", "--lines=20")
    shown = desk.show("ActiveState", "ExecMainStatus", "NRestarts")
    assert shown == {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}


def test_a_credential_is_the_services_alone(desk: Any) -> None:
    desk.do("systemctl", "start", "marsad")
    assert desk.run("ls", "/run/credentials/marsad.service/smtp-password").returncode != 0
    desk.do("systemctl", "stop", "marsad")
    desk.write("/etc/credstore/marsad.smtp-password", "correct horse\n", umask="077")
    desk.do("systemctl", "start", "marsad")
    given = "/run/credentials/marsad.service/smtp-password"
    assert desk.do("cat", given, user="marsad") == "correct horse\n"
    for user in ("lina", STRANGER):
        assert desk.run("cat", given, user=user).returncode != 0
        assert desk.run("ls", "/etc/credstore", user=user).returncode != 0
    desk.do("rm", "/etc/credstore/marsad.smtp-password")


def test_systemd_complains_about_nothing(running: Any) -> None:
    said = running.do("journalctl", "--no-pager", "--output=cat", "_PID=1")
    assert [line for line in said.splitlines() if "marsad.service:" in line and "mode is different" in line] == []
    running.do("systemd-analyze", "verify", "--man=no", "/etc/systemd/system/marsad.service")
