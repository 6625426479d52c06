"""The commands of docs/search.md and docs/backtest.md, on what `marsad init` writes, once it was polled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.docs


@pytest.mark.xdist_group("search pages")
def test_the_commands_of_the_pages_run(
    list_commands: Callable[..., list[str]], run_in_shell: Callable[..., dict[str, str]]
) -> None:
    commands = list_commands("search.md", "backtest.md")
    assert len(commands) >= 4
    outputs = run_in_shell(["marsad init desk", "marsad once --all --config desk", *commands])
    assert "Karabakh" in outputs[commands[0]]
