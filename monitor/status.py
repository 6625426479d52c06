"""What `marsad status` and the console's page of it ask: the store, the state directory, the configuration in force."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime

from monitor.ops.statefile import read_daemon_state
from monitor.ops.statelock import find_holder
from monitor.pipeline.unhurried import list_unhurried
from monitor.queries.status import Installation, Status, StatusPorts, read_status
from monitor.settings.model import Settings
from monitor.store.open import Store


async def find_status(
    settings: Settings, store: Store, now: datetime, *, has_fallback: bool, held_rules: Sequence[str]
) -> Status:
    """`has_fallback` and `held_rules` say which last good versions are in force. Raises StoreUnavailable."""
    ports = StatusPorts(
        archive=store.archive,
        faults=store.faults,
        recipients=store.recipients,
        silences=store.silences,
        earlier=store.earlier,
        feedback=store.feedback if settings.feedback else None,
    )
    installation = Installation(
        state=settings.state,
        free_bytes=shutil.disk_usage(settings.state).free,
        daemon=read_daemon_state(settings.state),
        is_running=find_holder(settings.state) is not None,
        has_fallback=has_fallback,
        held_rules=held_rules,
        digests=settings.digests,
        unhurried=list_unhurried(settings.digests, now),
    )
    return await read_status(settings.sources, settings.watchlist, ports, installation, now)
