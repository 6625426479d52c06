"""A user's own template: found first, tried out by `check`, and named with file and line where it is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.digests.model import Order, Sending
from monitor.digests.render import Renderer
from monitor.errors import UserMustFix
from monitor.model import ChannelName

pytestmark = pytest.mark.no_cover


@pytest.fixture
def folder(tmp_path: Path, root: Path) -> Path:
    """The user's templates/, over the shipped ones."""
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


@pytest.fixture
def own(folder: Path, root: Path) -> Renderer:
    return Renderer([folder, root / "templates"])


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name.replace('_', '.')}.j2").write_text(text, encoding="utf-8")


def send(renderer: Renderer, digest: Any) -> bytes:
    sending = Sending(sender="marsad@example.org", channel=ChannelName("mail"), sources={})
    [part] = renderer.render(Order(digest=digest, sending=sending))
    return part.message.content


def check(renderer: Renderer, template: str = "digest") -> tuple[str, ...]:
    return tuple(dict.fromkeys([*renderer.check(template), *renderer.check_files()]))


def test_the_shipped_templates_are_good(own: Renderer) -> None:
    assert check(own) == ()


def test_the_users_template_comes_first(own: Renderer, folder: Path, karabakh: Any, parse: Callable[..., Any]) -> None:
    write(folder, digest_txt="{% for story in stories %}* {{ story.headline }}\n{% endfor %}")
    assert check(own) == ()
    text = parse(send(own, karabakh.digest())).get_body(("plain",)).get_content()
    assert text.startswith("* ")
    assert "بوتين وعلييف" in text


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("one\ntwo\n{% if %}", 3, "Expected an expression"),
        ("one\n{% for story in stories %}", 2, "Unexpected end of template"),
        ("one\n{{ storys }}", 2, "'storys' is undefined"),
        ("{{ stories[0].nothing.at.all }}", 1, ": a story has no attribute 'nothing'"),
        ("one\n\n{{ 1 // 0 }}", 3, "ZeroDivisionError"),
        ("{{ title | shout }}", 1, "No filter named 'shout'"),
        ("{{ stories.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ range(1000000000) }}", 1, "Range too big"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    own: Renderer, folder: Path, karabakh: Any, text: str, line: int, why: str
) -> None:
    write(folder, digest_txt=text)
    problems = check(own)
    assert problems
    assert problems[0].startswith(f"{folder / 'digest.txt.j2'}:{line}: ")
    assert why in problems[0]
    assert "\n" not in problems[0]
    with pytest.raises(UserMustFix) as refused:
        send(own, karabakh.digest())
    assert why in str(refused.value)


def test_a_template_that_fails_only_on_an_empty_digest_is_found(own: Renderer, folder: Path) -> None:
    write(folder, digest_txt="{{ (stories | first).headline }}")
    [problem] = check(own)
    assert "digest.txt.j2:1" in problem


@pytest.mark.parametrize(
    "text",
    [
        "{% for story in stories %}{{ story.url.split('/')[2] }}{% endfor %}",
        "{% for story in stories %}{% if not story.url %}{{ story.link }}{% endif %}{% endfor %}",
        "{% for story in stories %}{{ story.owner.text }}{% endfor %}",
        "{% for story in stories %}{% if story.owner %}{{ story.owner | shout }}{% endif %}{% endfor %}",
        "{% for story in stories %}{{ story.excerpts[0].text }}{% endfor %}",
        "{% for story in stories %}{{ 1 // story.excerpts | length }}{% endfor %}",
        "{% for story in stories %}{{ ['ar', 'en', 'fr'].index(story.language) }}{% endfor %}",
        "{% for story in stories %}{% if 'undated' in story.time %}{{ nowhere }}{% endif %}{% endfor %}",
        "{% for story in stories %}{{ {'The Sample': 1}[story.outlet.text] }}{% endfor %}",
        "{% for story in stories %}{{ story.rules[0].names[0].label }}{% endfor %}",
        "{{ coverage[0] }}",
        "{{ coverage[0] if stories else 'x' }}",
        "{% if coverage and not stories %}{{ nowhere }}{% endif %}",
        "{% if direction == 'rtl' %}{{ nowhere }}{% endif %}",
        "{% if stories | length == 1 %}{{ nowhere }}{% endif %}",
        "{% if briefly %}{{ nowhere }}{% endif %}",
    ],
)
def test_a_template_that_takes_for_granted_what_a_digest_may_lack_is_found(
    own: Renderer, folder: Path, text: str
) -> None:
    write(folder, own_txt=f"one\n{text}", own_html="<p>{{ subject }}</p>")
    problems = own.check("own")
    assert [problem.startswith(f"{folder / 'own.txt.j2'}:2: ") for problem in problems] == [True]


def test_a_template_nobody_wrote(own: Renderer) -> None:
    [problem] = own.check("monthly")
    assert problem == "there is no template monthly/text.j2 in the folder templates/; a digest names it by `template:`"


@pytest.mark.parametrize(("unknown", "near"), [("weekley", "'weekly'"), ("breif", "'brief'"), ("digests", "'digest'")])
def test_a_template_of_nearly_the_name_is_suggested(renderer: Renderer, unknown: str, near: str) -> None:
    [problem] = renderer.check(unknown)
    assert problem.startswith(f"there is no template {unknown}/text.j2 in the folder templates/; ")
    assert problem.endswith(f"; did you mean {near}?")


