"""Every table, as this package's statements see them. The migrations make them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from monitor.store.columns import CleanText, Moment, Span, make_serial_type

# The newest revision under migrations/versions; a test holds them together.
SCHEMA = "0016"
VERSION_TABLE = "marsad_version"

metadata = MetaData()

poll_states = Table(
    "poll_states",
    metadata,
    Column("source", Text, primary_key=True),
    Column("next_poll_at", Moment, nullable=False, index=True),
    Column("last_polled_at", Moment, index=True),
    Column("last_success_at", Moment),
    Column("failures", Integer, nullable=False),
    Column("last_error", CleanText),
    Column("baseline_done", Boolean, nullable=False),
    Column("configured_url", CleanText),  # what all that follows is about
    Column("url", CleanText),
    Column("moved_to", CleanText),
    Column("moved_at", Moment),
    Column("moved_polls", Integer, nullable=False, server_default="0"),
    Column("gone_at", Moment),
    Column("disabled", CleanText),
    Column("not_before", Moment),
    Column("audited_at", Moment),
    Column("has_broken_validators", Boolean, nullable=False, server_default=false()),
    Column("has_answered_304", Boolean, nullable=False, server_default=false()),
    Column("arrivals", Float, nullable=False, server_default="0"),
    Column("arrivals_since", Moment),
    Column("last_arrival_at", Moment),
    Column("halvings", Integer, nullable=False, server_default="0"),
    Column("possible_gap_at", Moment),
    Column("ttl", Span),
    Column("has_unstable_guids", Boolean, nullable=False, server_default=false()),
    Column("seen_items", LargeBinary),
    Column("oldest_listed_at", Moment),
    # Whether an earlier version (schema 0006 or before) read it, and none since: those do not write these columns.
    Column("has_former_keys", Boolean, nullable=False, server_default=true()),
    Column("has_former_listing", Boolean, nullable=False, server_default=true()),
    Column("is_resumed", Boolean, nullable=False, server_default=false()),
    # Grows whenever any of the above is written: who read a row sees by it whether the row is still the same.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("leased_by", Text),  # who polls it at present, or has it in line
    Column("leased_until", Moment),
)

# Locations and keys are looked up by their hash: PostgreSQL cannot index a text of more than 2,704 bytes.
validators = Table(
    "validators",
    metadata,
    Column("source", Text, primary_key=True),
    Column("location_hash", Text, primary_key=True),
    Column("location", CleanText, nullable=False),
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("body_hash", CleanText),
)

articles = Table(
    "articles",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("headline", CleanText, nullable=False),
    Column("body", CleanText, nullable=False),
    Column("tail", CleanText, nullable=False),
    Column("url", CleanText),
    Column("language", CleanText),
    Column("outlet", CleanText),
    Column("published_at", Moment),
    Column("first_seen_at", Moment, nullable=False, index=True),
    Column("content_hash", Text, nullable=False),
    Column("size", Integer, nullable=False),  # bytes of text, for the disk limit
    Column("detected_language", Text),  # of a matched article, once it was grouped
    Index("articles_by_source", "source", "number"),
    sqlite_autoincrement=True,
)

# Outlives its article, so that an item which its feed still lists is never taken for new.
seen_keys = Table(
    "seen_keys",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    Column("article", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("held", Boolean, nullable=False),  # a first fetch's baseline: it never alerts
    Column("last_listed_at", Moment, nullable=False, index=True),
    # What the article is recognised by, as 64-bit hashes; rows that schema 0006 and before wrote have none of it.
    Column("guid", BigInteger),
    Column("page", BigInteger),
    Column("headline", BigInteger),
    Column("text", BigInteger),
    Column("published_at", Moment),
    Column("is_shared", Boolean, nullable=False, server_default=false()),  # by articles that are different reports
    sqlite_with_rowid=False,
)

# Articles whose full text is still to be had.
awaited_pages = Table(
    "awaited_pages",
    metadata,
    Column("article", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("content_hash", Text, nullable=False),  # of the version that awaits it
    Column("next_try_at", Moment, nullable=False, index=True),
    Column("touched_at", Moment, nullable=False),  # queued, or tried last
    Column("tries", Integer, nullable=False),
    Column("last_error", CleanText),
)

matches = Table(
    "matches",
    metadata,
    Column("seq", make_serial_type(), primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("article", Text, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("severity", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("matched_at", Moment, nullable=False),
    Column("evidence", JSON, nullable=False),
    # The text that was matched, kept here only once the article says something else.
    Column("headline", CleanText),
    Column("body", CleanText),
    UniqueConstraint("article", "rule", name="one_match_per_rule_and_article"),
    Index("matches_by_rule", "rule", "seq"),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("cursor", BigInteger, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("last_slot_at", Moment),
    Column("last_mail_at", Moment),
    Column("last_used_at", Moment, nullable=False),  # the configuration named it, or it was decided on
    Column("events_told", BigInteger, nullable=False, server_default="0"),
    Column("signals_told", BigInteger, nullable=False, server_default="0"),
    Column("also", Boolean, nullable=False, server_default=false()),  # it has a ledger of its own
)

digests = Table(
    "digests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("built_at", Moment, nullable=False, index=True),
    Column("cursor", BigInteger, nullable=False),
    # The source events that it tells: behind the first number, up to the second.
    Column("events_after", BigInteger, nullable=False, server_default="0"),
    Column("events_until", BigInteger, nullable=False, server_default="0"),
)

# The primary key is the promise that a match reaches exactly one digest of a recipient. A match that a silence sets
# aside has a row without a digest, until a digest counts it.
outbox_items = Table(
    "outbox_items",
    metadata,
    Column("match_seq", BigInteger, ForeignKey(matches.c.seq), primary_key=True, autoincrement=False),
    Column("recipient", Text, primary_key=True),
    Column("digest", Text, ForeignKey(digests.c.id), index=True),
    Column("story", Text, nullable=False),
    Column("message", Text),  # the one that carries it: the digest's, or a part
    Column("silence", BigInteger),  # which sets it aside, or did: its digest does not report it, but counts it
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),  # its digest's, or one of its own
    Column("digest", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reply", CleanText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("hand_overs", Integer, nullable=False, server_default="0"),
    Column("breaks", Integer, nullable=False, server_default="0"),
    Column("urgency", Integer, nullable=False, server_default="0"),
    Column("retried_at", Moment),
    Column("refusal", Text),
    Column("leased_by", Text),  # who may send it, on a server
    Column("leased_until", Moment),
    Index("outbox_by_state", "state", "created_at"),
    # All that decides whose turn it is: without it, each look would read past the content of every message.
    Index(
        "outbox_by_turn",
        "state",
        "channel",
        "breaks",
        "urgency",
        "created_at",
        "id",
        "next_attempt_at",
        "retried_at",
    ),
)

# Addresses that a mail server refused, or that a person paused.
recipients = Table(
    "recipients",
    metadata,
    Column("address", Text, primary_key=True),
    Column("refusals", Integer, nullable=False, server_default="0"),  # in a row
    Column("first_refused_at", Moment),
    Column("last_refused_at", Moment),
    Column("reply", CleanText, nullable=False),
    Column("suspended_at", Moment),
    Column("paused_at", Moment),
    Column("paused_until", Moment),
)

# What fails inside Marsad.
faults = Table(
    "faults",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", CleanText, primary_key=True),
    Column("detail", CleanText, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    Column("retry_at", Moment),
    Column("reported_at", Moment),
    Column("ended_at", Moment),
)

# What is true of this store as a whole: `id` is random, made with the store, and differs from that of every other one.
# `secret` signs what recipients may ask for, and is as old.
store_facts = Table(
    "store_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

source_events = Table(
    "source_events",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("detail", CleanText, nullable=False),
    sqlite_autoincrement=True,
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("reason", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# `revision` grows with every article that comes to the story and every headline of it that changes.
stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("headline", CleanText, nullable=False),  # its first article's
    Column("begun_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
)

# Matched articles that were grouped. `match_seq` is the match with which the article came, and with whose text and
# with whose `entities` it was compared: in this order the grouper reads them again after a restart.
story_members = Table(
    "story_members",
    metadata,
    Column("article", Text, primary_key=True),
    Column("story", Text, nullable=False, index=True),
    Column("match_seq", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("voice", Text, nullable=False),
    Column("speaker", CleanText, nullable=False),
    Column("owner", CleanText, nullable=False),
    Column("language", Text),
    Column("headline", CleanText, nullable=False),  # as last recorded in story_headlines
    Column("entities", JSON, nullable=False),
    Column("because", JSON, nullable=False),
    Column("joined_at", Moment, nullable=False),
)

# Ids of stories that turned out to be another one.
story_aliases = Table(
    "story_aliases",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("story", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

story_headlines = Table(
    "story_headlines",
    metadata,
    Column("story", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("article", Text, nullable=False),
    Column("headline", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
)

# What each recipient was told of a story, up to a revision of it. A later row says all that the earlier ones do.
story_reports = Table(
    "story_reports",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("story", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("standing", Text, nullable=False),
    Column("outlets", JSON, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("before", Integer, nullable=False),  # outlets in the report before
)

# What people said about stories: `articles` of `story` are another one, or `other` is the same one.
story_corrections = Table(
    "story_corrections",
    metadata,
    Column("number", make_serial_type(), primary_key=True, autoincrement=True),
    Column("story", Text, nullable=False),
    Column("articles", JSON, nullable=False),
    Column("other", Text),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# One row: up to which match articles are grouped; and the grouper's memory as it was at `kept_position`, from where it
# reads the members that came later. `revision` grows with every write, so that of two processes one begins anew.
story_state = Table(
    "story_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("kept_position", BigInteger, nullable=False),
    Column("memory", LargeBinary),
)

# One row: the index for search has every article whose number is above `lacking_until`, its words made in the way that
# `edition` stands for. The index itself, article_words, is a different kind of table in each dialect: see words.py.
search_state = Table(
    "search_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("edition", Text, nullable=False),
    Column("lacking_until", BigInteger, nullable=False),
    Column("taken_out", BigInteger, nullable=False),  # articles, since it was last compacted; of SQLite only
)
