"""Log lines as the journal and a person get them, through a real stderr."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from waiting import PATIENCE_SECONDS

from monitor.ops.logging import REDACTED, configure_logging

SAY = """\
import logging, sys, structlog
from pathlib import Path
from monitor.ops import journal_socket
from monitor.ops.logging import configure_logging
journal_socket.SOCKET = Path("/nowhere")
configure_logging(verbose="-v" in sys.argv, json="-j" in sys.argv)
log = structlog.get_logger()
log.debug("poll.looked")
log.info("poll.done", source="tass", new=3, ok=True, none=None, names=["بوتين"])
log.error("deliver.failed", reply="550 no\\n<0>forged")
logging.getLogger("apscheduler").info("job ran")
logging.getLogger("apscheduler").warning("job missed: %s", "sweep")
password = "hunter2"
try:
    raise ValueError("two\\nlines")
except ValueError:
    log.exception("daemon.task_failed", task="polling")
"""


def say(folder: Path, *arguments: str, journal: bool = False) -> list[str]:
    """What a process of its own writes to stderr."""
    path = folder / "stderr"
    with path.open("wb") as stderr:
        status = os.fstat(stderr.fileno())
        stream = f"{status.st_dev}:{status.st_ino}" if journal else "1:1"
        environment = {**os.environ, "JOURNAL_STREAM": stream}
        subprocess.run(
            [sys.executable, "-c", SAY, *arguments],
            stderr=stderr,
            env=environment,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
    return path.read_text(encoding="utf-8").splitlines()


def test_the_journal_gets_priorities_and_one_entry_per_event(tmp_path: Path) -> None:
    lines = say(tmp_path, journal=True)
    assert lines[0] == "<6>poll.done source=tass new=3 ok=true none=None names=['بوتين']"
    assert lines[1] == '<3>deliver.failed reply="550 no␊<0>forged"'
    assert lines[2] == "<4>job missed: sweep logger=apscheduler"
    assert lines[3] == "<3>daemon.task_failed task=polling"
    assert lines[4] == "<3>Traceback (most recent call last):"
    assert all(line.startswith("<3>") for line in lines[4:])
    assert "hunter2" not in "".join(lines)


def test_a_file_gets_times_and_no_priorities(tmp_path: Path) -> None:
    lines = say(tmp_path, "-v")
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[debug +\] poll\.looked", lines[0])
    assert "source=tass" in lines[1]
    assert "\x1b" not in "".join(lines)
    assert any("job ran" in line for line in lines)
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize("journal", [True, False])
def test_json_is_one_object_a_line(tmp_path: Path, *, journal: bool) -> None:
    lines = say(tmp_path, "-j", journal=journal)
    rows = [json.loads(line[3:] if journal else line) for line in lines]
    assert [row["event"] for row in rows] == ["poll.done", "deliver.failed", "job missed: sweep", "daemon.task_failed"]
    assert rows[0]["names"] == ["بوتين"]
    assert "بوتين" in lines[0]
    assert rows[-1]["exception"][0]["exc_type"] == "ValueError"
    assert "hunter2" not in "".join(lines)
    assert all(("timestamp" in row) is not journal for row in rows)


def test_a_terminal_gets_colours() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "JOURNAL_STREAM": "1:1"}
    with subprocess.Popen([sys.executable, "-c", SAY], stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        while chunk := read_some(ours):
            seen += chunk
    os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[" in seen
    assert b"hunter2" not in seen


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side has closed
        return b""


def test_secrets_are_blacked_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(verbose=False, json=True)
    structlog.get_logger().info(
        "channel.opened",
        password="hunter2",
        api_key="hunter2",
        token=None,
        url="postgresql://marsad:hunter2@127.0.0.1/db",
        error="answered 404 at https://example.org/rss?key=hunter2; no feed",
        settings={"smtp_password": "hunter2", "hosts": ("a", {"Authorization": "hunter2"})},
        weird="lone \ud800 surrogate",
    )
    written = capsys.readouterr().err
    assert "hunter2" not in written
    row = json.loads(written)
    assert (row["password"], row["token"]) == (REDACTED, None)
    assert row["url"] == f"postgresql://marsad:{REDACTED}@127.0.0.1/db"
    assert row["error"] == "answered 404 at https://example.org/rss?key=…; no feed"
    assert row["settings"] == {"smtp_password": REDACTED, "hosts": ["a", {"Authorization": REDACTED}]}
    assert row["weird"] == "lone ? surrogate"


def test_a_second_call_replaces_the_handler_of_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    others = len(logging.getLogger().handlers)
    configure_logging(verbose=False, json=True)
    handlers = len(logging.getLogger().handlers)
    configure_logging(verbose=False, json=True)
    assert len(logging.getLogger().handlers) == handlers
    assert handlers <= others + 1
    structlog.get_logger().info("poll.done")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_stderr_that_is_no_file_is_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging(verbose=False, json=True)
    structlog.get_logger().warning("poll.problem", error="x\x1b[31m")
    row = json.loads(stream.getvalue())
    assert (row["level"], row["error"]) == ("warning", "x␛[31m")


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_does_not_inherit_the_logging_of_another(turn: int) -> None:
    assert not structlog.is_configured(), turn
    configure_logging(verbose=False, json=False)
