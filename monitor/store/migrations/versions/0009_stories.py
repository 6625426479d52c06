"""Stories, their members, headlines and aliases; what each recipient was told of them; the grouper's memory.

Matches older than what the grouper compares (three days before the newest) are not grouped any more: what of them is
still to be reported is reported article by article.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WINDOW = 3 * 86_400 * 1_000_000  # microseconds


def upgrade() -> None:
    op.add_column("articles", sa.Column("detected_language", sa.Text))
    op.create_table(
        "stories",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "story_members",
        sa.Column("article", sa.Text, primary_key=True),
        sa.Column("story", sa.Text, nullable=False, index=True),
        sa.Column("match_seq", sa.BigInteger, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("voice", sa.Text, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("entities", sa.JSON, nullable=False),
        sa.Column("because", sa.JSON, nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "story_aliases",
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("story", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "story_headlines",
        sa.Column("story", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "story_reports",
        sa.Column("recipient", sa.Text, primary_key=True),
        sa.Column("story", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("outlets", sa.JSON, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
    )
    op.create_table(
        "story_corrections",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("story", sa.Text, nullable=False),
        sa.Column("articles", sa.JSON, nullable=False),
        sa.Column("other", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    state = op.create_table(
        "story_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("kept_position", sa.BigInteger, nullable=False),
        sa.Column("memory", sa.LargeBinary),
    )
    begin = op.get_bind().execute(
        sa.text(
            "SELECT coalesce(max(seq), 0) FROM matches "
            "WHERE matched_at < (SELECT max(matched_at) FROM matches) - :window"
        ),
        {"window": WINDOW},
    )
    position = begin.scalar_one()
    op.bulk_insert(
        state, [{"name": "grouper", "revision": 0, "position": position, "kept_position": position, "memory": None}]
    )
