"""Which engine processes are alive, whose turn a chore is, and what finished runs to forget."""

from datetime import timedelta

import sqlalchemy as sa

from bookbridge.kernel.clock import to_millis
from bookbridge.store import tables
from bookbridge.store.db import Database
from bookbridge.workflow.queue import SCHEMA, run_table

_LIVING = ("ENQUEUED", "PENDING", "DELAYED")


def beat(db: Database, executor_id: str, /, *, first: bool = False) -> None:
    """Say that this replica is alive."""
    with db.transaction() as tx:
        now = db.now(tx)
        row = {"executor_id": executor_id, "started_at": now, "heartbeat_at": now, "stopped_at": None}
        if first:
            db.upsert(tx, tables.replicas, [row], key=["executor_id"])
            return
        mine = tables.replicas.c.executor_id == executor_id
        tx.execute(sa.update(tables.replicas).where(mine).values(heartbeat_at=now, stopped_at=None))


def retire(db: Database, executor_id: str, /) -> None:
    """Say that this replica stopped on purpose; what it left on the queue is taken over at once."""
    with db.transaction() as tx:
        mine = tables.replicas.c.executor_id == executor_id
        tx.execute(sa.update(tables.replicas).where(mine).values(stopped_at=db.now(tx)))


def take_dead(db: Database, executor_id: str, /, *, dead_after_s: float) -> list[str]:
    """Other replicas that are silent or stopped and still own runs; each is given to one caller at a time."""
    runs = run_table(db)
    with db.transaction() as tx:
        now = db.now(tx)
        silent = tables.replicas.c.heartbeat_at < now - timedelta(seconds=dead_after_s)
        owns = sa.exists().where(
            runs.c.executor_id == tables.replicas.c.executor_id, runs.c.status == sa.literal_column("'PENDING'")
        )
        taken = (
            sa.update(tables.replicas)
            .where(tables.replicas.c.executor_id != executor_id, silent | tables.replicas.c.stopped_at.is_not(None))
            .where(owns)
            .values(heartbeat_at=now, stopped_at=None)
            .returning(tables.replicas.c.executor_id)
        )
        return list(tx.scalars(taken))  # one statement: of two callers the second finds a fresh heartbeat


def take_turn(db: Database, chore: str, /, *, every_s: float) -> bool:
    """Whether this replica does ``chore`` now; over all replicas it is done once every ``every_s`` seconds."""
    name = f"chore:{chore}"
    with db.transaction() as tx:
        now = to_millis(db.now(tx))
        following = now + int(every_s * 1000)
        if db.insert_new(tx, tables.meta, {"name": name, "value": str(following)}):
            return True
        due = sa.cast(tables.meta.c.value, sa.BigInteger) <= now
        taken = sa.update(tables.meta).where(tables.meta.c.name == name, due).values(value=str(following))
        return tx.execute(taken).rowcount == 1


def delete_finished(db: Database, /, *, older_than_s: float, batch: int = 250) -> int:
    """Forget finished runs, with their inputs and outputs; the ledger keeps what they did. Returns how many.

    Many short transactions, and looking for them holds no lock: others write in between.
    """
    runs = run_table(db)
    old = sa.select(runs.c.workflow_uuid).where(
        runs.c.completed_at < sa.bindparam("limit"), runs.c.status.not_in(_LIVING)
    )
    total = 0
    while True:
        with db.read() as tx:
            limit = to_millis(db.now(tx)) - int(older_than_s * 1000)
            found = list(tx.scalars(old.limit(batch), {"limit": limit}))
        if found:
            with db.transaction() as tx:
                for table in (*payload_tables(db), runs):
                    tx.execute(sa.delete(table).where(table.c.workflow_uuid.in_(found)))
        total += len(found)
        if len(found) < batch:
            return total


def payload_tables(db: Database, /) -> tuple[sa.TableClause, sa.TableClause]:
    """Where the library keeps the inputs and the outputs of runs; it deletes neither with the run."""
    schema = None if db.is_sqlite else SCHEMA
    inputs, outputs = (
        sa.table(name, sa.column("workflow_uuid"), schema=schema) for name in ("workflow_input", "workflow_output")
    )
    return inputs, outputs


def has_living_run(db: Database, /) -> sa.Exists:
    """SQL condition: the run named by ``bb_effects.run_id`` still waits or works."""
    runs = run_table(db)
    return sa.exists().where(runs.c.workflow_uuid == tables.effects.c.run_id, runs.c.status.in_(_LIVING))


def anyone_lives(db: Database, /, *, silent_after_s: float) -> bool:
    """Whether a replica beat its heart lately and did not stop; on SQLite the engine lock knows it better."""
    if db.is_sqlite:
        return False
    with db.read() as tx:
        fresh = tables.replicas.c.heartbeat_at >= db.now(tx) - timedelta(seconds=silent_after_s)
        query = sa.select(sa.exists().where(fresh, tables.replicas.c.stopped_at.is_(None)))
        return bool(tx.execute(query).scalar_one())
