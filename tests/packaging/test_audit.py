"""`make audit` says whether a locked package has a known fault, or that nobody could say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("said", "code", "wanted"),
    [
        ("No known vulnerabilities found", 0, "audit: no known fault in the 2 locked packages"),
        (
            "Found 1 known vulnerability in 1 package\nlxml 6.0.0 CVE-2026-1",
            1,
            "renew the lock of what is listed above",
        ),
        ("ERROR: lxml: Dependency not found on PyPI and could not be audited", 1, "nothing is known of them"),
        ("requests.exceptions.ConnectionError: no route", 1, "nothing is known of them"),
    ],
)
def test_what_it_says(said: str, code: int, wanted: str, tmp_path: Path) -> None:
    for folder in (".ci/locks", ".audit/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "audit", tmp_path / ".ci")
    (tmp_path / ".ci/locks/deb.txt").write_text(
        "lxml==6.0.0 \\\n    --hash=sha256:00\nidna==3.10 \\\n    --hash=sha256:00\n"
    )
    index = tmp_path / ".audit/bin/pip-audit"
    index.write_text(f'#!/bin/sh\nprintf "%s\\n" "{said}"\nexit {code}\n')
    index.chmod(0o755)
    ran = subprocess.run([tmp_path / ".ci/audit"], capture_output=True, text=True, check=False)
    assert ran.returncode == code
    assert wanted in ran.stdout + ran.stderr
    if code:
        assert said.splitlines()[-1] in ran.stderr


def test_the_package_has_what_runs_in_the_versions_of_the_tests_and_no_tool() -> None:
    def list_pins(name: str) -> set[str]:
        lines = (ROOT / ".ci/locks" / name).read_text(encoding="utf-8").splitlines()
        return {line.split()[0] for line in lines if "==" in line}

    packaged, tested = list_pins("deb.txt"), list_pins("dev.txt")
    assert packaged - tested == set()
    assert {pin.split("==")[0] for pin in list_pins("run.txt") - packaged} <= {
        *("editables", "hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"),
    }
