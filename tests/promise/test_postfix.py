"""Through a real Postfix into a Maildir: a thousand digests arrive, each as it was sent, and none twice.

The test starts an instance of its own on loopback, which delivers locally and knows no other host.
"""

from __future__ import annotations

import asyncio
import grp
import mailbox
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers import find_free_port
from waiting import PATIENCE_SECONDS, until

from monitor.app import load_configuration, open_app
from monitor.channels.smtp import Options, SmtpChannel
from monitor.line import run_once
from monitor.model import ChannelName, DigestId, DigestName, Message, OutboxState
from monitor.ops.clock import SystemClock
from monitor.pipeline.breaker import Breakers
from monitor.pipeline.deliver import DeliverPorts, deliver
from monitor.store.open import open_store

pytestmark = [pytest.mark.proof, pytest.mark.untraced, pytest.mark.xdist_group("postfix")]

POSTFIX = Path("/usr/sbin/postfix")
MESSAGES = 1000
LANGUAGES = ("ar-SY", "fa", "ru", "en", "az", "zh", "de", "he")
MAIN = """\
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
maillog_file = {place}/log
maillog_file_prefixes = {place}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
local_recipient_maps =
default_transport = error:no other host
relay_transport = error:no other host
alias_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {place}
virtual_mailbox_maps = static:box/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_mynetworks, reject
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# What Postfix puts before a message that it delivers.
ADDED = re.compile(rb"\A(?:(?:Return-Path|X-Original-To|Delivered-To|Received): [^\n]*\n(?:[ \t][^\n]*\n)*)+")


@dataclass(frozen=True, slots=True)
class Instance:
    port: int
    place: Path

    def read_box(self) -> list[bytes]:
        box = mailbox.Maildir(self.place / "box", create=False)
        return [box.get_bytes(key) for key in box.iterkeys()]

    def count(self) -> int:
        return sum(1 for _ in (self.place / "box" / "new").glob("*"))


@pytest.fixture
def postfix(require: Any) -> Iterator[Instance]:
    require(POSTFIX.exists(), "Postfix")
    if os.geteuid():
        pytest.skip("Postfix starts as root only")
    place, port = Path(tempfile.mkdtemp(prefix="marsad-postfix-")), find_free_port()
    place.chmod(0o755)
    control = [POSTFIX, "-c", place / "etc"]
    try:
        configure(place, port)
        subprocess.run([*control, "start"], check=True, capture_output=True, text=True)
        try:
            until(lambda: can_connect(port), "Postfix to listen", lambda: (place / "log").read_text(errors="replace"))
            yield Instance(port, place)
        finally:
            subprocess.run([*control, "abort"], check=False, capture_output=True)
            until(lambda: subprocess.run([*control, "status"], capture_output=True, check=False).returncode, "its end")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def configure(place: Path, port: int) -> None:
    user = pwd.getpwnam("postfix").pw_uid
    for name in ("etc", "queue", "data", "box"):
        (place / name).mkdir()
    for name in ("data", "box"):
        shutil.chown(place / name, "postfix", "postfix")
    main = MAIN.format(place=place, uid=user, gid=grp.getgrnam("postfix").gr_gid)
    (place / "etc" / "main.cf").write_text(main, encoding="utf-8")
    (place / "etc" / "master.cf").write_text(MASTER.format(port=port), encoding="utf-8")


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


@pytest.fixture
def rendered(tmp_path: Path) -> list[bytes]:
    """One digest in each of some languages and scripts, as Marsad writes it."""
    readers = [f"{{email: {number}@example.org, language: {tag}}}" for number, tag in enumerate(LANGUAGES)]
    (tmp_path / "state").mkdir()
    files = {
        "marsad.yaml": "config: 1\nstate: state\nchannels: {box: {type: maildir, path: mail}}\npeople:\n"
        + "".join(f"  p{number}: {reader}\n" for number, reader in enumerate(readers)),
        "sources.yaml": "sources: [{id: saved, path: saved}]\n",
        "digests.yaml": f"digests: {{now: {{to: [{', '.join(f'p{n}' for n in range(len(readers)))}], schedule: immediate}}}}\n",
        "rules/all.yaml": "entities:\n  putin: {kind: leader, names: {en: [Putin], ru: [Путин], ar: [بوتين]}}\n"
        "rules: {kremlin: {title: Кремль, any: [putin]}}\n",
        "saved/1.txt": "بوتين وعلييف يبحثان هاتفياً الوضع\n\nبحث الرئيسان في اتصال هاتفي اليوم الوضع.\n",
        "saved/2.txt": f"Путин провёл совещание\n\n{'Президент обсудил положение дел. ' * 60}\n.\n..two dots\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    asyncio.run(make_pass(tmp_path))
    return [path.read_bytes() for path in sorted((tmp_path / "mail" / "new").iterdir())]


async def make_pass(folder: Path) -> None:
    app = await open_app(load_configuration(folder, keep=False).settings, holder="test")
    try:
        assert (await run_once(app)).ok
    finally:
        await app.close()


def multiply(contents: Sequence[bytes]) -> list[Message]:
    messages = []
    for number in range(MESSAGES):
        identity = f"<{number}@example.org>"
        lines = re.sub(rb"\r?\n", b"\r\n", contents[number % len(contents)])
        content = re.sub(rb"(?mi)^message-id:[^\r]*(?:\r\n[ \t][^\r]*)*", b"Message-ID: " + identity.encode(), lines)
        messages.append(
            Message(
                id=DigestId(f"{number:064}"),
                message_id=identity,
                channel=ChannelName("mail"),
                sender="marsad@example.org",
                recipient=f"reader{number}@example.org",
                content=content,
            )
        )
    return messages


async def send(messages: Sequence[Message], port: int, state: Path) -> Counter[OutboxState]:
    store = open_store("sqlite", state=state)
    channel = SmtpChannel(Options(host="127.0.0.1", port=port, tls="none", from_="marsad@example.org"), reveal=str)
    try:
        await asyncio.gather(
            *(store.outbox.enqueue(message, DigestName("now"), datetime.now(UTC)) for message in messages)
        )
        ports = DeliverPorts(
            store=store.outbox,
            channels={ChannelName("mail"): channel},
            clock=SystemClock(),
            faults=store.faults,
            breakers=Breakers(),
        )
        return Counter(outcome.state for outcome in await deliver(ports))
    finally:
        await channel.close()
        store.close()


def test_a_thousand_digests_arrive_as_they_were_sent(postfix: Instance, rendered: list[bytes], tmp_path: Path) -> None:
    assert len(set(rendered)) == len(LANGUAGES)
    messages = multiply(rendered)
    state = tmp_path / "outbox"
    state.mkdir()
    assert asyncio.run(send(messages, postfix.port, state)) == {OutboxState.SENT: MESSAGES}
    until(lambda: postfix.count() >= MESSAGES, "the mails", lambda: (postfix.place / "log").read_text()[-2000:])
    arrived = Counter(ADDED.sub(b"", content) for content in postfix.read_box())
    assert arrived == Counter(message.content.replace(b"\r\n", b"\n") for message in messages)
