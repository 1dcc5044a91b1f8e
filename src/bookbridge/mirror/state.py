"""How far the mirror of each entity is, and the lock under which an organization's mirror changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import mirror_state as table

LOCK = ""
"""The row without an entity: whoever changes an organization's mirror holds it."""


@dataclass(frozen=True, kw_only=True)
class State:
    """How far one entity is; see ``bb_mirror_state``."""

    entity: str
    watermark: datetime | None = None
    full_at: datetime | None = None
    synced_at: datetime | None = None
    progress: dict[str, Any] | None = None
    sweep: dict[str, Any] | None = None
    rows: int = 0
    error: str | None = None


def lock(db: Database, tx: Tx, organization_id: str, /) -> None:
    """Hold the organization's mirror until the transaction ends; SQLite's own write lock does the same."""
    if db.is_sqlite:
        return
    where = (table.c.organization_id == organization_id) & (table.c.entity == LOCK)
    query = sa.select(table.c.rows).where(where).with_for_update()
    if tx.execute(query).one_or_none() is None:
        db.insert_new(tx, table, {"organization_id": organization_id, "entity": LOCK})
        tx.execute(query).one()


def load(tx: Tx, organization_id: str, entity: str, /) -> State:
    """The state of one entity; a fresh one where it was never synced."""
    where = (table.c.organization_id == organization_id) & (table.c.entity == entity)
    row = tx.execute(sa.select(table).where(where)).one_or_none()
    return State(entity=entity) if row is None else _state(row)


def load_all(tx: Tx, organization_id: str, /) -> dict[str, State]:
    """The states of every entity that was ever synced."""
    rows = tx.execute(sa.select(table).where(table.c.organization_id == organization_id, table.c.entity != LOCK))
    return {row.entity: _state(row) for row in rows}


def change(db: Database, tx: Tx, organization_id: str, entity: str, /, **values: Any) -> None:
    """Set columns of an entity's state."""
    key = {"organization_id": organization_id, "entity": entity}
    db.upsert(tx, table, [{**key, **values}], key=tuple(key))


def count(db: Database, tx: Tx, organization_id: str, entity: str, by: int, /) -> None:
    """``by`` more records are alive."""
    if not by:
        return
    db.insert_new(tx, table, {"organization_id": organization_id, "entity": entity})
    where = (table.c.organization_id == organization_id) & (table.c.entity == entity)
    tx.execute(sa.update(table).where(where).values(rows=table.c.rows + by))


def _state(row: Any) -> State:
    return State(**{name: getattr(row, name) for name in State.__dataclass_fields__})
