"""Facts about this installation, by name."""

import sqlalchemy as sa

from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import meta as table


def get(tx: Tx, name: str, /) -> str | None:
    """The value of ``name``."""
    return tx.execute(sa.select(table.c.value).where(table.c.name == name)).scalar()


def put_new(db: Database, tx: Tx, name: str, value: str, /) -> str:
    """Set ``name`` unless it has a value; the value it has then."""
    db.insert_new(tx, table, {"name": name, "value": value})
    return get(tx, name) or value


def put(db: Database, tx: Tx, name: str, value: str, /) -> None:
    """Set ``name`` whatever it was."""
    db.upsert(tx, table, [{"name": name, "value": value}], key=("name",))


def drop(tx: Tx, name: str, /) -> None:
    """Forget ``name``."""
    tx.execute(sa.delete(table).where(table.c.name == name))
