"""The commands of docs/sources.md, run one after the other on what `marsad init` writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.docs


@pytest.mark.xdist_group("sources page")
def test_the_commands_of_the_page_run(
    list_commands: Callable[..., list[str]], run_in_shell: Callable[..., dict[str, str]]
) -> None:
    commands = list_commands("sources.md")
    assert len(commands) >= 3
    run_in_shell(["marsad init desk", *commands])
