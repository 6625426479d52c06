"""What pytest-xdist asks of the tests: it must know their groups, and each process must give them the same names."""

from __future__ import annotations

import gzip

import pytest

pytestmark = pytest.mark.no_cover


@pytest.mark.xdist_group("groups")
def test_a_test_bears_the_name_of_its_group(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("dist", "no") != "loadgroup" and not request.config.getoption(
        "loadgroup", default=False
    ):
        pytest.skip("the tests run in one process, or not by groups")
    assert request.node.nodeid.endswith("@groups")


@pytest.mark.parametrize("body", [gzip.compress(b"made at another second in each process")])
def test_bytes_are_no_part_of_the_name_of_a_test(body: bytes, request: pytest.FixtureRequest) -> None:
    assert body.startswith(b"\x1f\x8b")
    assert "[body]" in request.node.nodeid


@pytest.mark.parametrize("text", ["long " * 100, "short"])
def test_a_long_text_is_no_part_of_the_name_of_a_test(text: str, request: pytest.FixtureRequest) -> None:
    assert (text in request.node.nodeid) is (text == "short")
