"""The console prints what a person can read, whatever the locale, and nothing that drives the terminal."""

from __future__ import annotations

import asyncio
import email.policy
import io
import os
import subprocess
import sys
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from monitor.channels.console import ConsoleChannel, Options
from monitor.errors import ChannelDown

TEXT = "Նիկոլ Փաշինյան · 习近平 · \u2068קרבאך\u2069 \x1b]0;owned\x07\tend\n"


async def do_nothing() -> None:
    """A `before_data` for tests that do not look at it."""


def send(message: Any, reveal: Any) -> None:
    asyncio.run(ConsoleChannel(Options(), reveal=reveal).send(message, before_data=do_nothing))


@pytest.fixture
def message(make_message: Any) -> Any:
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["To"], mail["Subject"] = "desk@example.org", "Карабах: 2 сообщения"
    mail.set_content(TEXT, cte="base64")
    mail.add_alternative("<p>not this</p>", subtype="html")
    return replace(make_message(), content=mail.as_bytes())


def test_text_is_decoded_and_harmless(message: Any, reveal: Any, capsysbinary: Any) -> None:
    send(message, reveal)
    printed = capsysbinary.readouterr().out.decode()
    assert printed.startswith("To: desk@example.org\nSubject: Карабах: 2 сообщения\n\n")
    assert "Նիկոլ Փաշինյան · 习近平 · \u2068קרבאך\u2069 ]0;owned\tend\n" in printed
    assert "not this" not in printed


def test_a_message_without_a_text_part_is_announced(make_message: Any, reveal: Any, capsysbinary: Any) -> None:
    content = b"To: desk@example.org\r\nSubject: only HTML\r\nContent-Type: text/html\r\n\r\n<p>x</p>"
    send(replace(make_message(), content=content), reveal)
    assert capsysbinary.readouterr().out.decode() == "To: desk@example.org\nSubject: only HTML\n\n\n"


def test_what_was_printed_before_stays_before(message: Any, reveal: Any, capsysbinary: Any) -> None:
    sys.stdout.write("before\n")
    send(message, reveal)
    assert capsysbinary.readouterr().out.startswith(b"before\nTo: ")


SCRIPT = """
import asyncio, sys
from monitor.channels.console import ConsoleChannel, Options
from monitor.errors import ChannelDown
from monitor.model import Message
async def nothing(): pass
content = sys.stdin.buffer.read()
message = Message(id="1", message_id="<1@x>", channel="c", sender="a@x", recipient="b@x", content=content)
try:
    asyncio.run(ConsoleChannel(Options(), reveal=str).send(message, before_data=nothing))
except ChannelDown as error:
    sys.exit(str(error))
"""


def test_it_is_utf_8_in_any_locale(message: Any) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=message.content, capture_output=True, env=environment, check=True
    )
    assert "习近平" in run.stdout.decode()


def test_a_full_disk_behind_stdout_is_passing(message: Any) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], input=message.content, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert b"cannot write to stdout: [Errno 28] No space left on device" in run.stderr


def test_a_closed_stdout_is_passing(message: Any, reveal: Any, monkeypatch: Any) -> None:
    closed = io.TextIOWrapper(io.BytesIO())
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(ChannelDown, match="closed file"):
        send(message, reveal)
