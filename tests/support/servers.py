"""Servers for tests, on ports that no other program takes in the meantime."""

from __future__ import annotations

import os
import socket
from itertools import count
from typing import Any

from aiosmtpd.controller import Controller
from waiting import PATIENCE_SECONDS


def find_free_port() -> int:
    """A port for a server that cannot choose one: below those that the kernel gives away, and another in each process."""
    for port in count(15_000 + os.getpid() % 10_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError


class PostOffice(Controller):
    """aiosmtpd in a thread of its own, on a port that the kernel chooses; its start has no short time limit."""

    def __init__(self, handler: object, *, port: int = 0, **options: Any) -> None:
        """On a `port` of `find_free_port` where a server is to come up later."""
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE_SECONDS, **options)

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()
