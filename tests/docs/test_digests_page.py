"""The commands of the sections about silences and feedback, run one after the other on what `marsad init` writes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

BIN = Path(sys.executable).parent


@pytest.mark.xdist_group("commands")
def test_the_commands_of_the_page_run(root: Path, tmp_path: Path) -> None:
    page = (root / "docs" / "digests.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (marsad .*)$", page, re.MULTILINE)
    assert len(commands) >= 3
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MARSAD_CONFIG": "."}
    for command in ["marsad init .", "marsad once", *commands]:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
