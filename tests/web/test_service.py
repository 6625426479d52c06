"""The console as a process: how it starts, what it says, how it ends; and its command."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS, until

from monitor.__main__ import main
from monitor.ops.passwords import hash_password, verify_password
from monitor.settings.load import load_settings

STARTER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-m", "monitor.web", *sys.argv[2:]])
"""


@contextmanager
def run(*words: str, pass_fds: tuple[int, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE, text=True, pass_fds=pass_fds)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)


def wait_for(process: subprocess.Popen[str], word: str) -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if word in line:
            return line
    raise AssertionError("".join(said))


def ask(line: socket.socket) -> str:
    line.settimeout(PATIENCE_SECONDS)
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    return b"".join(iter(lambda: line.recv(4096), b"")).decode()


def test_a_socket_that_systemd_hands_over_is_answered(small, tmp_path: Path) -> None:
    folder, _ = small
    place = str(tmp_path / "console.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        handed = listening.fileno()
        with run("-c", STARTER, str(handed), "--config", str(folder), pass_fds=(handed,)) as process:
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(place)  # the kernel keeps it until the console is there
                assert ask(line).endswith("ok\n")
            assert place in wait_for(process, "console:")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen", "0.0.0.0:8642"], "nobody would have to log in"),
        (["--listen", "example.org:80"], "is a name, not an address"),
        (["--listen", "nothing"], "is not an address with a port"),
    ],
)
def test_a_place_that_others_reach_or_that_is_none_is_refused(small, words: list[str], said: str) -> None:
    command = [sys.executable, "-m", "monitor", "--config", str(small[0]), "console", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_broken_configuration_is_told_as_check_tells_it(tmp_path: Path) -> None:
    (tmp_path / "marsad.yaml").write_text("config: 1\nchanels: {}\n")
    command = [sys.executable, "-m", "monitor.web", "--config", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == 2
    assert "marsad.yaml:2:1" in done.stderr
    assert "channels" in done.stderr


def test_an_edited_rule_is_shown_without_a_restart(start_console, small) -> None:
    folder, snapshot = small
    rules = folder / "rules" / "kremlin.yaml"
    before = rules.read_text()
    with start_console(folder, snapshot) as console:
        assert "Kremlin" in console.get("/rules").text
        console.desk.configuration._looked_at = float("-inf")
        rules.write_text(before.replace("title: Kremlin", "title: Smolny"))
        try:
            until(lambda: "Smolny" in console.get("/rules").text, "the new title")
        finally:
            rules.write_text(before)


def test_the_process_has_neither_the_engine_nor_the_reader_of_the_configuration() -> None:
    """They take 100 MB, which would stay; performance.md says what it has."""
    program = "import sys, monitor.web.__main__; print([one for one in sys.argv[1:] if one in sys.modules])"
    heavy = ["numpy", "rapidfuzz", "pydantic", "ruamel.yaml", "lxml", "monitor.app", "monitor.names.engine"]
    done = subprocess.run([sys.executable, "-c", program, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_password_is_known_by_its_hash_alone() -> None:
    kept = hash_password("correct horse battery")
    assert "correct" not in kept
    assert verify_password("correct horse battery", kept)
    assert not verify_password("correct horse batter", kept)
    assert not verify_password("correct horse battery", None)
    assert hash_password("correct horse battery") != kept


def test_the_command_makes_lines_that_the_configuration_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "correct horse battery")
    monkeypatch.setattr(sys, "argv", ["marsad", "console", "password", "sami"])
    with pytest.raises(SystemExit) as done:
        main()
    assert not done.value.code
    lines = capsys.readouterr().out
    (tmp_path / "marsad.yaml").write_text(
        f"config: 1\nchannels: {{box: {{type: console}}}}\n{lines}  listen: 0.0.0.0:8642\n"
    )
    settings = load_settings(tmp_path, packs=tmp_path).settings
    assert settings is not None
    assert verify_password("correct horse battery", settings.console.passwords["sami"])


def test_a_short_password_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "short")
    monkeypatch.setattr(sys, "argv", ["marsad", "console", "password", "sami"])
    assert main() == 2
    assert "use 12 or more" in capsys.readouterr().err


def test_the_units_of_the_console_fit_it(root: Path) -> None:
    service = (root / "systemd" / "marsad-console.service").read_text()
    opened = (root / "systemd" / "marsad-console.socket").read_text()
    assert "ExecStart=/usr/local/bin/marsad console\n" in service
    assert "SocketMode=0660" in opened
    assert "\nPrivateUsers=" not in service  # else SO_PEERCRED could not name who connects
    assert opened.partition("ListenStream=")[2].split()[0].endswith("/console.sock")
