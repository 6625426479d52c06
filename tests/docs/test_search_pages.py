"""The commands of docs/search.md and docs/backtest.md, on what `marsad init` writes, once it was polled."""

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
def test_the_commands_of_the_pages_run(root: Path, tmp_path: Path) -> None:
    pages = [(root / "docs" / name).read_text(encoding="utf-8") for name in ("search.md", "backtest.md")]
    commands = [command for page in pages for command in re.findall(r"^\$ (marsad .*)$", page, re.MULTILINE)]
    assert len(commands) >= 4
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    outputs = {}
    for command in ["marsad init desk", "marsad once --all --config desk", *commands]:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        outputs[command] = done.stdout
    assert "Karabakh" in outputs[commands[0]]
