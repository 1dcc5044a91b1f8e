"""The audit log: who did what to the books and to Bookbridge's own settings; rows are only added."""

from collections.abc import Mapping
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
