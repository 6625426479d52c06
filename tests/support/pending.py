"""What waits for a recipient, with its text: the list itself leaves that out."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import RecordedMatch, Subscription
from monitor.store.open import Store


async def read_pending(store: Store, subscription: Subscription) -> Sequence[RecordedMatch]:
    """Every match that the subscription has not been told of, whole."""
    listed = (await store.digests.list_pending(subscription)).records
    return await store.digests.read_matches([record.seq for record in listed])
