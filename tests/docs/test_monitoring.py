"""The alert rules of docs/monitoring, as promtool reads them and as they fire."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

ALERTS = Path(__file__).parent.parent.parent / "docs" / "monitoring" / "alerts.yaml"
CASES = """\
rule_files: [{alerts}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: marsad_build_info, values: 1x60}}
      - {{series: marsad_store_read_timestamp_seconds, values: 0+60x60}}
      - {{series: 'marsad_outbox_oldest_seconds{{channel="mail"}}', values: 1860x60}}
      - {{series: marsad_poll_overdue_seconds, values: 5x60}}
    alert_rule_test:
      - {{alertname: MarsadDown, eval_time: 30m, exp_alerts: []}}
      - {{alertname: MarsadNotPolling, eval_time: 30m, exp_alerts: []}}
      - alertname: MarsadMailWaits
        eval_time: 30m
        exp_alerts:
          - exp_labels: {{severity: critical, channel: mail}}
            exp_annotations:
              summary: Messages wait for channel mail since 31m 0s
              description: Run `marsad status` and `marsad outbox list`.
  - interval: 1m
    input_series: [{{series: something_else, values: 1x60}}]
    alert_rule_test:
      - alertname: MarsadDown
        eval_time: 30m
        exp_alerts:
          - exp_labels: {{severity: critical}}
            exp_annotations:
              summary: Marsad does not run, or cannot read its store
              description: Run `systemctl status marsad` and `marsad status` on the machine.
"""


@pytest.fixture
def promtool() -> str:
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if not found:
        pytest.skip(
            "needs promtool, of Debian's package prometheus (96 MB, which .ci/system-packages does not install)"
        )
    return found


def test_prometheus_understands_the_rules_and_they_fire_when_they_should(promtool: str, tmp_path: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(CASES.format(alerts=ALERTS), encoding="utf-8")
    for command in (["check", "rules", ALERTS], ["test", "rules", cases]):
        ran = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
