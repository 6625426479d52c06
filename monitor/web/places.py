"""Where the console listens: a socket that systemd hands over, a Unix socket, or an address of a port."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from monitor.errors import UserMustFix
from monitor.model.console import PORT, ConsoleSettings
from monitor.settings.console import find_open_door

FIRST_DESCRIPTOR = 3  # sd_listen_fds(3)
BACKLOG = 64
SOCKET_MODE = 0o660  # its owner and group


def take_sockets() -> list[socket.socket]:
    """Those that systemd hands to this process; none where it was started otherwise."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    number = int(os.environ.get("LISTEN_FDS", "0"))
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    return [socket.socket(fileno=FIRST_DESCRIPTOR + at) for at in range(number)]


def check_door(settings: ConsoleSettings, sockets: list[socket.socket]) -> None:
    """Raises UserMustFix where other machines would reach it, and nobody would have to log in."""
    has_login = bool(settings.passwords or settings.proxy)
    ports = [one.getsockname()[:2] for one in sockets if one.family != socket.AF_UNIX]
    for host, port in ports or ([settings.listen] if not sockets and settings.socket is None else []):
        if wrong := find_open_door((host, port), has_login=has_login):
            raise UserMustFix(f"console: {wrong.what}; expected {wrong.expected}; {wrong.hint}")


def open_socket(settings: ConsoleSettings) -> socket.socket:
    """As `console:` says. Raises UserMustFix where it cannot be used."""
    try:
        return _open_unix(settings.socket) if settings.socket else _open_port(*settings.listen)
    except OSError as error:
        place = settings.socket or "{}:{}".format(*settings.listen)
        raise UserMustFix(
            f"the console cannot listen at {place}: {error.strerror or error}; `console.listen` in marsad.yaml, or "
            "--listen, names another place"
        ) from error


def _open_unix(path: Path) -> socket.socket:
    with suppress(FileNotFoundError, ConnectionRefusedError), socket.socket(socket.AF_UNIX) as trial:
        trial.connect(str(path))
        raise UserMustFix(f"another console listens at {path}")
    path.unlink(missing_ok=True)  # of one that was killed
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o777 ^ SOCKET_MODE)
    try:
        made.bind(str(path))
    finally:
        os.umask(before)
    made.listen(BACKLOG)
    return made


def _open_port(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(BACKLOG)
    return made


def name_place(listening: socket.socket) -> str:
    """For people: what to open."""
    if listening.family == socket.AF_UNIX:
        path = listening.getsockname()
        return f"{path} (a Unix socket; from another machine: ssh -L {PORT}:{path} HOST, then http://localhost:{PORT}/)"
    host, port, *_ = listening.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
