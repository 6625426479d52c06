"""How Alembic runs the versions: on the connection that monitor.store.schema hands over, in its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    version_table="marsad_version",
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,  # true of both dialects here: SQLite's driver is kept from committing by itself
)
with context.begin_transaction():
    context.run_migrations()
