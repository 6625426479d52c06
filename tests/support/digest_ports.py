"""The ports of the digest stage over a real store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from monitor.digests.model import DigestPlan, Immediate
from monitor.model import Digest, Part, Source, SourceId
from monitor.pipeline.digest import DigestPorts
from monitor.pipeline.grouping import Grouping
from monitor.store.open import Store

AT_ONCE = Immediate(group_wait=timedelta(0), group_interval=timedelta(0), max_per_hour=1000)


def make_digest_ports(
    store: Store,
    render: Callable[[Digest, DigestPlan], Awaitable[tuple[Part, ...]]],
    sources: Mapping[SourceId, Source] | None = None,
) -> DigestPorts:
    return DigestPorts(
        store=store.digests,
        stories=store.stories,
        signals=store.signals,
        silences=store.silences,
        earlier=store.earlier,
        grouping=Grouping(store.groups, store.stories, sources or {}),
        store_id=store.id,
        render=render,
    )
