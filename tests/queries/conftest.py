"""A real store in a temporary folder, and what queries are asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.model import DigestId, Message, Source, SourceId
from monitor.model.outbox import ChannelName
from monitor.store.open import Store, open_store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite", state=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def wire() -> Source:
    return Source(id=SourceId("wire"), url="https://example.org/rss", tags=frozenset({"القوقاز"}))


@pytest.fixture
def make_message():
    """A message to sami by the channel `mail`."""

    def make(name: str, channel: str = "mail") -> Message:
        return Message(
            id=DigestId(name),
            message_id=f"<{name}@example.org>",
            channel=ChannelName(channel),
            sender="marsad@example.org",
            recipient="sami@example.org",
            content=b"Subject: x\r\n\r\n",
        )

    return make
