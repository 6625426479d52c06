"""Articles per rule or entity, source and hour; the signals that were found in them, and who was told of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mention_counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False, index=True),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.Column("latest", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watched_since",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "signal_gaps",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("begun_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
    )
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "signals",
        sa.Column("number", serial, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("onset", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("articles", sa.JSON, nullable=False),
        sa.UniqueConstraint("kind", "subject_kind", "subject", "onset", name="one_signal_per_onset"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "signal_reports",
        sa.Column("signal", sa.BigInteger, sa.ForeignKey("signals.number"), primary_key=True, autoincrement=False),
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False, index=True),
    )
    state = op.create_table(
        "signal_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("looked_at", sa.BigInteger),
    )
    op.bulk_insert(state, [{"name": "signals", "revision": 0, "position": 0, "looked_at": None}])
    op.add_column("subscriptions", sa.Column("signals_told", sa.BigInteger, nullable=False, server_default="0"))
