"""Comparisons and what they found: one row a run, one row a difference; one run of an organization at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reconcile.kinds import Difference
from bookbridge.kernel.clock import to_millis
from bookbridge.store.db import Database, Tx
from bookbridge.store.tables import meta, organizations
from bookbridge.store.tables import reconcile_differences as differences
from bookbridge.store.tables import reconcile_runs as runs

RUNNING, DONE, INCOMPLETE, BROKEN = "running", "done", "incomplete", "broken"
"""States of a run: ``incomplete`` compared a part and says which; ``broken``: its process died."""
DIED = "Its process ended before it did; run it again."
KEPT_RUNS = 30
MOST_KEPT = 10_000
"""Differences kept of one run; all are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A comparison; ``counts`` holds what was compared, found, and left out, by name."""

    id: str
    organization_id: str
    state: str
    wanted: dict[str, Any]
    counts: dict[str, Any]
    calls: int
    error: str
    started_at: datetime
    finished_at: datetime | None
    differences: tuple[Difference, ...] = field(default=())

    @property
    def is_running(self) -> bool:
        """Whether it is still going on."""
        return self.state == RUNNING


def claim(db: Database, tx: Tx, organization_id: str, /, *, for_s: float) -> bool:
    """Become the one who compares this organization, for ``for_s`` seconds at first."""
    now = db.now(tx)
    row = {"name": _lease(organization_id), "value": str(to_millis(now + timedelta(seconds=for_s)))}
    if db.insert_new(tx, meta, row):
        return True
    free = sa.cast(meta.c.value, sa.BigInteger) <= to_millis(now)
    taken = sa.update(meta).where(meta.c.name == row["name"], free).values(value=row["value"])
    return tx.execute(taken).rowcount == 1


def hold(db: Database, tx: Tx, organization_id: str, /, *, for_s: float) -> None:
    """Stay it for ``for_s`` seconds more (0 gives it up)."""
    until = to_millis(db.now(tx) + timedelta(seconds=for_s))
    tx.execute(sa.update(meta).where(meta.c.name == _lease(organization_id)).values(value=str(until)))


def _is_held(db: Database, tx: Tx, organization_id: str) -> bool:
    until = tx.execute(sa.select(meta.c.value).where(meta.c.name == _lease(organization_id))).scalar_one_or_none()
    return until is not None and int(until) > to_millis(db.now(tx))


def _lease(organization_id: str) -> str:
    return f"reconcile:{organization_id}"


def start(db: Database, tx: Tx, run_id: str, organization_id: str, /, *, wanted: Mapping[str, Any]) -> None:
    """Write a run down; runs that stopped without a word are called broken."""
    mine = (runs.c.organization_id == organization_id) & (runs.c.state == RUNNING)
    ended = {"state": BROKEN, "error": DIED, "finished_at": db.now(tx)}
    tx.execute(sa.update(runs).where(mine).values(**ended))
    row = {
        "id": run_id, "organization_id": organization_id, "state": RUNNING, "wanted": dict(wanted), "counts": {},
        "calls": 0, "started_at": db.now(tx),
    }  # fmt: skip
    tx.execute(sa.insert(runs), row)


def note(tx: Tx, run_id: str, /, *, calls: int, counts: Mapping[str, Any]) -> None:
    """Write down how far a run is."""
    tx.execute(sa.update(runs).where(runs.c.id == run_id).values(calls=calls, counts=dict(counts)))


def finish(
    db: Database,
    tx: Tx,
    run_id: str,
    /,
    *,
    state: str,
    calls: int,
    counts: Mapping[str, Any],
    error: str,
    found: Sequence[Difference],
) -> None:
    """Write down how a run ended and what it found."""
    values = {"state": state, "calls": calls, "counts": dict(counts), "error": error or None, "finished_at": db.now(tx)}
    tx.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))
    rows = [
        {
            "run_id": run_id, "position": position, "kind": each.kind, "subject": each.subject,
            "sentence": each.sentence, "detail": {**each.detail, "known": each.known},
        }
        for position, each in enumerate(found[:MOST_KEPT])
    ]  # fmt: skip
    if rows:
        tx.execute(sa.insert(differences), rows)


def forget_old(tx: Tx, organization_id: str, /) -> int:
    """Delete all but the last runs of an organization; how many."""
    newest = (runs.c.started_at.desc(), runs.c.id)
    query = sa.select(runs.c.id).where(runs.c.organization_id == organization_id).order_by(*newest).offset(KEPT_RUNS)
    old = list(tx.scalars(query.limit(1000)))
    for run_id in old:
        tx.execute(sa.delete(differences).where(differences.c.run_id == run_id))
        tx.execute(sa.delete(runs).where(runs.c.id == run_id))
    return len(old)


def last(db: Database, tx: Tx, organization_id: str, /, *, run_id: str = "", most: int = MOST_KEPT) -> Run | None:
    """The named run, else the latest, with up to ``most`` of its differences; a running one nobody holds is broken."""
    where = runs.c.organization_id == organization_id
    where &= runs.c.id == run_id if run_id else sa.true()
    row = tx.execute(sa.select(runs).where(where).order_by(runs.c.started_at.desc(), runs.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    kept = sa.select(differences).where(differences.c.run_id == row.id).order_by(differences.c.position).limit(most)
    is_broken = row.state == RUNNING and not _is_held(db, tx, organization_id)
    return Run(
        id=row.id,
        organization_id=row.organization_id,
        state=BROKEN if is_broken else row.state,
        wanted=row.wanted,
        counts=row.counts,
        calls=row.calls,
        error=DIED if is_broken else row.error or "",
        started_at=row.started_at,
        finished_at=row.finished_at,
        differences=tuple(_difference(each) for each in tx.execute(kept)),
    )


def last_started(tx: Tx, organization_id: str, /) -> datetime | None:
    """When the latest comparison began."""
    query = sa.select(sa.func.max(runs.c.started_at)).where(runs.c.organization_id == organization_id)
    found: datetime | None = tx.execute(query).scalar()
    return found


def connected_at(tx: Tx, organization_id: str, /) -> datetime | None:
    """When an organization was first connected."""
    where = organizations.c.organization_id == organization_id
    found: datetime | None = tx.execute(sa.select(organizations.c.created_at).where(where)).scalar_one_or_none()
    return found


def _difference(row: Any) -> Difference:
    detail = dict(row.detail)
    known = bool(detail.pop("known", False))
    return Difference(kind=row.kind, subject=row.subject, sentence=row.sentence, detail=detail, known=known)
