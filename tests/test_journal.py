"""The journal says a failure once, not once for each piece of news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from structlog.testing import capture_logs

from monitor.journal import DeliveryLog, PollLog
from monitor.model import ChannelName, DigestName, OutboxState, Source, SourceId
from monitor.pipeline.attempt import DeliverOutcome
from monitor.pipeline.poll import PollOutcome

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
    assert list_levels(REFUSED, full, SENT, full) == ["error", "error", "info", "info", "error"]


def test_a_defect_is_told_with_its_traceback_each_time() -> None:
    defect = replace(REFUSED, error=ValueError("x"))
    assert list_levels(defect, defect) == ["error", "error"]


def test_a_source_that_goes_on_failing_has_one_line_and_one_when_it_works_again() -> None:
    source = Source(id=SourceId("wire"), url="https://wire.example/feed")
    failed = PollOutcome(source=source, error="HTTP 503")
    limping = PollOutcome(source=source, documents=1, problems=("item 3: no link",))
    read = PollOutcome(source=source, documents=1)
    later = PollOutcome(source=source, waits_until=datetime(2026, 3, 1, tzinfo=UTC))
    write = PollLog()
    with capture_logs() as lines:
        for outcome in (read, failed, failed, later, failed, limping, limping, read, read):
            write(outcome)
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("poll.problem", "warning"),
        ("poll.problem", "debug"),
        ("poll.problem", "debug"),
        ("poll.problem", "warning"),
        ("poll.problem", "debug"),
        ("poll.recovered", "info"),
    ]
    assert lines[-1]["before"] == "item 3: no link"


def test_a_recipient_who_gets_mail_again_has_a_line() -> None:
    write = DeliveryLog()
    with capture_logs() as lines:
        for outcome in (REFUSED, SENT, SENT):
            write(outcome)
    assert [line["event"] for line in lines] == ["deliver.failed", "deliver.recovered", "deliver.done", "deliver.done"]
