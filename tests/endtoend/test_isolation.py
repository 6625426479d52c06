"""A running daemon with a template that fails: the others are served, and a reload tries the mended one at once."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

DIGESTS = """\
digests:
  own: {to: [own@example.org], schedule: immediate, group_wait: 0s, template: mine}
  plain: {to: [plain@example.org], schedule: immediate, group_wait: 0s}
"""
OPERATOR = "operator: {to: ops@example.org}\n"


def write_template(desk: Any, text: str) -> None:
    desk.write("templates/mine.txt.j2", text)
    desk.write("templates/mine.html.j2", "<p>{{ subject }}</p>")


def list_faults(desk: Any) -> list[tuple[str, str]]:
    faults = json.loads(desk.run("status", "--json").stdout)["faults"]
    return [(fault["kind"], fault["subject"]) for fault in faults]


def test_a_template_that_fails_silences_nobody_and_is_tried_at_once_after_a_reload(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGESTS)
    with (desk.folder / "marsad.yaml").open("a", encoding="utf-8") as file:
        file.write(OPERATOR)
    write_template(desk, "{{ 'x' * 10**10 }}")
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(2)
    assert sorted(to for to, _ in mailbox.received) == ["ops@example.org", "plain@example.org"]
    status = desk.run("status")
    assert status.returncode == 1
    assert "! digest own own@example.org: " in status.stdout
    assert "it needs more memory than a template may use" in status.stdout
    assert list_faults(desk) == [("digest", "own own@example.org")]
    write_template(desk, "{% for story in stories %}{{ story.headline }}{% endfor %}")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: mailbox.read("own@example.org"), "the mended digest")
    until(lambda: list_faults(desk) == [], "the fault to end, which the operator is told")
    until(lambda: len(mailbox.read("ops@example.org")) == 2, "the mail to the operator that it works again")
    assert [log.count(event) for log in [desk.read_log()] for event in ("digest.failed", "digest.recovered")] == [1, 1]
    assert desk.stop(daemon) == 0


def test_a_restart_keeps_the_wait_of_what_fails(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGESTS)
    write_template(desk, "{{ nowhere }}")
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    until(lambda: "digest.failed" in desk.read_log(), "the digest to fail")
    assert desk.stop(daemon) == 0
    [before] = json.loads(desk.run("status", "--json").stdout)["faults"]
    daemon = desk.start()
    desk.write("articles/visit.txt", "Putin visits Baku\n\nThe Russian president will stay for two days.\n")
    until(lambda: len(mailbox.read("plain@example.org")) == 2, "the second digest of the other reader")
    assert desk.stop(daemon) == 0
    [after] = json.loads(desk.run("status", "--json").stdout)["faults"]
    assert (after["count"], after["retry_at"]) == (before["count"], before["retry_at"])
