"""Both parts of one digest, whole, as files that a person can read. MARSAD_WRITE_GOLDEN=1 writes them anew: then look at the difference."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("language", ["en", "ar-SY", "fa", "he", "ru", "zh"])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_a_digest_is_what_it_was(karabakh: Any, render: Callable[..., Any], language: str, part: str) -> None:
    mail = render(karabakh.digest(language), karabakh)
    compare(mail.text if part == "txt" else mail.html, GOLDEN / f"karabakh.{language}.{part}")


@pytest.mark.parametrize("language", ["en", "ar-SY"])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_a_digest_of_stories_is_what_it_was(
    desk: Any, tell_stories: Callable[[Any], Any], render: Callable[..., Any], language: str, part: str
) -> None:
    mail = render(desk.digest(language, stories=tell_stories(desk)), desk)
    compare(mail.text if part == "txt" else mail.html, GOLDEN / f"stories.{language}.{part}")


@pytest.mark.parametrize("language", ["en", "ar-SY"])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_a_weekly_is_what_it_was(
    desk: Any, tell_stories: Callable[[Any], Any], overview: Any, render: Callable[..., Any], language: str, part: str
) -> None:
    digest = desk.digest(language, stories=tell_stories(desk), template="weekly", overview=overview)
    mail = render(digest, desk, contact="ops@example.org", unsubscribe="mailto:ops@example.org?subject=stop")
    compare(mail.text if part == "txt" else mail.html, GOLDEN / f"weekly.{language}.{part}")


def compare(written: str, path: Path) -> None:
    if os.environ.get("MARSAD_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("languages", [("ar", "ar-SY"), ("ar-SY", "ar")])
def test_readers_of_two_kinds_of_arabic_each_have_their_months(languages: tuple[str, str]) -> None:
    """In a process of its own: which locale is used first decides what Babel remembers."""
    program = (
        "import sys; from datetime import date; from babel.dates import format_skeleton;"
        "from monitor.text.catalogue import find_locale;"
        "[print(format_skeleton('yMMMd', date(2026, 11, 24), locale=find_locale(tag))) for tag in sys.argv[1:]]"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *languages], capture_output=True, check=True, encoding="utf-8"
    )
    written = dict(zip(languages, done.stdout.splitlines(), strict=True))
    assert "نوفمبر" in written["ar"]
    assert "تشرين الثاني" in written["ar-SY"]
