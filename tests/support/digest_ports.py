"""The ports of the digest stage over a real store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from monitor.digests.model import DigestPlan
from monitor.model import Digest, Part, Source, SourceId
from monitor.pipeline.digest import DigestPorts
from monitor.pipeline.grouping import Grouping
from monitor.store.open import Store


def make_digest_ports(
    store: Store,
    render: Callable[[Digest, DigestPlan], Awaitable[tuple[Part, ...]]],
    sources: Mapping[SourceId, Source] | None = None,
) -> DigestPorts:
    return DigestPorts(
        store=store.digests,
        stories=store.stories,
        signals=store.signals,
        grouping=Grouping(store.groups, store.stories, sources or {}),
        store_id=store.id,
        render=render,
    )
