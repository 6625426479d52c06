"""Metrics as Prometheus reads them: over HTTP, over a Unix socket, from a file; and what is said where that fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families
from waiting import PATIENCE_SECONDS

from monitor.errors import UserMustFix
from monitor.model.daemon import MetricsPlaces
from monitor.ops.exporter import Exporter

ANY_PORT = ("127.0.0.1", 0)


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    registry = CollectorRegistry()
    Counter("marsad_polls", "Polls.", ["source"], registry=registry).labels("قره باغ").inc(3)
    exporter = Exporter(registry)
    yield exporter
    exporter.close()


def read_samples(text: str) -> dict[str, float]:
    families = text_string_to_metric_families(text)
    return {f"{one.name} {one.labels.get('source')}": one.value for family in families for one in family.samples}


def read_port(exporter: Exporter) -> str:
    with urlopen(f"http://127.0.0.1:{exporter.port}/metrics", timeout=PATIENCE_SECONDS) as answer:
        return answer.read().decode()


def test_over_http_on_this_machine(exporter: Exporter) -> None:
    exporter.publish(MetricsPlaces(listen=ANY_PORT))
    assert read_samples(read_port(exporter))["marsad_polls_total قره باغ"] == 3


def test_over_a_unix_socket_that_its_group_may_use(exporter: Exporter, tmp_path: Path) -> None:
    path = tmp_path / "m.sock"
    path.touch()  # of a daemon that was killed
    exporter.publish(MetricsPlaces(socket=path))
    assert path.stat().st_mode & 0o777 == 0o660
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.connect(str(path))
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.0 200 OK")
    assert read_samples(answer.partition("\r\n\r\n")[2])["marsad_polls_total قره باغ"] == 3
    exporter.close()
    assert not path.exists()


def test_as_a_file_for_the_node_exporter(exporter: Exporter, tmp_path: Path) -> None:
    exporter.publish(MetricsPlaces(textfile=tmp_path / "marsad.prom"))
    assert read_samples((tmp_path / "marsad.prom").read_text(encoding="utf-8"))["marsad_polls_total قره باغ"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["marsad.prom"]


def test_a_reload_moves_it_and_the_same_place_stays_open(exporter: Exporter, tmp_path: Path) -> None:
    exporter.publish(MetricsPlaces(listen=ANY_PORT))
    port = exporter.port
    exporter.publish(MetricsPlaces(listen=ANY_PORT, textfile=tmp_path / "marsad.prom"))
    assert exporter.port == port
    exporter.publish(MetricsPlaces(textfile=tmp_path / "marsad.prom"))
    assert exporter.port is None
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_SECONDS)


def test_a_port_that_is_taken_is_named_with_what_to_do(exporter: Exporter) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserMustFix, match=rf"127\.0\.0\.1:{port}: Address already in use; correct `metrics:`"):
            exporter.publish(MetricsPlaces(listen=("127.0.0.1", port)))
    exporter.publish(MetricsPlaces(listen=("127.0.0.1", port)))
    assert exporter.port == port


def test_a_folder_that_is_not_there_is_named(exporter: Exporter, tmp_path: Path) -> None:
    for places in (MetricsPlaces(textfile=tmp_path / "none/m.prom"), MetricsPlaces(socket=tmp_path / "none/m.sock")):
        with pytest.raises(UserMustFix, match=r"none/m\.(prom|sock): .*No such file or directory; correct `metrics:`"):
            exporter.publish(places)
