"""From item to mail with the real daemon: python benchmarks/latency.py [seconds]

`marsad run` polls 20 feeds every second, and two more that never answer in time; an urgent rule fires on all items, and
an immediate digest goes to an SMTP server. Measured from the moment the web server hands an item out, and from when it
appears, to the server's 250. Prints a table, what `marsad status` says of it and, last, one line of JSON.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import random
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

FEEDS, SILENT, EVERY = 20, 2, 0.4  # seconds between two items, anywhere
SETTLE = 10.0
NUMBER = re.compile(r"call number (\d+)")
COMMAND = [sys.executable, "-m", "monitor"]


@dataclass(slots=True)
class Times:
    """By item number, seconds of the monotonic clock."""

    appeared: dict[int, float] = field(default_factory=dict)
    served: dict[int, float] = field(default_factory=dict)
    mailed: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Newsroom:
    """Feeds by host; the last 30 items of each."""

    times: Times
    items: list[list[int]] = field(default_factory=lambda: [[] for _ in range(FEEDS + SILENT)])
    is_open: bool = False

    def add(self) -> None:
        number = len(self.times.appeared)
        self.items[random.randrange(FEEDS)].append(number)
        self.times.appeared[number] = time.monotonic()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        feed = int(request.split(b"/", 2)[1].partition(b" ")[0])
        if feed >= FEEDS and self.is_open:
            await asyncio.sleep(60)
        else:
            shown = self.items[feed][-30:]
            body = write_feed(shown)
            head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
            for number in shown:
                self.times.served.setdefault(number, time.monotonic())
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()


def write_feed(numbers: list[int]) -> bytes:
    items = "".join(
        f"<item><guid>{number}</guid><title>Putin and Aliyev: call number {number}</title>"
        f"<description>{'The presidents spoke on the telephone about the region. ' * 8}</description></item>"
        for number in numbers
    )
    return f"<rss version='2.0'><channel><title>Agency</title>{items}</channel></rss>".encode()


@dataclass  # no slots: aiosmtpd reads all members, which Python 3.11.2 cannot with them
class Mailbox:
    """aiosmtpd's handler: notes when each item first came; it answers 250 right after."""

    times: Times

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        part = email.message_from_bytes(content, policy=email.policy.default).get_body(("plain",))
        for number in NUMBER.findall(part.get_content() if part else ""):
            self.times.mailed.setdefault(int(number), time.monotonic())
        return "250 2.0.0 kept"


def write_configuration(folder: Path, web: int, smtp: int) -> None:
    hosts = [f"127.0.1.{number + 1}:{web}" for number in range(FEEDS + SILENT)]
    (folder / "rules").mkdir()
    files = {
        "marsad.yaml": f"config: 1\nstate: state\nchannels:\n  mail: {{type: smtp, host: 127.0.0.1, port: {smtp}, "
        f"tls: none, from: marsad@example.org}}\npolling: {{host_delay: 100ms, allow_private: {json.dumps(hosts)}}}\n",
        "sources.yaml": "sources:\n"
        + "".join(
            f"  - {{id: s{number}, url: 'http://{host}/{number}', every: 1s, backfill: all}}\n"
            for number, host in enumerate(hosts)
        ),
        "rules/desk.yaml": "rules:\n  calls: {title: Calls, severity: urgent, any: [{text: Putin}]}\n",
        "digests.yaml": "digests:\n  now: {to: [desk@example.org], severity: urgent, schedule: immediate}\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


async def run(seconds: float, folder: Path) -> tuple[Times, str]:
    times = Times()
    newsroom = Newsroom(times)
    web = await asyncio.start_server(newsroom.converse, "0.0.0.0", 0, backlog=200)
    with socket.socket() as probe:  # aiosmtpd cannot say which port it was given
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mail = Controller(Mailbox(times), hostname="127.0.0.1", port=port)
    mail.start()
    write_configuration(folder, web.sockets[0].getsockname()[1], port)
    command = [*COMMAND, "--config", str(folder)]
    # Many new sources are spread over a quarter of an hour: a first reading of all comes before the daemon.
    await (await asyncio.create_subprocess_exec(*command, "once", "--all", stdout=subprocess.DEVNULL)).wait()
    newsroom.is_open = True
    daemon = await asyncio.create_subprocess_exec(*command, "run", stderr=subprocess.DEVNULL)
    newsroom.add()
    while not times.mailed:  # noqa: ASYNC110 - the mail server has a thread of its own; imports, first connections
        await asyncio.sleep(0.1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        newsroom.add()
        await asyncio.sleep(EVERY)
    await asyncio.sleep(SETTLE)
    status = await asyncio.create_subprocess_exec(*command, "status", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said = (await status.communicate())[0].decode()
    daemon.send_signal(signal.SIGTERM)
    await daemon.wait()
    web.close()
    mail.stop()
    return times, said


def find_percentile(values: list[float], percent: int) -> float:
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def main(seconds: float) -> None:
    with TemporaryDirectory() as name:
        times, said = asyncio.run(run(seconds, Path(name)))
    for one in (times.appeared, times.served, times.mailed):
        del one[0]
    missing = len(times.appeared) - len(times.mailed)
    delays = {
        "fetched to 250": [at - times.served[number] for number, at in times.mailed.items()],
        "appeared to 250, polled every second": [at - times.appeared[number] for number, at in times.mailed.items()],
    }
    print(f"{len(times.appeared)} items in {seconds:g} s, {missing} not mailed; seconds")
    result: dict[str, object] = {"benchmark": "latency", "items": len(times.appeared), "not_mailed": missing}
    for what, values in delays.items():
        half, most, worst = find_percentile(values, 50), find_percentile(values, 95), max(values)
        print(f"  {what:40} p50 {half:5.2f}   p95 {most:5.2f}   longest {worst:5.2f}")
        result[what] = [round(half, 3), round(most, 3), round(worst, 3)]
    print("  bar: p95 of fetched to 250 at most 5\n")
    print("\n".join(line for line in said.splitlines() if "%" in line or "delivered" in line))
    print(json.dumps(result))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 40)
