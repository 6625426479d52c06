"""The commands of the sections about silences and feedback, run one after the other on what `marsad init` writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.docs


@pytest.mark.xdist_group("digests page")
def test_the_commands_of_the_page_run(
    list_commands: Callable[..., list[str]], run_in_shell: Callable[..., dict[str, str]]
) -> None:
    commands = list_commands("digests.md")
    assert len(commands) >= 3
    run_in_shell(["marsad init .", "marsad once", *commands], MARSAD_CONFIG=".")
