"""A template that fails stops its own digest and nobody else's, and everything that shows how things stand says so."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

DIGESTS = """\
digests:
  own: {to: [own@example.org, second@example.org], schedule: immediate, template: mine}
  plain:
    to: [plain@example.org]
    schedule: immediate
"""
OPERATOR = "operator: {to: ops@example.org}\n"


@pytest.fixture
def broken(desk: Path) -> Path:
    """A desk whose first digest has a template that takes a link for granted."""
    (desk / "digests.yaml").write_text(DIGESTS, encoding="utf-8")
    with (desk / "marsad.yaml").open("a", encoding="utf-8") as file:
        file.write(OPERATOR)
    (desk / "templates").mkdir()
    write(desk, "{{ subject }}\n{% for story in stories %}{{ story.url.split('/')[2] }}{% endfor %}")
    return desk


def write(desk: Path, text: str) -> None:
    (desk / "templates" / "mine.txt.j2").write_text(text, encoding="utf-8")
    (desk / "templates" / "mine.html.j2").write_text("<p>{{ subject }}</p>", encoding="utf-8")


def read_mails(desk: Path) -> list[tuple[str, str]]:
    """To and subject of each, sorted."""
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (desk / "mail" / "new").iterdir()
    ]
    return sorted((mail["To"], mail["Subject"]) for mail in mails)


def test_check_names_digest_file_and_line(marsad, broken: Path) -> None:
    checked = marsad("check", "--config", broken)
    assert checked.code == 2
    line = f"{broken / 'digests.yaml'}:2  digests.own.template  {broken / 'templates' / 'mine.txt.j2'}:2: "
    assert line in checked.err
    assert "all good" not in checked.out
    assert "1 error" in checked.out


def test_check_names_a_misspelt_template(marsad, broken: Path) -> None:
    (broken / "digests.yaml").write_text(DIGESTS.replace("mine", "minne"), encoding="utf-8")
    checked = marsad("check", "--json", "--config", broken)
    assert checked.code == 2
    [problem] = checked.data["template_errors"]
    assert problem.endswith(
        "there is no template minne/text.j2 in the folder templates/; a digest names it by `template:`"
    )


FIRST_ARTICLE = "{% for story in stories %}{{ story.headline }}\n{% endfor %}"
EVERY_ARTICLE = (
    "{% for story in stories %}{{ story.headline }}\n"
    "{% for report in story.reports %}{{ report.headline }}\n{% endfor %}{% endfor %}"
    "{% for signal in signals %}{{ signal.sentence }}\n{% endfor %}"
)


def test_check_warns_of_a_template_that_leaves_articles_out(marsad, broken: Path) -> None:
    write(broken, FIRST_ARTICLE)
    checked = marsad("check", "--config", broken)
    assert checked.code == 0
    warning = (
        f"{broken / 'digests.yaml'}:2  digests.own.template  warning: the text part of mine leaves out headlines: list"
    )
    assert warning in checked.err
    assert "warning" not in marsad("check", "--quiet", "--config", broken).err
    write(broken, EVERY_ARTICLE)
    assert marsad("check", "--json", "--config", broken).data["template_warnings"] == []


def test_the_others_are_sent_and_status_and_operator_know(marsad, broken: Path) -> None:
    done = marsad("once", "--config", broken)
    assert done.code == 1
    assert "digest own for own@example.org: failed: " in done.err
    assert "mine.txt.j2:2: " in done.err
    assert "tried again from " in done.err
    assert "digest plain for plain@example.org: 1 story (immediate)" in done.out
    status = marsad("status", "--config", broken)
    assert status.code == 1
    assert "! digest own own@example.org: " in status.out
    assert "! digest own second@example.org: " in status.out
    marsad("once", "--config", broken)
    marsad("once", "--config", broken)
    assert [to for to, _ in read_mails(broken)] == ["ops@example.org", "plain@example.org"]


def test_it_recovers_by_itself_when_the_template_is_mended(marsad, broken: Path) -> None:
    assert marsad("once", "--config", broken).code == 1
    write(broken, "{% for story in stories %}{{ story.headline }}{% endfor %}")
    assert marsad("once", "--config", broken).code == 0
    assert marsad("status", "--config", broken).code == 0
    mails = read_mails(broken)
    assert [to for to, _ in mails if to != "ops@example.org"] == [
        "own@example.org", "plain@example.org", "second@example.org"
    ]  # fmt: skip
    marsad("once", "--config", broken)
    subjects = [subject for to, subject in read_mails(broken) if to == "ops@example.org"]
    assert subjects == ["Marsad: something has failed", "Marsad: something works again"]


def test_a_digest_that_is_removed_fails_no_more(marsad, broken: Path) -> None:
    assert marsad("once", "--config", broken).code == 1
    (broken / "digests.yaml").write_text("digests:\n  plain: {to: [plain@example.org]}\n", encoding="utf-8")
    assert marsad("once", "--config", broken).code == 0
    assert marsad("status", "--config", broken).code == 0


def test_send_and_preview_say_what_is_wrong(marsad, broken: Path) -> None:
    (broken / "digests.yaml").write_text(DIGESTS.replace("immediate, t", '"0 7 1 1 *", t'), encoding="utf-8")
    assert marsad("once", "--config", broken).code == 0
    sent = marsad("digest", "send", "own", "--config", broken)
    assert sent.code == 1
    assert "digest own for second@example.org: failed: " in sent.out
    shown = marsad("digest", "preview", "own", "--config", broken)
    assert shown.code == 2
    assert "mine.txt.j2:2: " in shown.err
