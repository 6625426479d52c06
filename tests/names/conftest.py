from __future__ import annotations

from collections.abc import Callable

import pytest
from factories import Found, Make, seek


@pytest.fixture(name="seek", scope="session")
def _seek() -> Callable[..., Found]:
    return seek


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make
