"""Hands out metrics in Prometheus's text format: over HTTP on this machine, over a Unix socket, or as a file.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer, write_to_textfile

from monitor.errors import UserMustFix
from monitor.model.daemon import MetricsPlaces

HINT = "correct `metrics:` in marsad.yaml and reload"
READ_SECONDS = 10.0  # for one request: a client that says nothing is let go


class Exporter:
    """Servers and a file with what a registry holds. Not for the event loop: `publish` and `close` block."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._places = MetricsPlaces()
        self._servers: list[WSGIServer] = []
        self.port: int | None = None  # of the HTTP server: the one that it really has

    def publish(self, places: MetricsPlaces) -> None:
        """Serve at `places`, and write the file. Raises UserMustFix for a place that cannot be used."""
        if (places.listen, places.socket) != (self._places.listen, self._places.socket) or not self._servers:
            self.close()
            self._open(places)
            self._places = places
        if places.textfile is not None:
            self._write(places.textfile)

    def _open(self, places: MetricsPlaces) -> None:
        try:
            if places.listen is not None:
                server = self._serve(_open_port(places.listen, make_wsgi_app(self._registry)))
                self.port = server.server_port
            if places.socket is not None:
                self._serve(_open_socket(places.socket, make_wsgi_app(self._registry)))
        except OSError as error:
            self.close()
            wanted = ["{}:{}".format(*places.listen)] if places.listen else []
            wanted += [str(places.socket)] if places.socket else []
            what = f"metrics cannot be served at {' and '.join(wanted)}: {error.strerror or error}"
            raise UserMustFix(f"{what}; {HINT}") from error

    def _serve(self, server: WSGIServer) -> WSGIServer:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        self._servers.append(server)
        return server

    def _write(self, path: Path) -> None:
        """Replaced in one rename, so that a collector never reads half of it."""
        try:
            write_to_textfile(str(path), self._registry)
        except OSError as error:
            raise UserMustFix(f"metrics cannot be written to {path}: {error.strerror or error}; {HINT}") from error

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []
        if self._places.socket is not None:
            with suppress(OSError):
                self._places.socket.unlink()
        self._places, self.port = MetricsPlaces(), None


class _Handler(WSGIRequestHandler):
    timeout = READ_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests are not events of Marsad."""


class _SocketServer(socketserver.ThreadingMixIn, WSGIServer):
    address_family = socket.AF_UNIX
    daemon_threads = True

    def get_request(self) -> tuple[Any, Any]:
        """A client of a Unix socket has no address, and the handler wants one."""
        return self.socket.accept()[0], ("-", 0)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()


def _open_port(address: tuple[str, int], app: Callable[..., Any]) -> WSGIServer:
    host, port = address
    return make_server(host, port, app, ThreadingWSGIServer, handler_class=_Handler)


def _open_socket(path: Path, app: Callable[..., Any]) -> WSGIServer:
    with suppress(FileNotFoundError):
        path.unlink()  # of a daemon that was killed; the state lock lets one daemon alone be here
    server = _SocketServer(str(path), _Handler)  # type: ignore[arg-type]
    server.set_app(app)
    os.chmod(path, 0o660)  # noqa: PTH101 - its owner and group, such as the collector's
    return server