def test_an_include_that_is_not_there(own: Renderer, folder: Path) -> None:
    write(folder, digest_txt="{% include 'footer.j2' %}")
    assert check(own)[0] == "templates/digest.txt.j2: it includes footer.j2, which is not in the folder templates/"


def test_a_template_that_is_no_text(own: Renderer, folder: Path) -> None:
    (folder / "digest.txt.j2").write_bytes(b"\xff\xfe broken")
    assert any("digest.txt.j2" in problem and "UnicodeDecodeError" in problem for problem in check(own))


def test_html_is_escaped_and_text_is_not(own: Renderer, folder: Path, desk: Any, parse: Callable[..., Any]) -> None:
    write(
        folder,
        digest_txt="{% for story in stories %}{{ story.headline }}\n{% endfor %}",
        digest_html="<html><body>{% for story in stories %}<p>{{ story.headline }}</p>{% endfor %}</body></html>",
    )
    desk.tell("<script>alert('x')</script> & Putin", "", "Putin")
    mail = parse(send(own, desk.digest()))
    assert "<script>alert('x')</script> & Putin" in mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_style_that_cannot_be_inlined_is_named(own: Renderer, folder: Path) -> None:
    write(
        folder,
        digest_html='<html><head><style>p { color: red }</style></head><body><p style="color">x</p></body></html>',
    )
    assert all("digest.html.j2" in problem for problem in check(own))


def test_a_template_gets_everything_that_the_page_names(own: Renderer, folder: Path, root: Path, karabakh: Any) -> None:
    """Every variable of the table in docs/digests.md."""
    page = (root / "docs" / "digests.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", page.partition("| variable | contains |")[2], re.MULTILINE))
    names = {subject: re.findall(r"`(\w+)`", what) for subject, what in rows.items()}
    top = [name for subject in rows for name in re.findall(r"`(\w+)`", subject)]
    assert len(top) > 14
    story = [name for name in names["a story"] if name not in {"text", "marked"}]
    lines = [
        *(f"{{{{ {name} }}}}" for name in top),
        "{% for story in stories %}",
        *(f"{{{{ story.{name} }}}}" for name in story),
        "{% for part in story.headline_parts %}{{ part.text }}{{ part.marked }}{% endfor %}",
        "{% for excerpt in story.excerpts %}{% for part in excerpt %}{{ part.text }}{{ part.marked }}{% endfor %}{% endfor %}",
        "{% for rule in story.rules %}{{ rule.title }}{{ rule.severity }}{{ rule.score }}",
        "{% for name in rule.names %}{{ name.label }}{{ name.published }}{{ name.tier }}{{ name.direction }}{% endfor %}",
        "{% endfor %}{% for report in story.reports %}",
        *(f"{{{{ report.{name} }}}}" for name in names["a report"]),
        "{% endfor %}{% endfor %}",
    ]
    write(folder, own_txt="\n".join(lines), own_html="<p>{{ subject }}</p>")
    assert own.check("own") == ()


@pytest.mark.parametrize("style", ["digest", "brief", "alert", "report"])
def test_each_shipped_style_is_good(own: Renderer, style: str) -> None:
    assert own.check(style) == ()
    assert style == "report" or own.leaves_out(style) == ()


def test_a_style_is_a_folder_of_which_one_file_may_be_ones_own(
    own: Renderer, folder: Path, karabakh: Any, parse: Callable[..., Any]
) -> None:
    (folder / "digest").mkdir()
    (folder / "digest" / "subject.j2").write_text(
        "News\n for {{ address }}:\u202e {{ count }}\r\nBcc: x@example.org\n", "utf-8"
    )
    mail = parse(send(own, karabakh.digest()))
    assert mail["Subject"] == "News for desk@example.org: 4 stories Bcc: x@example.org"
    assert mail["Bcc"] is None
    assert "Karabakh" in mail.get_body(("html",)).get_content()


def test_the_files_of_earlier_versions_come_before_the_shipped_folder(
    own: Renderer, folder: Path, karabakh: Any, parse: Callable[..., Any]
) -> None:
    write(folder, digest_html="<p>{% for title, number in overview %}{{ title }} {{ number }};{% endfor %}</p>")
    mail = parse(send(own, karabakh.digest()))
    assert "Karabakh diplomacy 3;Кремль 1;Markets 1;" in mail.get_body(("html",)).get_content()
    assert mail["Subject"].startswith("4 stories: Karabakh diplomacy")


def test_the_subject_of_an_alert_is_its_headline(own: Renderer, desk: Any, parse: Callable[..., Any]) -> None:
    desk.tell("بوتين يتصل بعلييف", "", "بوتين", language="ar")
    mail = parse(send(own, desk.digest(template="alert")))
    assert mail["Subject"] == "\u2068بوتين يتصل بعلييف\u2069 — Diplomacy"
    assert mail.get_body(("html",)).get_content().count("<h2") == 1


def test_a_brief_mail_has_a_line_for_each_story(own: Renderer, karabakh: Any, parse: Callable[..., Any]) -> None:
    page = parse(send(own, karabakh.digest(template="brief"))).get_body(("html",)).get_content()
    assert "<h2" not in page
    assert page.count('href="https://') == 2
    assert "普京与阿利耶夫通电话" in page
