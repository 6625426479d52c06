"""Several processes on one store: who sends a message, has a share of the work, lives, and runs which configuration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("leased_by", sa.Text))
    op.add_column("outbox", sa.Column("leased_until", sa.BigInteger))
    op.create_table(
        "shares",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("schema", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("drained", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("polls", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("clock_ahead", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("configuration", sa.BigInteger),
        sa.Column("trouble", sa.Text),
    )
    op.create_table(
        "host_holds",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "configurations",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    # The oldest schema whose programs can work with this store: a migration that breaks that writes its own number.
    facts = sa.table("store_facts", sa.column("name", sa.Text), sa.column("value", sa.Text))
    op.bulk_insert(facts, [{"name": "oldest_schema", "value": "0014"}])
