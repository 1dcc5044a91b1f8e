"""The database seam behaves the same on SQLite and PostgreSQL."""

from bookbridge.store import tables
from bookbridge.store.db import Database


def test_insert_new_counts_what_was_new(database: Database) -> None:
    """A row that is there already is left as it is and not counted; many rows at once are counted one by one."""
    first = {"name": "a", "value": "1"}
    with database.transaction() as tx:
        assert database.insert_new(tx, tables.meta, first) == 1
    with database.transaction() as tx:
        assert database.insert_new(tx, tables.meta, {**first, "value": "2"}) == 0
        assert database.insert_new(tx, tables.meta, [first, {"name": "b", "value": "1"}]) == 1
        assert database.insert_new(tx, tables.meta, []) == 0
    with database.read() as tx:
        assert sorted(tuple(row) for row in tx.execute(tables.meta.select())) == [("a", "1"), ("b", "1")]
