"""Our own writes land in the mirror at once, in the transaction that settles their effect.

Only where an entity is mirrored at all: a few records of our own would pass for the books. A record that cannot be
stored is left to the next sync; the effect is settled all the same.
"""

import logging
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.clock import to_millis
from bookbridge.mirror import apply, state
from bookbridge.mirror.entities import BY_NAME, Entity
from bookbridge.mirror.place import Place, record_of
from bookbridge.mirror.values import text
from bookbridge.mirror.world import Mirror, scale_of
from bookbridge.store import organizations
from bookbridge.store.db import Tx
from bookbridge.store.types import dump

log = logging.getLogger(__name__)
DRAFT = "draft"


def land(
    mirror: Mirror,
    tx: Tx,
    organization_id: str,
    entity: str,
    row: Mapping[str, Any],
    /,
    *,
    is_detail: bool = True,
    is_part: bool = False,
) -> bool:
    """Store a record as Zoho answered it to a write or showed it to a reading; whether it is in the mirror now.

    ``is_part``: only its id and a new status are known, after an action that answers without the record.
    """
    declared = BY_NAME[entity]
    known = state.load(tx, organization_id, entity)
    organization = organizations.get(tx, organization_id)
    if organization is None or (known.full_at is None and known.progress is None):
        return False
    state.lock(mirror.db, tx, organization_id)
    scale = scale_of(tx, organization)
    place = Place(mirror=mirror, tx=tx, organization=organization, scale=scale, defers=known.full_at is None)
    try:
        if is_part:
            return _sent(place, declared, row)
        record = record_of(declared, row, dump(row), is_detail=is_detail)
        apply.store(place, declared, [record], seen_at=to_millis(mirror.db.now(tx)))
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        log.exception("a record of %s did not land; the next sync reads it", entity)
        return False
    return True


def _sent(place: Place, entity: Entity, row: Mapping[str, Any]) -> bool:
    """An invoice that was marked as sent or mailed is owed from now on; any other state is left as it is."""
    table: Any = entity.table
    invoice_id = text(row, entity.id)
    changed = (
        sa.update(table)
        .where(table.c.organization_id == place.organization_id, table.c[entity.id] == invoice_id)
        .where(table.c.status == DRAFT, table.c.deleted_at.is_(None))
        .values(status=text(row, "status"), is_open=table.c.balance_minor > 0, hash="")
    )
    if place.tx.execute(changed).rowcount:
        apply.refresh(place, entity, [invoice_id])
        return True
    return False
