"""A power cut at any write or sync loses no acknowledged row of the SQLite store, and damages nothing.

CI tries some of the images that a disk may then hold; `make power-cuts` tries all (MARSAD_POWER_CUTS=all).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from power import Disk, Event, record

from monitor.store.open import open_store
from monitor.store.sqlite import FILE_NAME

pytestmark = [pytest.mark.untraced, pytest.mark.xdist_group("power")]

EVERY, IMAGES = (1, 6) if os.environ.get("MARSAD_POWER_CUTS") == "all" else (4, 2)
OPENED_EVERY = 25  # images: opened as the program does, which takes longer than all else
SEED = 17
ORDER = ("pending", "data", "sent")
TABLES = ("articles", "matches", "outbox", "outbox_items")
LIVE = """
import asyncio, json, os, sqlite3, sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from conftest import NOON, Maker
from monitor.model import Delivery, OutboxState
from monitor.store.open import open_store
from monitor.store.sqlite import FILE_NAME

state, make = Path(sys.argv[1]), Maker()
acks = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)

def acknowledge():
    with closing(sqlite3.connect(state / FILE_NAME)) as connection:
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in json.loads(sys.argv[3])}
        states = dict(connection.execute("SELECT id, state FROM outbox"))
    os.write(acks, json.dumps([counts, states]).encode())

async def live(store, day):
    at = NOON + timedelta(days=day)
    before = await make.subscribe(store)
    for number in range(3):
        await store.polls.commit_poll(make.poll(*(f"{day} {number} {one}" for one in range(4)), at=at))
        acknowledge()
    pending = (await store.digests.list_pending(before)).records
    draft = make.digest(before, f"slot {day}", *pending, at=at)
    await store.digests.commit_digest(draft)
    acknowledge()
    await store.outbox.mark_data(draft.digest.id)
    acknowledge()
    delivery = Delivery(state=OutboxState.SENT, reply="250 kept", at=at)
    await store.outbox.record_delivery(draft.digest.id, delivery, at)
    acknowledge()

for day in range(3):
    store = open_store("sqlite", state=state)
    asyncio.run(live(store, day))
    store.close()
"""


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, require: Callable[..., None]) -> tuple[Path, list[Event]]:
    """The state directory of three short lives of a store, from its first moment on, and what was written there."""
    require(shutil.which("strace"), "strace")
    folder = tmp_path_factory.mktemp("power")
    state = folder / "state"
    state.mkdir()
    here = Path(__file__).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment["PYTHONPATH"] = os.pathsep.join([str(here), str(here.parent / "support")])
    try:
        found = record(
            [sys.executable, "-c", LIVE, state, folder / "acks", json.dumps(TABLES)], folder / "acks", env=environment
        )
    except subprocess.CalledProcessError as error:
        if "ptrace" in error.stderr or "seccomp" in error.stderr:
            pytest.skip(f"strace may not trace here: {error.stderr.strip()}")
        raise AssertionError(error.stderr) from error
    return state, found


def cut(state: Path, events: Sequence[Event], target: Path) -> Iterator[Any]:
    """Make one image after the other in `target`; yields what was acknowledged before it."""
    chance, disk, acknowledged = random.Random(SEED), Disk(state), [{}, {}]
    changes = 0
    for event in events:
        if event.kind == "ack":
            acknowledged = event.ack
        if not disk.do(event):
            continue
        changes += 1
        for _ in range(IMAGES if changes % EVERY == 0 else 0):
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            disk.cut_power(target, chance)
            yield acknowledged


def find_loss(folder: Path, acknowledged: Any) -> str | None:
    """What is wrong with an image of a store."""
    counts, states = acknowledged
    path = folder / FILE_NAME
    if not path.exists():
        return f"no file, of {counts}" if counts else None
    try:
        with closing(sqlite3.connect(path)) as connection:
            if (finding := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                return str(finding)
            left = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in counts}  # noqa: S608
            sent = dict(connection.execute("SELECT id, state FROM outbox")) if states else {}
    except sqlite3.Error as error:
        return repr(error)
    if any(left[name] < count for name, count in counts.items()):
        return f"{left} of {counts}"
    if any(ORDER.index(sent[one]) < ORDER.index(state) for one, state in states.items()):
        return f"{sent} of {states}"
    return None


def count_losses(state: Path, events: Sequence[Event], target: Path) -> tuple[int, list[str]]:
    found = [find_loss(target, acknowledged) for acknowledged in cut(state, events, target)]
    return len(found), [loss for loss in found if loss]


def test_no_image_after_a_power_cut_loses_an_acknowledged_row(events: Any, tmp_path: Path) -> None:
    images, losses = count_losses(*events, tmp_path / "image")
    sys.stdout.write(f"{images} images\n")
    assert losses == []
    assert images >= 200


def test_some_images_are_opened_as_the_program_does(events: Any, tmp_path: Path) -> None:
    target = tmp_path / "image"
    for number, (counts, _) in enumerate(cut(*events, target)):
        if number % OPENED_EVERY == 0:
            open_store("sqlite", state=target).close()
            assert find_loss(target, [counts, {}]) is None


@pytest.mark.parametrize("forgotten", ["folder", "files"])
def test_the_images_show_what_a_store_that_does_not_sync_would_lose(
    events: Any, tmp_path: Path, forgotten: str
) -> None:
    """Else the tests above would prove nothing."""
    state, all_events = events
    is_kept = {
        "folder": lambda event: not (event.kind == "sync" and event.path == str(state)),
        "files": lambda event: not (event.kind == "sync" and event.path != str(state)),
    }[forgotten]
    _, losses = count_losses(state, [event for event in all_events if is_kept(event)], tmp_path / "image")
    assert losses
