"""Several workers on one PostgreSQL store: each has a share of the sources, the digests and the outbox at a time."""
