from __future__ import annotations

import pytest
from factories import Make


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make
