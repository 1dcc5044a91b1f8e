"""Run by Alembic: migrates on the connection that ``store.schema`` opened, inside its transaction."""

from alembic import context

from bookbridge.store.schema import VERSION_TABLE, ours
from bookbridge.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=ours,
)
with context.begin_transaction():
    context.run_migrations()
