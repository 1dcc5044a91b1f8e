"""The schema: migrations, versions and foreign tables."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.store import schema, tables
from bookbridge.store.db import Database


def test_migrations_and_tables_say_the_same(database: Database) -> None:
    """A migrated database has exactly the tables, columns, indexes and types of ``store/tables.py``.

    When this fails: ``python -m tests.support.next_migration``.
    """
    with database.read() as tx:
        options = {"include_name": schema.ours, "version_table": schema.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(tx, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_head_is_the_newest_migration() -> None:
    """The revision the code expects is the last one that exists."""
    assert ScriptDirectory.from_config(schema.alembic_config()).get_heads() == [schema.HEAD]


def test_upgrade_runs_once(database: Database) -> None:
    """On a current database an upgrade does nothing."""
    assert schema.current(database) == schema.HEAD
    assert schema.upgrade(database) is False


def test_newer_schema_is_refused(database: Database) -> None:
    """Older code does not touch a database that a newer version made."""
    with database.transaction() as tx:
        tx.execute(sa.text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer Bookbridge"):
        schema.upgrade(database)


def test_foreign_tables_stay(database: Database) -> None:
    """The durable-execution library's tables are neither compared nor dropped."""
    with database.transaction() as tx:
        tx.execute(sa.text("CREATE TABLE another_program (workflow_uuid TEXT)"))
        tx.execute(sa.text(f"DELETE FROM {schema.VERSION_TABLE}"))
        for table in reversed(tables.metadata.sorted_tables):
            table.drop(tx)
    assert schema.upgrade(database) is True
    test_migrations_and_tables_say_the_same(database)
    with database.read() as tx:
        assert sa.inspect(tx).has_table("another_program")
