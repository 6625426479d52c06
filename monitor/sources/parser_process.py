"""The process that reads what strangers wrote: no feed holds up the event loop, however it is written."""

from __future__ import annotations

from monitor.child_process import ChildProcess, WorkFailure
from monitor.errors import ParseError
from monitor.model import Document, Feed, Source

DEADLINE_SECONDS = 2.0


class ParserProcess(ChildProcess):
    """ports.Parser for documents from the web; also runs any other pure function over what strangers wrote."""

    module = "monitor.feeds.parse"
    refusal = ParseError
    sentences = {  # noqa: RUF012 - a ClassVar of the class above
        WorkFailure.RAISED: "it cannot be read ({})",
        WorkFailure.MEMORY: "reading it needs more than {} MB of memory",
        WorkFailure.LATE: "reading it took more than {} s, and was stopped",
        WorkFailure.BROKEN: "the parser process ended while it read it (exit {})",
        WorkFailure.START: "the parser process did not start (exit {})",
    }

    def __init__(self, *, deadline: float = DEADLINE_SECONDS) -> None:
        super().__init__(deadline=deadline)

    async def parse(self, source: Source, document: Document, seen: bytes = b"") -> Feed:
        return await self.run(parse_document, source, document, seen)


def parse_document(source: Source, document: Document, seen: bytes) -> Feed:
    """In the process alone: the daemon does not import what reads feeds, 30 MB of it."""
    from monitor.feeds.parse import parse_document

    return parse_document(source, document, seen)
