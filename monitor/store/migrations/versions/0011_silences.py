"""Silences, and the matches that they set aside: rows of outbox_items that have no digest yet; labels; a secret."""

from __future__ import annotations

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "labels",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("author", sa.Text, primary_key=True),
        sa.Column("judgement", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("by_mail", sa.Boolean, nullable=False),
    )
    facts = sa.table("store_facts", sa.column("name", sa.Text), sa.column("value", sa.Text))
    op.bulk_insert(facts, [{"name": "secret", "value": token_hex(32)}])
    # SQLite cannot drop NOT NULL: there, the table is copied.
    with op.batch_alter_table("outbox_items") as items:
        items.alter_column("digest", existing_type=sa.Text, nullable=True)
        items.add_column(sa.Column("silence", sa.BigInteger))
