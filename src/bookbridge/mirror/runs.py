"""Syncs asked for and under way: one at a time for an organization, whoever runs it, with a lease for when it dies.

Whoever wants a sync writes a run down; a server, or the command itself where no server lives, claims and executes it.
A running run whose heart stopped belongs to a process that died: the next who looks takes it over, and the sync goes on
where its stored pages end.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.mirror import state
from bookbridge.mirror.progress import Progress
from bookbridge.mirror.sync import Outcome, Sync, Wish, summary
from bookbridge.mirror.world import Mirror
from bookbridge.store import tables
from bookbridge.store.db import DatabaseError, Tx

ASKED, RUNNING, DONE, FAILED = "asked", "running", "done", "failed"
BEAT_S = 1.0
KEEP = 200
"""Finished runs kept for each organization."""
table: Any = tables.sync_runs


@dataclass(frozen=True, kw_only=True)
class Run:
    """One sync; see ``bb_sync_runs``."""

    id: str
    organization_id: str
    state: str
    wanted: dict[str, Any]
    progress: dict[str, Any] | None
    owner: str | None
    error: str | None
    asked_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.state in (DONE, FAILED)

    @property
    def wish(self) -> Wish:
        """What was asked for."""
        known = {name: value for name, value in self.wanted.items() if name in Wish.__dataclass_fields__}
        return Wish(**{**known, "entities": tuple(known.get("entities", ()))})


def ask(mirror: Mirror, organization_id: str, wish: Wish, /) -> str:
    """Write down that a sync is wanted; the id of its run.

    Raises:
        InvalidInputError: an entity that does not exist.
    """
    wish.chosen()
    with mirror.db.transaction() as tx:
        return _insert(mirror, tx, organization_id, wish)


def _insert(mirror: Mirror, tx: Tx, organization_id: str, wish: Wish) -> str:
    run_id = mirror.ids.new("syn")
    wanted = {
        "entities": list(wish.entities),
        "full": wish.full,
        "lines": wish.lines,
        "thorough": wish.thorough,
        "accepts_deletions": wish.accepts_deletions,
    }
    values = {"id": run_id, "organization_id": organization_id, "state": ASKED, "wanted": wanted}
    tx.execute(sa.insert(table), {**values, "asked_at": mirror.db.now(tx)})
    return run_id


def get(tx: Tx, run_id: str, /) -> Run | None:
    """The run with that id."""
    row = tx.execute(sa.select(table).where(table.c.id == run_id)).one_or_none()
    return None if row is None else _run(row)


def latest(tx: Tx, organization_id: str, /, *, state: str = "") -> Run | None:
    """The newest run, or the newest in ``state``."""
    query = sa.select(table).where(table.c.organization_id == organization_id)
    if state:
        query = query.where(table.c.state == state)
    row = tx.execute(query.order_by(table.c.asked_at.desc(), table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def claim(mirror: Mirror, organization_id: str, /, *, only: str = "") -> Run | None:
    """A run to execute: one whose process died, else the oldest asked for (or ``only`` that one).

    ``None`` while another process executes one, or when there is none.
    """
    with mirror.db.transaction() as tx:
        return _claim(mirror, tx, organization_id, only)


def claim_due(mirror: Mirror, organization_id: str, /, *, every_s: float) -> Run | None:
    """Like ``claim``; where nobody asked for one and the last is ``every_s`` seconds old, a new one."""
    with mirror.db.transaction() as tx:
        found = _claim(mirror, tx, organization_id, "")
        if found is not None or not every_s:
            return found
        last = latest(tx, organization_id)
        due = last is None or mirror.db.now(tx) - (last.finished_at or last.asked_at) >= timedelta(seconds=every_s)
        if not due or (last is not None and not last.is_over):
            return None
        run_id = _insert(mirror, tx, organization_id, Wish(thorough=False))
        _forget_old(tx, organization_id)
        return _claim(mirror, tx, organization_id, run_id)


def _claim(mirror: Mirror, tx: Tx, organization_id: str, only: str) -> Run | None:
    state.lock(mirror.db, tx, organization_id)
    now = mirror.db.now(tx)
    mine = (table.c.organization_id == organization_id) & table.c.state.in_((ASKED, RUNNING))
    order = (table.c.state.desc(), table.c.asked_at, table.c.id)  # running before asked
    open_runs = [_run(row) for row in tx.execute(sa.select(table).where(mine).order_by(*order))]
    silent = now - timedelta(seconds=mirror.limits.dead_after_s)
    running = [each for each in open_runs if each.state == RUNNING]
    if any(each.heartbeat_at is not None and each.heartbeat_at > silent for each in running):
        return None
    chosen = next((each for each in open_runs if not only or each.id == only), None)
    if chosen is None:
        return None
    dead = [each.id for each in running if each.id != chosen.id]
    if dead:
        over = {"state": FAILED, "finished_at": now, "error": "Its process died; another sync went on with it."}
        tx.execute(sa.update(table).where(table.c.id.in_(dead)).values(**over))
    values = {"state": RUNNING, "owner": mirror.owner, "heartbeat_at": now, "started_at": chosen.started_at or now}
    tx.execute(sa.update(table).where(table.c.id == chosen.id).values(**values))
    return get(tx, chosen.id)


def _forget_old(tx: Tx, organization_id: str) -> None:
    over = (table.c.organization_id == organization_id) & table.c.state.in_((DONE, FAILED))
    newest = sa.select(table.c.id).where(over).order_by(table.c.asked_at.desc()).limit(KEEP)
    tx.execute(sa.delete(table).where(over, table.c.id.not_in(newest.scalar_subquery())))


def execute(mirror: Mirror, run: Run, /, *, stop: threading.Event | None = None) -> Outcome:
    """Run a claimed sync to its end, telling how far it is every second; it stops when the run was taken over."""
    stop, over = stop or threading.Event(), threading.Event()
    progress = Progress()
    beating = threading.Thread(
        target=_beat, args=(mirror, run, progress, stop, over), name="bookbridge-sync-beat", daemon=True
    )
    beating.start()
    try:
        outcome = _outcome(mirror, run, progress, stop)
    finally:
        over.set()
        beating.join()
    error = outcome.stopped or " ".join(f"{name}: {sentence}" for name, sentence in outcome.failed.items())
    ended: dict[str, Any] = {"state": DONE if outcome.is_good else FAILED, "error": error or None}
    with mirror.db.transaction() as tx:
        ended |= {"finished_at": mirror.db.now(tx), "progress": summary(outcome, progress)}
        tx.execute(_owned(mirror, run).values(**ended))
    return outcome


def _outcome(mirror: Mirror, run: Run, progress: Progress, stop: threading.Event) -> Outcome:
    """The sync; an error that none of its entities could have is its outcome, not the end of the caller."""
    try:
        organization = mirror.zoho.organization(run.organization_id)
        if organization.paused_reason:
            return Outcome(stopped=organization.paused_reason)
        return Sync(mirror, organization, run.wish, progress=progress, stop=stop).run()
    except BookbridgeError as error:
        return Outcome(stopped=str(error))


def _beat(mirror: Mirror, run: Run, progress: Progress, stop: threading.Event, over: threading.Event) -> None:
    """Say that this process lives and how far it is; a run that is no longer ours is stopped."""
    while not over.wait(BEAT_S * min(1.0, mirror.limits.scale)):
        try:
            with mirror.db.transaction() as tx:
                values = {"heartbeat_at": mirror.db.now(tx), "progress": progress.shown()}
                if not tx.execute(_owned(mirror, run).values(**values)).rowcount:
                    stop.set()
                    return
        except DatabaseError:  # the next beat may succeed; if none does, the run is taken over
            continue


def _owned(mirror: Mirror, run: Run) -> Any:
    return sa.update(table).where(table.c.id == run.id, table.c.owner == mirror.owner, table.c.state == RUNNING)


def server_lives(mirror: Mirror, /) -> bool:
    """Whether a server on this database would claim a run."""
    replicas: Any = tables.replicas
    with mirror.db.read() as tx:
        silent = mirror.db.now(tx) - timedelta(seconds=mirror.limits.dead_after_s)
        alive = (replicas.c.heartbeat_at > silent) & replicas.c.stopped_at.is_(None)
        return tx.execute(sa.select(replicas.c.executor_id).where(alive).limit(1)).one_or_none() is not None


def _run(row: Any) -> Run:
    return Run(**{name: getattr(row, name) for name in Run.__dataclass_fields__})
