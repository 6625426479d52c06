"""Which share of the work a source and a recipient belong to: the same on every machine.

All sources of a registrable host are in one shard, so that one process keeps the pauses that the host is owed.
"""

from __future__ import annotations

import ipaddress
from functools import cache, lru_cache
from urllib.parse import urlsplit
from zlib import crc32

from publicsuffixlist import PublicSuffixList

from monitor.model import Source

# Whoever changes these numbers changes what shares mean: all workers must be stopped for that.
SHARDS = 64
BUCKETS = 16
SENDERS = 4
KINDS = {"poll": SHARDS, "digest": BUCKETS, "deliver": SENDERS}
LEAD = "lead"
ALL = (LEAD, *(f"{kind} {number}" for kind, numbers in KINDS.items() for number in range(numbers)))


def find_shard(source: Source) -> str:
    """The share that polls it; of what is no URL, the machine's own files, the id decides."""
    return f"poll {_spread(find_site(source.url) if source.url else source.id, SHARDS)}"


def find_bucket(recipient: str) -> str:
    """The share that decides on the digests of an address."""
    return f"digest {_spread(recipient, BUCKETS)}"


@lru_cache(maxsize=200_000)
def find_site(url: str) -> str:
    """The registrable host: bbc.co.uk of feeds.bbci.bbc.co.uk. An IP address is its own."""
    host = (urlsplit(url).hostname or url).lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _load_suffixes().privatesuffix(host) or host


@cache
def _load_suffixes() -> PublicSuffixList:
    """Without private suffixes: all blogs of a hoster are one host."""
    return PublicSuffixList(only_icann=True)


def _spread(key: str, numbers: int) -> int:
    return crc32(key.encode()) % numbers
