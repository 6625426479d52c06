"""The sweep asks every second what was polled in what is now the future; without an index it reads every source."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_poll_states_last_polled_at", "poll_states", ["last_polled_at"])
