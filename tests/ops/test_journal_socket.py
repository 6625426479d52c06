"""The journal gets each event with its fields, over its own socket; where it does not take one, stderr does."""

from __future__ import annotations

import io
import logging
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from waiting import PATIENCE_SECONDS

from monitor.ops import journal_socket
from monitor.ops.journal_socket import encode_entry, make_message_id, name_field
from monitor.ops.logging import configure_logging


def read_entry(datagram: bytes) -> dict[str, str]:
    """As journald reads it."""
    fields: dict[str, str] = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            [size] = struct.unpack("<Q", datagram[:8])
            value, datagram = datagram[8 : 8 + size], datagram[9 + size :]
        fields[name.decode()] = value.decode()
    return fields


@pytest.fixture
def journald(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.settimeout(PATIENCE_SECONDS)
        monkeypatch.setattr(journal_socket, "SOCKET", tmp_path / "journal")
        monkeypatch.setattr("monitor.ops.logging._is_journal", lambda: True)
        yield listening
        for handler in logging.getLogger().handlers[:]:
            if isinstance(handler, journal_socket.JournalHandler):
                logging.getLogger().removeHandler(handler)
                handler.close()


def test_an_event_has_an_id_and_fields_that_journalctl_finds(journald: socket.socket) -> None:
    configure_logging(verbose=False, json=False)
    structlog.get_logger().error("deliver.failed", recipient="sami@example.org", reply="550 no", resent=False, why=None)
    entry = read_entry(journald.recv(100_000))
    assert entry["MESSAGE"] == 'deliver.failed recipient=sami@example.org reply="550 no" resent=false why=None'
    assert entry["MESSAGE_ID"] == make_message_id("deliver.failed")
    named = {key: value for key, value in entry.items() if key.startswith("MARSAD_")}
    assert named == {
        "MARSAD_EVENT": "deliver.failed",
        "MARSAD_RECIPIENT": "sami@example.org",
        "MARSAD_REPLY": "550 no",
        "MARSAD_RESENT": "False",
    }
    assert (entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]) == ("3", "marsad")


def test_a_traceback_is_one_entry_and_secrets_are_in_no_field(journald: socket.socket) -> None:
    configure_logging(verbose=False, json=False)
    try:
        int("two\nlines")
    except ValueError:
        structlog.get_logger().exception("daemon.task_failed", password="hunter2", url="postgresql://a:hunter2@h/x")
    entry = read_entry(journald.recv(100_000))
    assert "Traceback" in entry["MESSAGE"]
    assert "hunter2" not in str(entry)
    logging.getLogger("apscheduler").warning("job missed: %s", "sweep")
    assert read_entry(journald.recv(100_000))["MESSAGE"] == "job missed: sweep logger=apscheduler"


def test_what_the_journal_does_not_take_goes_to_stderr(
    journald: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    configure_logging(verbose=False, json=False)
    monkeypatch.setattr(journal_socket, "SOCKET", tmp_path / "gone")
    structlog.get_logger().warning("poll.problem", source="tass")
    assert stderr.getvalue() == "<4>poll.problem source=tass\n"


def test_names_and_values_are_what_the_journal_takes() -> None:
    assert name_field("next_try_at") == "MARSAD_NEXT_TRY_AT"
    assert name_field("a-b c") == "MARSAD_A_B_C"
    assert read_entry(encode_entry({"A": "x\ny", "B": "\N{ARABIC LETTER MEEM}" * 40_000})) == {
        "A": "x\ny",
        "B": "\N{ARABIC LETTER MEEM}" * 32_000,
    }
    assert len({make_message_id(name) for name in ("poll.done", "poll.problem")}) == 2
    assert make_message_id("poll.done") == make_message_id("poll.done")
