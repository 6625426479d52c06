"""Quoted names from a feed to the mail, on the system's own Python as well: 3.11.2 once crashed at every poll of them."""

from __future__ import annotations

import email
import email.policy
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

ROOT = Path(__file__).parent.parent.parent
SYSTEM = Path("/usr/bin/python3")
HERE = {"python": Path(sys.executable), "libraries": ""}
VERSION = "import platform; print(platform.python_version())"
DIGESTS = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
HEADLINES = (
    "Minister says &quot;no&quot; to &quot;Putin&quot;",
    "‘Putin’s’ envoy: 'no' to Putin'",
    'السفير: "بوتين" قال "لا"',
    "Посол: «Путин» сказал «нет»",
)
ITEM = "<item><guid>{n}</guid><title>{headline}</title><description>{summary}</description></item>"
SUMMARY = '&lt;p class="lead" data-x=1&gt;He said "no", \'twice\'.&lt;/p&gt;'


def list_installations() -> Iterator[Any]:
    """This one; and the system's Python, with our libraries where they fit it, or with its own from `make check-system`."""
    yield pytest.param(HERE, id=f"python-{platform.python_version()}")
    version = ask_version(SYSTEM)
    if version == platform.python_version():
        return
    own = ROOT / ".venv-system" / "bin" / "python"
    if version.rpartition(".")[0] == platform.python_version().rpartition(".")[0]:
        yield pytest.param(
            {"python": SYSTEM, "libraries": Path(structlog.__file__).parent.parent}, id=f"system-{version}"
        )
    elif own.exists():
        yield pytest.param({"python": own, "libraries": ""}, id=f"system-{version}")
    elif version:
        why = f"the system's Python {version} needs an installation of its own: make check-system"
        yield pytest.param({}, id=f"system-{version}", marks=pytest.mark.skip(reason=why))


def ask_version(python: Path) -> str:
    """Its full version, or nothing where there is none."""
    if not python.exists():
        return ""
    return subprocess.run([python, "-I", "-c", VERSION], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("installation", [*list_installations()])
def test_quoted_names_are_polled_matched_and_mailed(installation: dict[str, Any], desk: Any) -> None:
    items = "".join(ITEM.format(n=n, headline=headline, summary=SUMMARY) for n, headline in enumerate(HEADLINES))
    desk.configure("{type: maildir, path: mail}", DIGESTS)
    desk.write("articles/wire.xml", f'<rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [installation["python"], "-m", "monitor", "--config", desk.folder, "once", "--all"],
        env=environment | {"PYTHONPATH": f"{ROOT}{os.pathsep}{installation['libraries']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = (desk.folder / "mail" / "new").iterdir()
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert "Kremlin" in mail["Subject"]
    [text] = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain"]
    for headline in HEADLINES:
        assert headline.replace("&quot;", '"') in text
    assert "He said \"no\", 'twice'." in text
