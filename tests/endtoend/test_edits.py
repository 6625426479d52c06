"""`watch: true` on a running daemon: an edit is in force without a command, a refused one is mailed to who saved it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.proof

DIGESTS = """\
digests:
  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}
"""
DROUGHT = """\
entities:
  drought: {names: {en: [drought], ar: [الجفاف]}}
rules:
  water: {title: Water, any: [drought]}
"""
BROKEN = DROUGHT.replace("any: [drought]", "any: [drougth]")
NEWS = "الجفاف يضرب شمال العراق\n\nانخفض منسوب المياه في السدود الى مستويات لم تسجل منذ سنوات.\n"


def test_an_edit_is_in_force_and_a_refused_one_is_mailed_once(
    desk: Any, mailbox: Any, smtp: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGESTS)
    main = (desk.folder / "marsad.yaml").read_text(encoding="utf-8")
    people = f"people: {{{getpass.getuser()}: {{email: sami@example.org}}}}\noperator: {{to: ops@example.org}}\n"
    desk.write("marsad.yaml", f"{main}watch: true\n{people}")
    desk.start()
    desk.write("rules/water.yaml", DROUGHT)
    until(lambda: desk.read_log().count("configuration.in_force") == 2, "the new rule")
    desk.write("articles/drought.txt", NEWS)
    assert NEWS.splitlines()[0] in mailbox.wait_for(1)[0].get_body(("plain",)).get_content()

    desk.write("rules/water.yaml", BROKEN)
    refusal = mailbox.wait_for(2)[1]
    assert (refusal["To"], refusal["Subject"]) == (
        "sami@example.org",
        "Marsad: your edit has errors, the last good configuration stays in force",
    )
    text = refusal.get_body(("plain",)).get_content()
    assert f"Saved by {getpass.getuser()}: rules/water.yaml" in text
    assert "'drougth'" in text
    status = desk.run("status")
    assert status.returncode == 1
    assert "drougth" in status.stdout + status.stderr
    desk.write("rules/water.yaml", DROUGHT)
    until(lambda: desk.read_log().count("configuration.in_force") == 3, "the repaired rule")
    desk.write("rules/water.yaml", BROKEN)
    until(lambda: desk.read_log().count("configuration.broken") == 2, "the same refused text")
    desk.write("rules/water.yaml", BROKEN.replace("drougth", "droguht"))
    assert "'droguht'" in mailbox.wait_for(3)[2].get_body(("plain",)).get_content()
    assert desk.read_log().count("edit.refusal_reported") == 2
    assert mailbox.read("ops@example.org") == []
