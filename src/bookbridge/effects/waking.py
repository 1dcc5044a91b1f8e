"""Waking what waits, when the reason for waiting is gone."""

import sqlalchemy as sa

from bookbridge.effects.ledger import Ledger
from bookbridge.effects.states import State
from bookbridge.store import tables

_T = tables.effects
BATCH = 1000


def hurry(ledger: Ledger, organization_id: str, /) -> int:
    """Queue every waiting effect of an organization at once, after a reconnect; returns how many.

    Effects whose outcome is unknown keep their quarantine. It takes several short transactions, so that others can
    write in between.
    """
    woken = BATCH
    total = 0
    while woken == BATCH:
        woken = _some(ledger, organization_id)
        total += woken
    return total


def _some(ledger: Ledger, organization_id: str) -> int:
    with ledger.db.transaction() as tx:
        now = ledger.db.now(tx)
        waiting = (_T.c.organization_id == organization_id) & (_T.c.state == State.PLANNED) & (_T.c.not_before > now)
        columns = sa.select(_T.c.id, _T.c.organization_id, _T.c.priority)
        rows = tx.execute(columns.where(waiting).order_by(_T.c.created_at).limit(BATCH)).all()
        tx.execute(sa.update(_T).where(_T.c.id.in_([row.id for row in rows])).values(not_before=now))
        ledger.queue_runs(tx, [(row.id, row.organization_id, row.priority) for row in rows])
    return len(rows)
