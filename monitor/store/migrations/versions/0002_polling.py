"""What adaptive polling of the web remembers of a source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("configured_url", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("moved_to", sa.Text),
        sa.Column("moved_at", sa.BigInteger),
        sa.Column("moved_polls", sa.Integer, nullable=False, server_default="0"),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("disabled", sa.Text),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("audited_at", sa.BigInteger),
        sa.Column("has_broken_validators", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("has_answered_304", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("arrivals", sa.Float, nullable=False, server_default="0"),
        sa.Column("arrivals_since", sa.BigInteger),
        sa.Column("last_arrival_at", sa.BigInteger),
        sa.Column("halvings", sa.Integer, nullable=False, server_default="0"),
        sa.Column("possible_gap_at", sa.BigInteger),
        sa.Column("ttl", sa.BigInteger),
        sa.Column("has_unstable_guids", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("seen_items", sa.LargeBinary),
    ):
        op.add_column("poll_states", column)
