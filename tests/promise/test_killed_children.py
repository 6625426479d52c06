"""SIGKILL inside the processes that parse feeds and render mails, while they have work: the next passes make up for it."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from monitor.child_process import _Child

PARSER, RENDERER = "monitor.feeds.parse", "monitor.digests.render"


@pytest.mark.parametrize(("module", "turn"), [(PARSER, 1), (RENDERER, 1), (RENDERER, 4)])
def test_nothing_is_lost_or_told_twice_when_a_child_is_killed_at_its_work(
    over_http: Any, monkeypatch: pytest.MonkeyPatch, module: str, turn: int
) -> None:
    killed: list[int] = []
    turns: list[int] = []
    ask = _Child.ask

    async def ask_and_kill(child: _Child, question: object) -> bytearray:
        """The process has the question, and ends without a word."""
        is_meant = f"import {module};" in str(child.process.args)
        turns.extend([child.process.pid] if is_meant else [])
        if not is_meant or len(turns) != turn:
            return await ask(child, question)
        child.process.send_signal(signal.SIGSTOP)
        asking = asyncio.create_task(ask(child, question))
        killed.append(child.process.pid)
        child.process.kill()
        return await asking

    over_http.forget()
    monkeypatch.setattr(_Child, "ask", ask_and_kill)
    outcomes = over_http.recover()
    told = over_http.judge(outcomes)
    assert len(killed) == 1
    assert not outcomes[0].ok  # it is said
    assert (told.lost, told.twice, told.repeated, told.is_stuck) == ([], [], set(), False)
