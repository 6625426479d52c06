"""What articles are recognised by, and the earliest date that each source ever listed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("guid", "page", "headline", "text", "published_at"):
        op.add_column("seen_keys", sa.Column(name, sa.BigInteger))
    op.add_column("seen_keys", sa.Column("is_shared", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("poll_states", sa.Column("oldest_listed_at", sa.BigInteger))
    for name in ("has_former_keys", "has_former_listing"):
        op.add_column("poll_states", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute(
        "UPDATE poll_states SET oldest_listed_at = oldest.published_at FROM "
        "(SELECT source, min(published_at) AS published_at FROM articles GROUP BY source) AS oldest "
        "WHERE oldest.source = poll_states.source"
    )
