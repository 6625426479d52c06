"""The promise of the whole line, on a running daemon: told once, whatever happens."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

TWO_DIGESTS = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}
  urgent: {to: [chief@example.org], schedule: immediate, group_wait: 0s, severity: urgent, rules: [kremlin]}
"""
ONE_DIGEST = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}
"""
SECOND_ARTICLE = "Putin visits Baku\n\nThe Russian president will stay for two days, his office said on Monday.\n"


def read_state(desk: Any) -> dict[str, int]:
    return json.loads(desk.run("status", "--json").stdout)["summary"]["outbox"]


def test_a_dropped_article_is_mailed_to_each_digest_that_selects_it(
    desk: Any, mailbox: Any, smtp: str, article: str
) -> None:
    desk.configure(smtp, TWO_DIGESTS)
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(2)
    [to_desk] = mailbox.read("desk@example.org")
    [to_chief] = mailbox.read("chief@example.org")
    headline = article.splitlines()[0]
    for mail in (to_desk, to_chief):
        assert headline in mail.get_body(("plain",)).get_content()
    assert "Karabakh diplomacy" in to_desk.get_body(("plain",)).get_content()
    assert "Karabakh diplomacy" not in to_chief.get_body(("plain",)).get_content()
    assert desk.stop(daemon) == 0


def test_a_second_pass_sends_nothing(desk: Any, mailbox: Any, smtp: str, article: str) -> None:
    desk.configure(smtp, ONE_DIGEST)
    desk.write("articles/call.txt", article)
    assert desk.run("once").returncode == 0
    assert len(mailbox.received) == 1
    assert desk.run("once").returncode == 0
    assert desk.run("once", "--all").returncode == 0
    assert len(mailbox.received) == 1


def test_a_restart_sends_nothing_again(desk: Any, mailbox: Any, smtp: str, article: str) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(1)
    assert desk.stop(daemon) == 0
    daemon = desk.start()
    desk.write("articles/visit.txt", SECOND_ARTICLE)
    mailbox.wait_for(2)
    assert desk.stop(daemon) == 0
    subjects = [mail["Subject"] for mail in mailbox.read()]
    assert len(subjects) == len(set(subjects)) == 2


def test_kill_9_sends_nothing_again(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(1)
    until(lambda: "deliver.done" in desk.read_log(), "the delivery to be recorded")
    desk.stop(daemon, signal.SIGKILL)
    daemon = desk.start()
    desk.write("articles/visit.txt", SECOND_ARTICLE)
    mailbox.wait_for(2)
    assert desk.stop(daemon) == 0
    assert len(mailbox.received) == 2


def test_a_broken_rule_file_leaves_the_old_rules_in_force_also_over_a_restart(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    desk.write("rules/desk.yaml", "rules:\n  karabakh-diplomacy:\n    al: [karabakh]\n")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "configuration.broken" in desk.read_log(), "the reload to be refused")
    desk.write("articles/call.txt", article)
    mailbox.wait_for(1)
    assert desk.stop(daemon) == 0
    daemon = desk.start()
    desk.write("articles/visit.txt", SECOND_ARTICLE)
    mailbox.wait_for(2)
    status = desk.run("status")
    assert status.returncode == 1
    assert "last good" in status.stdout
    assert desk.stop(daemon) == 0


def test_a_mended_rule_file_is_in_force_after_a_reload(
    desk: Any, mailbox: Any, smtp: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    seen = len(desk.read_log())
    desk.write(
        "rules/more.yaml", "entities:\n  baku: {names: [Baku]}\nrules:\n  baku-desk: {title: Baku desk, any: [baku]}\n"
    )
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "configuration.in_force" in desk.read_log(seen), "the reload")
    desk.write("articles/visit.txt", SECOND_ARTICLE)
    [mail] = mailbox.wait_for(1)
    assert "Baku desk" in mail.get_body(("plain",)).get_content()
    assert desk.stop(daemon) == 0


def test_a_reload_that_is_asked_for_while_the_daemon_starts_is_done_once_it_has(
    desk: Any, smtp: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.launch()
    until(lambda: "configuration: " in desk.read_log(), "the command to look for its configuration")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: daemon.poll() is not None or desk.read_log().count("configuration.in_force") == 2, "the reload")
    assert daemon.poll() is None, desk.read_log()
    assert desk.stop(daemon) == 0


def test_mail_that_could_not_be_sent_is_sent_when_the_server_is_back(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp.replace(f"port: {mailbox.port}", "port: 1"), ONE_DIGEST)
    desk.write("articles/call.txt", article)
    assert desk.run("once").returncode == 1
    assert read_state(desk)["pending"] == 1
    desk.configure(smtp, ONE_DIGEST)
    listed = desk.run("outbox", "list", "--json").stdout
    assert "127.0.0.1" in listed
    [entry] = json.loads(listed)
    assert desk.run("outbox", "retry", entry["id"][:8]).returncode == 0
    assert desk.run("once").returncode == 0
    assert len(mailbox.received) == 1


def test_two_passes_at_once_are_refused(desk: Any, smtp: str) -> None:
    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    refused = desk.run("once")
    assert refused.returncode == 1
    assert str(daemon.pid) in refused.stderr
    assert desk.stop(daemon) == 0


def test_the_operator_is_told_once_where_the_configuration_is_broken(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, ONE_DIGEST)
    desk.write(
        "marsad.yaml", f"config: 1\nstate: state\nchannels:\n  mail: {smtp}\noperator: {{to: ops@example.org}}\n"
    )
    daemon = desk.start()
    desk.write("rules/desk.yaml", "rules:\n  karabakh-diplomacy:\n    al: [karabakh]\n")
    for times in (1, 2):
        daemon.send_signal(signal.SIGHUP)
        until(lambda times=times: desk.read_log().count("configuration.broken") == times, "the refused reload")
    [mail] = mailbox.wait_for(1)
    assert mail["To"] == "ops@example.org"
    assert "the configuration is broken" in mail["Subject"]
    assert "rules/desk.yaml:3:5" in mail.get_content()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(2)
    assert [mail["To"] for mail in mailbox.read()] == ["ops@example.org", "desk@example.org"]
    assert desk.stop(daemon) == 0


def test_status_says_how_many_words_the_matcher_remembers(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    def look() -> dict[str, Any]:
        return json.loads(desk.run("status", "--json").stdout)

    desk.configure(smtp, ONE_DIGEST)
    daemon = desk.start()
    assert look()["names"] == 9
    examples = look()["daemon"]["words"]
    assert examples < 20
    desk.write("articles/call.txt", article)
    mailbox.wait_for(1)
    until(
        lambda: examples + 10 < look()["daemon"]["words"] <= examples + len(article.split()),
        "the words of the article to be told beside those of the examples",
    )
    assert desk.stop(daemon) == 0


def test_the_daemon_reads_what_recipients_answer(desk: Any, mailbox: Any, smtp: str, article: str, until: Any) -> None:
    """Once the digest has arrived, a mail made by its link is a label."""
    feedback = "feedback: {maildir: answers, address: marsad+feedback@example.org}\n"
    desk.configure(smtp, ONE_DIGEST)
    desk.write("marsad.yaml", (desk.folder / "marsad.yaml").read_text(encoding="utf-8") + feedback)
    for part in ("new", "cur"):
        (desk.folder / "answers" / part).mkdir(parents=True)
    desk.write("articles/call.txt", article)
    assert desk.run("once").returncode == 0
    [mail] = mailbox.read("desk@example.org")
    found = re.search(r"mailto:\S+\?subject=(Marsad%20good\.\S+)", mail.get_body(("plain",)).get_content())
    assert found
    desk.write("answers/new/1.M1.host", f"From: desk@example.org\nSubject: {unquote(found[1])}\n\n")
    daemon = desk.start()
    until(lambda: list((desk.folder / "answers" / "cur").iterdir()), "the mail to be settled")
    assert desk.stop(daemon) == 0
    [label] = json.loads(desk.run("label", "list", "--json").stdout)
    assert (label["judgement"], label["author"]) == ("good", "desk@example.org")
