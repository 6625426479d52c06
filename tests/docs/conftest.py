"""How the pages' commands are run: by a shell, or inside this process where many of them share what is dear."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from commands import run_command

BIN = Path(sys.executable).parent
COMMAND = re.compile(r"^\$ (marsad .*)$", re.MULTILINE)
ISOLATES = str.maketrans("", "", "\u2068\u2069")


@pytest.fixture
def run_in_shell(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Run commands one after the other in an empty folder, and give what each printed; all must succeed."""

    def run_all(commands: Sequence[str], **variables: str) -> dict[str, str]:
        environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **variables}
        outputs = {}
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            outputs[command] = done.stdout
        return outputs

    return run_all


@pytest.fixture
def list_commands(root: Path) -> Callable[..., list[str]]:
    """The commands in the console blocks of pages, in order."""

    def list_all(*names: str) -> list[str]:
        return [command for name in names for command in COMMAND.findall((root / "docs" / name).read_text("utf-8"))]

    return list_all


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """The lines that a `marsad` command prints, as a reader sees them; run inside this process."""

    def run_line(command: str, *, expected: int = 0) -> list[str]:
        printed = run_command(shlex.split(command)[1:], monkeypatch, capsys)
        assert printed.code == expected, f"{command}\n{printed.err}"
        return [line.rstrip() for line in printed.out.translate(ISOLATES).splitlines()]

    return run_line
