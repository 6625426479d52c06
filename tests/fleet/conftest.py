"""One cluster, one web and one fleet for all tests here: to start workers costs more than what they are put through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet_desk import Desk
from fleet_lab import Cluster, Fleet

from monitor.fleet.hands import set_up_queue
from monitor.store.open import open_store


@pytest.fixture(scope="session")
def cluster(require: Callable[[object, str], None]) -> Iterator[Cluster]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    require(programs, "the PostgreSQL server")
    made = Cluster(programs[-1].parent)
    yield made
    made.close()


@pytest.fixture(scope="module")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    made = Fleet(folder, cluster)
    open_store(made.url, state=folder).close()
    asyncio.run(set_up_queue(made.url))
    try:
        made.start("a", "b")
        made.wake_sources()
        yield made
    finally:
        made.close()


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "desk", cluster.make_database())
    open_store(made.url, state=tmp_path).close()
    asyncio.run(set_up_queue(made.url))
    return made
