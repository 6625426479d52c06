"""digest new-style: a style to edit, which check then tries out."""

from __future__ import annotations

from pathlib import Path


def test_a_copied_style_is_used_by_a_digest(marsad, desk: Path) -> None:
    made = marsad("digest", "new-style", "ours", "--like", "brief", "--config", desk)
    folder = desk / "templates" / "ours"
    assert made.code == 0
    assert made.out.split() == [str(folder / name) for name in ("html.j2", "subject.j2", "text.j2")]
    (folder / "subject.j2").write_text("{{ nowhere }}", encoding="utf-8")
    digests = desk / "digests.yaml"
    first = digests.read_text("utf-8").splitlines()
    place = next(number for number, line in enumerate(first) if line.startswith("  ") and line.rstrip().endswith("}"))
    first[place] = first[place].rstrip()[:-1] + ", template: ours}"
    digests.write_text("\n".join(first), encoding="utf-8")
    checked = marsad("check", "--config", desk)
    assert checked.code == 2
    assert f"{folder / 'subject.j2'}:1: 'nowhere' is undefined" in checked.err


def test_what_new_style_refuses(marsad, desk: Path) -> None:
    for arguments, why in (
        (["../x"], "is no name for a style"),
        (
            ["ours", "--like", "monthly"],
            "there is no style 'monthly' to copy; expected one of alert, brief, digest, report, weekly",
        ),
    ):
        refused = marsad("digest", "new-style", *arguments, "--config", desk)
        assert refused.code == 2
        assert why in refused.err
    (desk / "templates" / "ours").mkdir(parents=True)
    again = marsad("digest", "new-style", "ours", "--config", desk)
    assert (again.code, "is already there" in again.err) == (2, True)
