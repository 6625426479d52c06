"""Whether the next poll of a source remembers all that it lists and reports none of it: the store was restored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll_states", sa.Column("is_resumed", sa.Boolean, nullable=False, server_default=sa.false()))
