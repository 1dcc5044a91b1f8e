"""Which run looks at an effect next: queueing, releasing what waited, and finding what was forgotten.

The ledger is the truth; a run is only a wake-up call. However long the queue is, each transaction here is short.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.effects.states import OPEN_STATES, State
from bookbridge.kernel.ids import IdSource
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.workflow.queue import RunQueue
from bookbridge.workflow.replicas import has_living_run

_T = tables.effects
WAKE_PRIORITY = 1
GROUP = 16
"""Effects of one run where many are queued at once."""

SPREAD = 8
"""Runs over which effects are spread that somebody waits for: as many as there are workers."""

WAITED_FOR = 2
"""Effects up to this priority have somebody who waits for their answer."""

RELEASED = 2 * GROUP
"""Effects released in one transaction when what they waited for is done."""


_WAITING = (
    sa.select(_T.c.id, _T.c.organization_id, _T.c.priority)
    .where(_T.c.depends_on == sa.bindparam("upstream"), _T.c.state == State.PLANNED, _T.c.run_id.is_(None))
    .order_by(_T.c.created_at, _T.c.id)
    .limit(sa.bindparam("most"))
)
_ONE = sa.select(_T.c.organization_id, _T.c.priority).where(_T.c.id == sa.bindparam("id"))


@dataclass(frozen=True, slots=True)
class Released:
    """What became of those that waited: ``first`` goes on with the caller, ``more`` still wait for a next portion."""

    first: str | None
    more: bool


class Runs:
    """The runs of effects; methods that are given a transaction work inside it."""

    def __init__(self, db: Database, /, *, queue: RunQueue, ids: IdSource) -> None:
        self.db = db
        self._queue = queue
        self._ids = ids
        self._gathered = threading.local()

    @contextmanager
    def gathering(self, tx: Tx, /) -> Iterator[None]:
        """Effects planned inside the block share runs of ``GROUP``: a run of its own costs more than an effect."""
        self._gathered.plans = []
        try:
            yield
            self.queue_runs(tx, self._gathered.plans)
        finally:
            self._gathered.plans = None

    def queue_runs(self, tx: Tx, waiting: Sequence[tuple[str, str, int]], /) -> None:
        """Queue runs for open effects (id, organization, priority).

        ``GROUP`` of one organization share a run, because a run costs more than an effect. Those that somebody waits
        for are spread over ``SPREAD`` runs instead: within a run one waits for the other.
        """
        groups: dict[tuple[str, int], list[str]] = {}
        for effect_id, organization_id, priority in waiting:
            groups.setdefault((organization_id, priority), []).append(effect_id)
        for (organization_id, priority), ids in groups.items():
            size = GROUP if priority > WAITED_FOR else min(GROUP, -(-len(ids) // SPREAD))
            for start in range(0, len(ids), size):
                some, run_id = ids[start : start + size], self._ids.new("run")
                tx.execute(sa.update(_T).where(_T.c.id.in_(some)).values(run_id=run_id))
                self.enqueue(tx, run_id, " ".join(some), organization_id, priority)

    def gives_way(self, effect_ids: Sequence[str], /) -> bool:
        """Whether the rest of a run went back to the queue, because somebody waits for an effect behind it.

        Only bulk work gives way. Effects that ended meanwhile are not queued again.
        """
        if not effect_ids:
            return False
        with self.db.read() as tx:
            first = tx.execute(_ONE, {"id": effect_ids[0]}).one_or_none()
            if first is None or first.priority <= WAITED_FOR:
                return False
            if not self._queue.has_before(tx, first.organization_id, WAITED_FOR + 1):
                return False
        columns = sa.select(_T.c.id, _T.c.organization_id, _T.c.priority)
        mine = _T.c.id.in_(list(effect_ids)) & _T.c.state.in_(OPEN_STATES)
        with self.db.transaction() as tx:
            rows = tx.execute(columns.where(mine).order_by(_T.c.created_at, _T.c.id)).all()
            self.queue_runs(tx, [(row.id, row.organization_id, row.priority) for row in rows])
        return True

    def queue_planned(self, tx: Tx, run_id: str, planned: tuple[str, str, int], /) -> None:
        """Queue the run of an effect (id, organization, priority) just planned, or gather it with others."""
        gathered = getattr(self._gathered, "plans", None)
        if gathered is None:
            effect_id, organization_id, priority = planned
            self.enqueue(tx, run_id, effect_id, organization_id, priority)
        else:
            gathered.append(planned)

    def release(self, tx: Tx, effect_id: str, /, *, keep_first: bool = False) -> Released:
        """Queue effects that waited for this one, the oldest first, at most ``RELEASED`` in one transaction.

        ``keep_first``: the oldest gets no run, the caller goes on with it. What a crash leaves is due and has no run:
        the sweep finds it.
        """
        rows = tx.execute(_WAITING, {"upstream": effect_id, "most": RELEASED + 1}).all()
        portion = [(row.id, row.organization_id, row.priority) for row in rows[:RELEASED]]
        self.queue_runs(tx, portion[1:] if keep_first else portion)
        first = portion[0][0] if portion and keep_first else None
        return Released(first, len(rows) > RELEASED)

    def queue_run(self, tx: Tx, effect_id: str, organization_id: str, priority: int, /) -> None:
        """Queue a new run of an open effect."""
        run_id = self._ids.new("run")
        tx.execute(sa.update(_T).where(_T.c.id == effect_id).values(run_id=run_id))
        self.enqueue(tx, run_id, effect_id, organization_id, priority)

    def sweep(self, /, *, grace_s: float, limit: int = 500) -> int:
        """Queue every effect that is due and whose run is gone; returns how many.

        It looks without a lock, and queues in portions what it found if that is still so.
        """
        with self.db.read() as tx:
            found = [row.id for row in tx.execute(self._lost(tx, grace_s).limit(limit))]
        queued = 0
        for start in range(0, len(found), RELEASED):
            with self.db.transaction() as tx:
                still = self._lost(tx, grace_s).where(_T.c.id.in_(found[start : start + RELEASED]))
                rows = tx.execute(still).all()
                self.queue_runs(tx, [(row.id, row.organization_id, WAKE_PRIORITY) for row in rows])
            queued += len(rows)
        return queued

    def _lost(self, tx: Tx, grace_s: float) -> sa.Select[Any]:
        upstream = sa.alias(_T)
        ready = _T.c.depends_on.is_(None) | sa.exists().where(
            upstream.c.id == _T.c.depends_on, upstream.c.state == State.DONE
        )
        due = _T.c.not_before < self.db.now(tx) - timedelta(seconds=grace_s)
        query = sa.select(_T.c.id, _T.c.organization_id)
        return query.where(_T.c.state.in_(OPEN_STATES), due, ready, ~has_living_run(self.db)).order_by(_T.c.not_before)

    def enqueue(
        self, tx: Tx, run_id: str, effect_ids: str, organization_id: str, priority: int, delay_s: float = 0.0
    ) -> None:
        """Put one run on the queue."""
        self._queue.enqueue(
            tx,
            run_id=run_id,
            effect_ids=effect_ids,
            organization_id=organization_id,
            priority=priority,
            delay_s=delay_s,
        )
