"""A store killed at each of its first writes to the disk opens at the next start, and holds what it held before.

strace ends the process with SIGKILL as it enters the n-th call of a kind; its counters begin anew in each child, so one
strace does for all points: a child that is to die at its first call makes all others before, on a file of no matter.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS

from monitor.store.copies import FORMER
from monitor.store.open import open_store
from monitor.store.soundness import check_file
from monitor.store.sqlite import FILE_NAME

OLD = Path(__file__).with_name("before_faults.sql")
NUMBER = 16  # the call at which strace kills
CALLS = {"fdatasync": 15, "fsync": 3, "ftruncate": 3, "unlink": 5, "pwrite64": 8}  # how many of each are tried
KILL_ME = """
import alembic.command, json, os, shutil, sqlalchemy.dialects.sqlite.pysqlite, sys
from pathlib import Path
from monitor.store.copies import FORMER
from monitor.store.open import open_store
from monitor.store.soundness import check_file

number, calls, start, work = int(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
scratch = os.open(work / "scratch", os.O_RDWR | os.O_CREAT)

def unlink():
    try:
        os.unlink(work / "nothing")
    except FileNotFoundError:
        pass

spend = {
    "fdatasync": lambda: os.fdatasync(scratch),
    "fsync": lambda: os.fsync(scratch),
    "ftruncate": lambda: os.ftruncate(scratch, 0),
    "unlink": unlink,
    "pwrite64": lambda: os.pwrite(scratch, b"x", 0),
}
for call, limit in calls.items():
    for point in range(1, limit + 1):
        state = work / f"{call}-{point:02}"
        shutil.copytree(start, state)
        child = os.fork()
        if not child:
            for _ in range(number - point):
                spend[call]()
            open_store("sqlite", state=state).close()
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            shutil.rmtree(state)
            break
"""


@pytest.fixture
def start(tmp_path):
    made = tmp_path / "start"
    made.mkdir()
    return made


def kill_at_each_point(start, work, require):
    """The state directories that are left, by where their process was killed."""
    require(shutil.which("strace"), "strace")
    work.mkdir()
    kill = f"inject={','.join(CALLS)}:signal=KILL:when={NUMBER}"
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={','.join(CALLS)}", "-e", kill]
    # Coverage data would be written by the same calls.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [*trace, sys.executable, "-c", KILL_ME, str(NUMBER), json.dumps(CALLS), start, work]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False, env=environment
    )
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace here, test_soundness.py has images of power cuts: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(path for path in work.iterdir() if path.is_dir())


def open_after(killed):
    """How many messages each store holds after its next start."""
    for state in killed:
        open_store("sqlite", state=state).close()
        former = list(state.glob(f"{FORMER}*"))
        assert sorted(path.name for path in state.iterdir()) == sorted([FILE_NAME, *(path.name for path in former)])
        for copy in former:
            check_file(copy)  # whole, of an older schema that this program knows
        with closing(sqlite3.connect(state / FILE_NAME)) as connection:
            yield state.name, connection.execute("SELECT count(*) FROM outbox").fetchone()[0]


def test_a_new_store(start, tmp_path, require):
    killed = kill_at_each_point(start, tmp_path / "work", require)
    assert len(killed) > 20
    assert [name for name, entries in open_after(killed) if entries] == []


def test_an_older_store_that_is_restored_from_its_backup_and_upgraded(start, tmp_path, require):
    with closing(sqlite3.connect(start / FILE_NAME)) as connection:
        connection.executescript(OLD.read_text(encoding="utf-8"))
    killed = kill_at_each_point(start, tmp_path / "work", require)
    assert len(killed) > 20
    assert [name for name, entries in open_after(killed) if entries != 6] == []
