"""A command as a shell sees it, run inside this process so that failures have tracebacks and coverage."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from monitor.__main__ import main


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run_command(
    arguments: Sequence[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ran:
    """Run `marsad` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["marsad", *map(str, arguments)])
    try:
        code: Any = main()
    except SystemExit as ended:
        code = ended.code or 0
    captured = capsys.readouterr()
    return Ran(code, captured.out, captured.err)
