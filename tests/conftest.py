"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The team's labelled news and original seed, which may not be redistributed."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared (labelled news and the original seed), which is not part of the repository")
    return folder


def require(condition: object, what: str) -> None:
    """Skip where something from outside pip is missing, but fail on CI, where it must not be."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {what}; .ci/system-packages installs it")
    pytest.skip(f"needs {what}; as root, .ci/system-packages installs it")


@pytest.fixture(name="require", scope="session")
def hand_out_require() -> Callable[[object, str], None]:
    """`require` for folders of tests, which cannot import it from here."""
    return require
