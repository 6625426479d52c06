"""The index for search, empty: what the store has already is added bit by bit, the newest first.

`lacking_until` is the number of the newest article that the index lacks; it has all that are newer.
`taken_out` counts the articles that left it since it was last put in order, which gives their room back.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE article_words USING fts5(headline, body, stems, content = '', tokenize = 'ascii')"
        )
    else:
        op.execute("CREATE TABLE article_words (number BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_article_words_words ON article_words USING gin (words)")
    state = op.create_table(
        "search_state",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("lacking_until", sa.BigInteger, nullable=False),
        sa.Column("taken_out", sa.BigInteger, nullable=False),
    )
    newest = op.get_bind().execute(sa.text("SELECT coalesce(max(number), 0) FROM articles")).scalar_one()
    op.bulk_insert(state, [{"name": "index", "edition": "", "lacking_until": newest, "taken_out": 0}])
