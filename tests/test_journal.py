"""The journal says a failure once, not once for each piece of news."""

from __future__ import annotations

from dataclasses import replace

from structlog.testing import capture_logs

from monitor.journal import DeliveryLog
from monitor.model import ChannelName, DigestName, OutboxState
from monitor.pipeline.attempt import DeliverOutcome

REFUSED = DeliverOutcome(
    digest=DigestName("now"),
    recipient="gone@example.org",
    channel=ChannelName("mail"),
    state=OutboxState.FAILED,
    reply="550 5.1.1 no such user (id 1f3a)",
)
SENT = replace(REFUSED, state=OutboxState.SENT, reply="250 OK")
SAMI = replace(REFUSED, recipient="sami@example.org")


def list_levels(*outcomes: DeliverOutcome) -> list[str]:
    write = DeliveryLog()
    with capture_logs() as lines:
        for outcome in outcomes:
            write(outcome)
    return [line["log_level"] for line in lines]


def test_an_address_that_goes_on_being_refused_has_one_error() -> None:
    again = replace(REFUSED, digest=DigestName("morning"), reply="550 5.1.1 no such user (id 77c0)")
    assert list_levels(REFUSED, again, REFUSED) == ["error", "debug", "debug"]


def test_each_recipient_has_an_error_of_its_own() -> None:
    assert list_levels(REFUSED, SAMI, REFUSED, SAMI) == ["error", "error", "debug", "debug"]


def test_another_answer_and_a_failure_after_a_success_are_news() -> None:
    full = replace(REFUSED, reply="452 4.2.2 mailbox full")
    assert list_levels(REFUSED, full, SENT, full) == ["error", "error", "info", "error"]


def test_a_defect_is_told_with_its_traceback_each_time() -> None:
    defect = replace(REFUSED, error=ValueError("x"))
    assert list_levels(defect, defect) == ["error", "error"]
