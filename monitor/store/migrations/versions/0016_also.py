"""Digests that report what other digests of the same recipient report too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("also", sa.Boolean, nullable=False, server_default=sa.false()))
