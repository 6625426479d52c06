"""uvloop where it can be had, asyncio's own loop where it cannot."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from monitor.ops.eventloop import run_loop
from monitor.ops.memory import YOUNG


async def name_loop() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


async def fail() -> None:
    raise ValueError("no")


def test_it_is_uvloop() -> None:
    pytest.importorskip("uvloop", reason="uvloop has no wheel for this Python")
    assert run_loop(name_loop()) == "uvloop"
    with pytest.raises(ValueError, match="no"):
        run_loop(fail())


def test_without_it_asyncio_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert run_loop(name_loop()) == "asyncio"


def test_the_collector_looks_seldom_while_it_runs() -> None:
    async def read() -> int:
        return gc.get_threshold()[0]

    before = gc.get_threshold()
    assert run_loop(read()) == YOUNG > before[0]
    with pytest.raises(ValueError, match="no"):
        run_loop(fail())
    assert gc.get_threshold() == before
