"""Faults; hand-overs, urgency and retries of messages; refused and paused recipients; the store's own id.

Which message carries a match, which source events a digest tells, and when a subscription's last mail was built.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "faults",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("reported_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
    )
    for name in ("hand_overs", "breaks", "urgency"):
        op.add_column("outbox", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("retried_at", sa.BigInteger))
    op.add_column("outbox", sa.Column("refusal", sa.Text))
    op.add_column("outbox_items", sa.Column("message", sa.Text))
    op.execute("UPDATE outbox_items SET message = digest")
    for name in ("events_after", "events_until"):
        op.add_column("digests", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("subscriptions", sa.Column("last_mail_at", sa.BigInteger))
    op.execute(
        "UPDATE subscriptions SET last_mail_at = (SELECT max(built_at) FROM digests "
        "WHERE digests.name = subscriptions.digest AND digests.recipient = subscriptions.recipient)"
    )
    turn = ["state", "channel", "breaks", "urgency", "created_at", "id", "next_attempt_at", "retried_at"]
    op.create_index("outbox_by_turn", "outbox", turn)
    op.create_table(
        "recipients",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_refused_at", sa.BigInteger),
        sa.Column("last_refused_at", sa.BigInteger),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("suspended_at", sa.BigInteger),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("paused_until", sa.BigInteger),
    )
    facts = op.create_table(
        "store_facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(facts, [{"name": "id", "value": uuid4().hex}])
    # Handed over, and no answer came: that was once at least. Another time without an answer is for a person.
    op.execute("UPDATE outbox SET hand_overs = 1 WHERE state = 'data'")
