"""The first schema. Once released, a version is never edited, and it imports nothing of Marsad, which moves on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_poll_tables()
    make_article_tables()
    make_digest_tables()
    make_outbox_tables()
    op.create_table(
        "suppressions",
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )


def make_poll_tables() -> None:
    op.create_table(
        "poll_states",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("next_poll_at", sa.BigInteger, nullable=False),
        sa.Column("last_polled_at", sa.BigInteger),
        sa.Column("last_success_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("baseline_done", sa.Boolean, nullable=False),
    )
    op.create_index("ix_poll_states_next_poll_at", "poll_states", ["next_poll_at"])
    op.create_table(
        "validators",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("location_hash", sa.Text, primary_key=True),
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_hash", sa.Text),
    )
    op.create_table(
        "seen_keys",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("key_hash", sa.Text, primary_key=True),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Column("last_listed_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seen_keys_last_listed_at", "seen_keys", ["last_listed_at"])


def make_article_tables() -> None:
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "articles",
        sa.Column("number", serial, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("keys", sa.JSON, nullable=False),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("tail", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("outlet", sa.Text),
        sa.Column("published_at", sa.BigInteger),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_articles_first_seen_at", "articles", ["first_seen_at"])
    op.create_table(
        "matches",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("matched_at", sa.BigInteger, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("headline", sa.Text),
        sa.Column("body", sa.Text),
        sa.UniqueConstraint("article", "rule", name="one_match_per_rule_and_article"),
        sqlite_autoincrement=True,
    )


def make_digest_tables() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("last_slot_at", sa.BigInteger),
        sa.Column("last_used_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "digests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("built_at", sa.BigInteger, nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_digests_built_at", "digests", ["built_at"])


def make_outbox_tables() -> None:
    op.create_table(
        "outbox_items",
        sa.Column("match_seq", sa.BigInteger, sa.ForeignKey("matches.seq"), primary_key=True, autoincrement=False),
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, sa.ForeignKey("digests.id"), nullable=False),
        sa.Column("story", sa.Text, nullable=False),
    )
    op.create_index("ix_outbox_items_digest", "outbox_items", ["digest"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "created_at"])
