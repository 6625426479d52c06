"""A user who may not read the configuration gets a sentence; nothing is silently missing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.settings.load import load_settings

NOBODY = 65_534
MAIN = "config: 1\nchannels: {box: {type: console}}\n"


@contextmanager
def become_nobody() -> Iterator[None]:
    """Root may read everything: for a while this process is the user nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def desk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        desk.chmod(0o755)
        (desk / "rules" / "more").mkdir(parents=True)
        (desk / "rules" / "more" / "a.yaml").write_text("rules: {}\n", encoding="utf-8")
        for name, content in (("marsad.yaml", MAIN), ("sources.yaml", "sources: []\n"), ("digests.yaml", "")):
            (desk / name).write_text(content, encoding="utf-8")
        load_settings(
            desk, packs=desk
        )  # what it imports may be closed to others, and Python remembers a codec it missed
        yield desk
        for path in (desk, *desk.rglob("*")):
            path.chmod(0o755)


@pytest.mark.parametrize("closed", [".", "marsad.yaml", "sources.yaml", "rules", "rules/more", "rules/more/a.yaml"])
def test_what_may_not_be_read_is_one_error_that_names_it(desk: Path, closed: str) -> None:
    (desk / closed).chmod(0)
    with become_nobody():
        loaded = load_settings(desk, packs=desk)
    [problem] = [problem for problem in loaded.problems if "does not exist" not in problem.what or problem.is_error]
    assert problem.is_error
    assert problem.file == desk / closed
    assert "Permission denied" in problem.what
    assert loaded.settings is None


def test_a_closed_directory_says_whom_to_become(desk: Path) -> None:
    desk.chmod(0o700)
    if os.geteuid() != 0:
        pytest.skip("needs root, to be somebody else")
    with become_nobody():
        [problem] = load_settings(desk, packs=desk).problems
    assert "sudo -u marsad" in problem.hint
