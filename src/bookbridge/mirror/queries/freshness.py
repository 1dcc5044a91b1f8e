"""How old the mirror is, and refusing to answer from one that is not there."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.store.db import Tx
from bookbridge.store.tables import mirror_state as table

RECEIVABLES = ("invoices", "creditnotes", "payments")
"""The entities that aging is made of."""


class NotMirroredError(BookbridgeError):
    """The books are not mirrored yet; run `bookbridge sync`."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """One entity of the mirror: when its last sync ended well, its living records, and why a sync failed since."""

    entity: str
    synced_at: datetime | None
    full_at: datetime | None
    rows: int
    error: str

    @property
    def is_mirrored(self) -> bool:
        """Whether everything was read once."""
        return self.full_at is not None or self.synced_at is not None


def freshness(tx: Tx, organization_id: str, /) -> dict[str, Freshness]:
    """Every entity that was ever synced, by name."""
    where = (table.c.organization_id == organization_id) & (table.c.entity != "")
    return {
        row.entity: Freshness(
            entity=row.entity, synced_at=row.synced_at, full_at=row.full_at, rows=row.rows, error=row.error or ""
        )
        for row in tx.execute(sa.select(table).where(where).order_by(table.c.entity))
    }


def is_mirrored(tx: Tx, organization_id: str, entity: str = "invoices", /) -> bool:
    """Whether an entity was read once from beginning to end."""
    known = freshness(tx, organization_id).get(entity)
    return known is not None and known.is_mirrored


def require_mirrored(tx: Tx, organization_id: str, entity: str = "invoices", /) -> datetime | None:
    """When the receivables were last in step with Zoho: the oldest of what they are made of.

    Raises:
        NotMirroredError: ``entity`` was never read from beginning to end.
    """
    known = freshness(tx, organization_id)
    found = known.get(entity)
    if found is None or not found.is_mirrored:
        raise NotMirroredError(f"The {entity} of this organization are not mirrored yet; run `bookbridge sync`.")
    times = [known[name].synced_at for name in RECEIVABLES if name in known]
    return min((each for each in times if each is not None), default=found.synced_at or found.full_at)
