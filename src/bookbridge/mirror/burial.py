"""Tombstones: a record that Zoho has no longer is kept, marked, and counts nowhere."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.clock import from_millis
from bookbridge.mirror import apply, settling, state
from bookbridge.mirror.allocations import SETTLED_BY
from bookbridge.mirror.entities import Entity
from bookbridge.mirror.place import Place
from bookbridge.mirror.values import Row
from bookbridge.store import tables


def bury(place: Place, entity: Entity, ids: Sequence[str], /, *, at: int) -> int:
    """Mark records that Zoho was seen not to have at ``at``; how many were alive.

    A record that was seen after ``at`` is alive again. What a deleted payment or credit note settled is owed again.
    """
    state.lock(place.mirror.db, place.tx, place.organization_id)
    table: Any = entity.table
    when = from_millis(at)
    gone = [
        row[0]
        for row in place.tx.execute(
            sa.update(table)
            .where(table.c.organization_id == place.organization_id, table.c[entity.id].in_(list(ids)))
            .where(table.c.deleted_at.is_(None), table.c.seen_at <= when)
            .values(deleted_at=when)
            .returning(table.c[entity.id])
        )
    ]
    if not gone:
        return 0
    state.count(place.mirror.db, place.tx, place.organization_id, entity.name, -len(gone))
    kinds = SETTLED_BY.get(entity.name, ())
    invoices = settling.remove(place.tx, place.organization_id, kinds, gone) if kinds else set()
    if entity.name == "invoices":
        wanted_too = tables.mirror_wanted
        place.tx.execute(
            sa.delete(wanted_too).where(
                wanted_too.c.organization_id == place.organization_id,
                wanted_too.c.entity == entity.name,
                wanted_too.c.record_id.in_(gone),
            )
        )
    apply.refresh(place, entity, gone, invoices)
    hook = place.mirror.buried.get(entity.name)
    if hook is not None:
        hook(place.tx, place.organization_id, gone)
    return len(gone)


def payload(place: Place, entity: Entity, record_id: str, /) -> Row:
    """The row of a mirrored record as Zoho sent it; empty when there is none."""
    table: Any = entity.table
    where = (table.c.organization_id == place.organization_id) & (table.c[entity.id] == record_id)
    found = place.tx.execute(sa.select(table.c.payload).where(where)).scalar_one_or_none()
    return found if isinstance(found, dict) else {}
