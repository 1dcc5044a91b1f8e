"""Stops an organization's creates after several ambiguous answers in a row, until a cheap read succeeds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bookbridge.kernel.limits import Limits
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx

_T = tables.breakers


@dataclass(frozen=True, slots=True)
class BreakerView:
    """``open_since`` is ``None`` while creates may be sent; ``probe_at`` is when the next read may test Zoho."""

    ambiguous_in_a_row: int = 0
    open_since: datetime | None = None
    probe_at: datetime | None = None


def view(tx: Tx, organization_id: str, /) -> BreakerView:
    """The breaker of an organization."""
    query = sa.select(_T.c.ambiguous_in_a_row, _T.c.open_since, _T.c.probe_at)
    row = tx.execute(query.where(_T.c.organization_id == organization_id)).one_or_none()
    return BreakerView() if row is None else BreakerView(*row)


def ambiguous(db: Database, tx: Tx, organization_id: str, /, *, limits: Limits) -> None:
    """Count an ambiguous answer; the fifth in a row opens the breaker."""
    db.insert_new(tx, _T, {"organization_id": organization_id, "ambiguous_in_a_row": 0})
    mine = _T.c.organization_id == organization_id
    tx.execute(sa.update(_T).where(mine).values(ambiguous_in_a_row=_T.c.ambiguous_in_a_row + 1))
    now = db.now(tx)
    opens = mine & (_T.c.ambiguous_in_a_row >= limits.breaker_after) & _T.c.open_since.is_(None)
    probe_at = now + timedelta(seconds=limits.breaker_probe_s)
    tx.execute(sa.update(_T).where(opens).values(open_since=now, probe_at=probe_at))


def clear(tx: Tx, organization_id: str, /) -> None:
    """A clear answer came: start counting anew and let creates go."""
    changed = {"ambiguous_in_a_row": 0, "open_since": None, "probe_at": None}
    tx.execute(sa.update(_T).where(_T.c.organization_id == organization_id).values(**changed))


def take_probe(db: Database, tx: Tx, organization_id: str, /, *, limits: Limits) -> bool:
    """Whether the caller is the one that tests Zoho now."""
    now = db.now(tx)
    due = (_T.c.organization_id == organization_id) & (_T.c.probe_at <= now)
    following = now + timedelta(seconds=limits.breaker_probe_s)
    return tx.execute(sa.update(_T).where(due).values(probe_at=following)).rowcount == 1
