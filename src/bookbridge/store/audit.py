"""The audit log: who did what to the books and to Bookbridge's own settings; rows are only added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.store.db import Tx
from bookbridge.store.tables import audit as table

OPERATOR = "command line"
"""The actor of a command: whoever may run programs on the machine."""


def record(
    tx: Tx,
    /,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject_id: str,
    organization_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a row in the transaction of what it tells; never a secret, a name or an address of a customer.

    ``actor`` is a principal's name (``key:<id>``, ``session:<start of its hash>``) or ``OPERATOR``; an empty
    ``organization_id`` means the installation.
    """
    row = {
        "organization_id": organization_id, "at": at, "actor": actor, "action": action, "subject_id": subject_id,
        "detail": dict(detail or {}),
    }  # fmt: skip
    tx.execute(sa.insert(table), row)


NOTICED = (
    "login", "link.made", "sessions.ended", "admin.created", "admin.password", "admin.disabled", "admin.enabled",
    "admin.removed", "key.created", "key.revoked", "source.added", "source.removed", "connected", "disconnected",
)  # fmt: skip
"""What administrators are told about, because it opens a door or closes one (SEC-019)."""
_LOOKED_BACK = 50_000


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row as people read it."""

    at: datetime
    actor: str
    action: str
    subject_id: str
    organization_id: str
    detail: Mapping[str, Any]


def noticed(tx: Tx, /, *, limit: int) -> list[Line]:
    """The last rows of ``NOTICED``, the newest first, among the last 50,000 rows of every kind."""
    newest = tx.execute(sa.select(sa.func.max(table.c.seq))).scalar_one() or 0
    columns = (table.c[name] for name in Line.__dataclass_fields__)
    found = sa.select(*columns).where(table.c.seq > newest - _LOOKED_BACK, table.c.action.in_(NOTICED))
    return [Line(**row._mapping) for row in tx.execute(found.order_by(table.c.seq.desc()).limit(limit))]
