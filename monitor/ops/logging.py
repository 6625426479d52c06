"""Logs events named `stage.verb` with fields: to the journal with its priorities, to a terminal for people."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# sd-daemon(3): the journal reads a line's priority from this prefix.
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2, "exception": 3}
SECRET_FIELDS = {"password", "secret", "token", "authorization"}


def configure_logging(*, verbose: bool, json: bool) -> None:
    """Send structlog and the standard library's loggers to stderr. `json` writes one object a line."""
    journal = "JOURNAL_STREAM" in os.environ
    level = logging.DEBUG if verbose else logging.INFO
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not journal)
    if json:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    elif journal:
        renderer = structlog.processors.KeyValueRenderer(key_order=["event"], sort_keys=False)
    processors: list[Any] = [
        structlog.processors.add_log_level,
        _redact,
        structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
        if json
        else structlog.processors.format_exc_info,
        *([] if journal else [structlog.processors.TimeStamper(fmt="iso", utc=True)]),
        renderer,
        *([_prefix_priority] if journal and not json else []),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # APScheduler and others say what matters at WARNING; their INFO is one line per job run.
    logging.basicConfig(
        stream=sys.stderr, level=logging.DEBUG if verbose else logging.WARNING, format="%(name)s: %(message)s"
    )


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in SECRET_FIELDS & event.keys():
        event[name] = "[redacted]"
    return event


def _prefix_priority(_logger: Any, method: str, line: Any) -> str:
    """One journal entry per line: a traceback's further lines keep the priority of the first."""
    prefix = f"<{PRIORITIES.get(method, 6)}>"
    return "\n".join(prefix + part for part in str(line).splitlines())
