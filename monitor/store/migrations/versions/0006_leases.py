"""Who polls a source at present, and a number that tells whether a row is still what it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("poll_states", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("poll_states", sa.Column("leased_by", sa.Text))
    op.add_column("poll_states", sa.Column("leased_until", sa.BigInteger))
