"""Logs events named `stage.verb` with fields: to the journal with its priorities, to a terminal for people.

The standard library's loggers (APScheduler's, Alembic's) go the same way: every line has a priority and one shape.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from monitor.ops import journal_socket
from monitor.ops.tracebacks import TracebackLimit
from monitor.text.urls import mask_text

# sd-daemon(3): the journal reads a line's priority from its prefix.
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
REDACTED = "[redacted]"
_SECRET_KEY = re.compile(r"passw|secret|token|authorization|credential|api_?key", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(\w://[^/\s:@]*:)[^/\s@]+(?=@)")  # of a database's URL too
# Shown as the pictures of U+2400: a line feed as ␊.
_CONTROLS = {code: 0x2400 + code for code in range(32)} | {127: 0x2421} | dict.fromkeys(range(128, 160), 0xFFFD)
Event = MutableMapping[str, Any]


def configure_logging(*, verbose: bool, json: bool) -> None:
    """Send structlog and the standard library's loggers to stderr, or with fields to the journal.

    `json` writes one object a line.
    """
    journal = _is_journal()
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_make_formatter(journal=journal, json=json, prefixed=journal))
    if journal and not json and journal_socket.SOCKET.exists():
        handler = journal_socket.JournalHandler(_list_fields, otherwise=handler)
        handler.setFormatter(_make_formatter(journal=True, json=False, prefixed=False))
    _install(handler, verbose=verbose)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            TracebackLimit(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=_make_logger,
        cache_logger_on_first_use=False,
    )


def _make_formatter(*, journal: bool, json: bool, prefixed: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _clean_event,
            *([] if journal else [structlog.processors.TimeStamper(fmt="iso", utc=True)]),
            *_make_renderers(journal=journal, json=json),
            _redact_urls,
            *([_prefix_priority] if prefixed else []),
        ],
    )


def _install(handler: logging.Handler, *, verbose: bool) -> None:
    """One handler on the root logger, in place of the one of an earlier call."""
    root = logging.getLogger()
    ours = structlog.stdlib.ProcessorFormatter
    others = [other for other in root.handlers if not isinstance(other.formatter, ours)]
    root.handlers = [*others, handler]
    # APScheduler and others say what matters at WARNING; their INFO is one line per job run.
    root.setLevel(logging.DEBUG if verbose else logging.WARNING)
    logging.getLogger("monitor").setLevel(logging.DEBUG if verbose else logging.INFO)


def _make_logger(*_names: Any) -> logging.Logger:
    return logging.getLogger("monitor")


def _is_journal() -> bool:
    """Whether stderr is the journal: systemd.exec(5) has us compare device and inode, since children inherit it."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _make_renderers(*, journal: bool, json: bool) -> list[Any]:
    """Exceptions are rendered without the values of local variables, among which a secret may be."""
    if json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    if journal:
        return [structlog.processors.format_exc_info, _render_entry]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _list_fields(record: logging.LogRecord) -> dict[str, str]:
    """What the journal gets beside the message: the priority, and an event's name and fields, each as text."""
    fields = {"PRIORITY": str(PRIORITIES.get(record.levelname.lower(), 6))}
    if not isinstance(record.msg, Mapping):
        return fields
    event = _clean_event(None, "", {key: value for key, value in record.msg.items() if key != "exc_info"})
    name = str(event.pop("event"))
    fields |= {"MARSAD_EVENT": name, "MESSAGE_ID": journal_socket.make_message_id(name)}
    told = {key: value for key, value in event.items() if value is not None and not key.startswith("_")}
    return fields | {
        journal_socket.name_field(key): mask_text(_URL_PASSWORD.sub(rf"\1{REDACTED}", str(value)))
        for key, value in told.items()
        if key != "level"
    }


def _render_entry(logger: Any, method: str, event: Event) -> str:
    """The event, its fields, and a traceback on lines of its own. The journal knows time and priority itself."""
    traceback, name = event.pop("exception", ""), event.pop("event")
    del event["level"]
    fields = {key: value if isinstance(value, (str, int, float)) else str(value) for key, value in event.items()}
    rendered = structlog.processors.LogfmtRenderer(bool_as_flag=False)(logger, method, fields)
    return "\n".join(filter(None, (f"{name} {rendered}".rstrip(), traceback)))


def _clean_event(_logger: Any, _method: str, event: Event) -> Event:
    """No secrets, no control characters: what a feed or a mail server wrote must not forge lines or drive terminals."""
    exception = event.pop("exc_info", None)
    cleaned = {key: _clean(key, value) for key, value in event.items()}
    return {**cleaned, **({"exc_info": exception} if exception else {})}


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key) and value is not None:
        return REDACTED
    if isinstance(value, str):
        return value.translate(_CONTROLS).encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {name: _clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", inner) for inner in value]
    return value


def _redact_urls(_logger: Any, _method: str, line: Any) -> str:
    return mask_text(_URL_PASSWORD.sub(rf"\1{REDACTED}", line))


def _prefix_priority(_logger: Any, method: str, line: Any) -> str:
    """One journal entry per line: a traceback's further lines keep the priority of the first."""
    prefix = f"<{PRIORITIES.get(method, 6)}>"
    return "\n".join(prefix + part for part in line.splitlines())
