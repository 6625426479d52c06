"""Both parts of one digest, whole, as files that a person can read. MARSAD_WRITE_GOLDEN=1 writes them anew: then look at the difference."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("language", ["en", "ar-SY", "he", "ru"])
@pytest.mark.parametrize("part", ["txt", "html"])
def test_a_digest_is_what_it_was(karabakh: Any, render: Callable[..., Any], language: str, part: str) -> None:
    mail = render(karabakh.digest(language), karabakh)
    written = mail.text if part == "txt" else mail.html
    path = GOLDEN / f"karabakh.{language}.{part}"
    if os.environ.get("MARSAD_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")
