"""Tests of one group run in one process: pytest-xdist must know the groups, or dear fixtures are made in each."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("groups")
def test_a_test_bears_the_name_of_its_group(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("dist", "no") != "loadgroup" and not request.config.getoption(
        "loadgroup", default=False
    ):
        pytest.skip("the tests run in one process, or not by groups")
    assert request.node.nodeid.endswith("@groups")
