"""A traceback that repeats is shown three times an hour, and its error always."""

from __future__ import annotations

from typing import Any

from monitor.ops.tracebacks import SECONDS, SHOWN, TracebackLimit


class Watch:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def fail(what: str) -> Exception:
    try:
        int(what)
    except ValueError as error:
        return error
    raise AssertionError(what)


def fail_elsewhere() -> Exception:
    try:
        {}["x"]
    except KeyError as error:
        return error
    raise AssertionError


def shows(limit: TracebackLimit, error: Any) -> bool:
    return "exc_info" in limit(None, "error", {"event": "poll.defect", "exc_info": error})


def test_the_fourth_in_an_hour_is_left_out_and_says_so() -> None:
    watch = Watch()
    limit = TracebackLimit(watch)
    assert [shows(limit, fail(f"x{number}")) for number in range(SHOWN + 2)] == [True] * SHOWN + [False] * 2
    assert shows(limit, fail_elsewhere())
    said = limit(None, "error", {"event": "poll.defect", "exc_info": fail("once more")})
    assert said == {
        "event": "poll.defect",
        "error": "ValueError: invalid literal for int() with base 10: 'once more'",
        "traceback": "left out: shown 3 times within an hour",
    }
    watch.at = SECONDS + 1
    assert shows(limit, fail("later"))


def test_each_way_to_give_an_error_counts() -> None:
    limit = TracebackLimit(Watch())
    error = fail("x")
    for given in (error, (ValueError, error, error.__traceback__), error):
        assert shows(limit, given)
    try:
        int("y")
    except ValueError:
        assert shows(limit, True)
    assert limit(None, "info", {"event": "x", "exc_info": None}) == {"event": "x", "exc_info": None}
    assert limit(None, "info", {"event": "x"}) == {"event": "x"}
