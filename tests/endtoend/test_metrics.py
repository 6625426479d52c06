"""A daemon that Prometheus reads: what it did is counted, and a metrics port that is taken is in `status`."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from waiting import PATIENCE_SECONDS

DIGEST = "digests:\n  now: {to: [desk@example.org], schedule: immediate, group_wait: 0s}\n"
MONITORING = Path("docs/monitoring")


def read_metrics(port: int) -> dict[str, float]:
    """By name and the values of the labels; nothing as long as nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_SECONDS) as answer:
            text = answer.read().decode()
    except URLError:
        return {}
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return {" ".join([one.name, *one.labels.values()]): one.value for one in samples}


def test_what_the_daemon_does_is_counted_and_the_dashboard_asks_for_nothing_else(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None], free_port: Any, root: Path
) -> None:
    port = free_port()
    desk.configure(smtp, DIGEST)
    known = (desk.folder / "marsad.yaml").read_text("utf-8")
    desk.write("marsad.yaml", f"{known}metrics: {{listen: '127.0.0.1:{port}', textfile: marsad.prom}}\n")
    daemon = desk.start()
    desk.write("articles/call.txt", article)
    mailbox.wait_for(1)
    until(lambda: read_metrics(port).get("marsad_deliveries_total mail sent") == 1, "the delivery to be counted")
    until(lambda: read_metrics(port).get("marsad_outbox_messages sent") == 1, "the store to be read again")
    found = read_metrics(port)
    counts = {name: found[name] for name in ("marsad_articles_total", "marsad_matches_total", "marsad_sources ok")}
    assert counts == {"marsad_articles_total": 1, "marsad_matches_total": 2, "marsad_sources ok": 1}
    assert found["marsad_polls_total ok"] >= 1
    assert found["marsad_poll_seconds_count"] >= 1
    assert found["marsad_match_seconds_count"] == 1
    assert found["marsad_loop_lag_seconds_count"] >= 1
    assert "marsad_stories_total" in (desk.folder / "marsad.prom").read_text("utf-8")
    assert desk.stop(daemon) == 0
    asked = "".join(path.read_text("utf-8") for path in (root / MONITORING).iterdir())
    names = {re.sub("_bucket$", "_count", name) for name in re.findall(r"marsad_[a-z_]+", asked)}
    told = {name.split()[0] for name in found} | {"marsad_outbox_waiting", "marsad_outbox_oldest_seconds"}
    assert names - told - {"marsad_faults", "marsad_suppressed_total", "marsad_pages_total"} == set()
    json.loads((root / MONITORING / "grafana.json").read_bytes())


def test_a_port_that_is_taken_is_in_status_and_the_rest_goes_on(
    desk: Any, mailbox: Any, smtp: str, article: str, until: Callable[..., None]
) -> None:
    desk.configure(smtp, DIGEST)
    known = (desk.folder / "marsad.yaml").read_text("utf-8")
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        desk.write("marsad.yaml", f"{known}metrics: {{listen: '127.0.0.1:{port}'}}\n")
        daemon = desk.start()
        desk.write("articles/call.txt", article)
        mailbox.wait_for(1)
        until(lambda: "measuring" in desk.run("status").stdout, "status to name what fails")
        status = desk.run("status")
        assert status.returncode == 1
        assert f"metrics cannot be served at 127.0.0.1:{port}: Address already in use" in status.stdout
        assert desk.stop(daemon) == 0
        assert "Traceback" not in desk.read_log()  # the sentence says it all
