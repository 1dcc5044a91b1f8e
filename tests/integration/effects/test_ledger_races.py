"""The ledger where several processes meet: on SQLite they take turns, on PostgreSQL they truly meet."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.effects.ledger import Effect, Ledger, Plan
from bookbridge.effects.states import State
from bookbridge.kernel.ids import RandomIds
from bookbridge.store import tables
from bookbridge.store.db import Database
from bookbridge.workflow import replicas, storage
from bookbridge.workflow.queue import DurableQueue, run_table

ORGANIZATION = "10000001"


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """A ledger on a fresh database."""
    storage.ensure(database)
    return Ledger(database, queue=DurableQueue(database), ids=RandomIds())


def plan(ledger: Ledger, ekey: str, **members: Any) -> Effect:
    """An effect, planned."""
    with ledger.db.transaction() as tx:
        planned = ledger.plan(tx, Plan(kind="k", ekey=ekey, organization_id=ORGANIZATION, intent={}, **members))
        effect = ledger.get(tx, planned.effect_id)
    assert effect is not None
    return effect


def end(ledger: Ledger, effect: Effect, state: State) -> None:
    """Bring it to an end without evidence."""
    with ledger.db.transaction() as tx:
        assert ledger.settle(tx, effect, state, reason="no")


@pytest.mark.parametrize("state", [State.FAILED, State.REVIEW])
def test_who_waits_for_an_effect_that_came_to_a_bad_end_has_it_tried_again(ledger: Ledger, state: State) -> None:
    """Otherwise an order planned after its customer failed would wait for ever."""
    upstream = plan(ledger, "customer")
    end(ledger, upstream, state)

    plan(ledger, "order", depends_on=upstream.id)

    with ledger.db.read() as tx:
        again = ledger.get(tx, upstream.id)
    assert again is not None
    assert again.state is State.PLANNED


def test_an_effect_that_fails_while_an_order_is_planned_does_not_leave_the_order_behind(ledger: Ledger) -> None:
    """Whoever comes second sees the other: the failure the order, or the order the failure."""
    for turn in range(8):
        upstream = plan(ledger, f"customer{turn}")
        gate = threading.Barrier(2)

        def fails(upstream: Effect = upstream, gate: threading.Barrier = gate) -> int:
            gate.wait()
            with ledger.db.transaction() as tx:
                ledger.settle(tx, upstream, State.FAILED, reason="no")
                waiting = sa.select(tables.effects.c.id).where(tables.effects.c.depends_on == upstream.id)
                return len(tx.execute(waiting).all())

        def comes(upstream: Effect = upstream, gate: threading.Barrier = gate, turn: int = turn) -> None:
            gate.wait()
            plan(ledger, f"order{turn}", depends_on=upstream.id)

        with ThreadPoolExecutor(2) as threads:
            failing, coming = threads.submit(fails), threads.submit(comes)
            coming.result()
            told = failing.result()
        with ledger.db.read() as tx:
            seen = ledger.get(tx, upstream.id)
        assert seen is not None
        assert told == 1 or seen.state is State.PLANNED


def test_a_dead_replica_is_taken_by_one(ledger: Ledger) -> None:
    """Its runs are recovered once, however many replicas notice its death at the same moment."""
    db = ledger.db
    replicas.beat(db, "dead", first=True)
    plan(ledger, "orphan")
    runs = run_table(db)
    with db.transaction() as tx:
        tx.execute(sa.update(runs).values(executor_id="dead", status="PENDING"))
        long_ago = db.now(tx) - timedelta(seconds=600)
        tx.execute(sa.update(tables.replicas).values(heartbeat_at=long_ago))
    gate = threading.Barrier(4)

    def take(name: str) -> list[str]:
        gate.wait()
        return replicas.take_dead(db, name, dead_after_s=30.0)

    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(take, ["a", "b", "c", "d"]))
    assert sorted(taken) == [[], [], [], ["dead"]]


def test_the_sweep_queues_what_is_due_and_lost_oldest_first(ledger: Ledger) -> None:
    """An effect whose run is gone is found; one that waits for another, or whose run lives, is left alone."""
    lost = [plan(ledger, f"lost{number}") for number in range(3)]
    plan(ledger, "waits", depends_on=lost[0].id)
    with ledger.db.transaction() as tx:
        now = ledger.db.now(tx)
        for age, effect in enumerate(lost):
            moved = sa.update(tables.effects).where(tables.effects.c.id == effect.id)
            tx.execute(moved.values(run_id=None, not_before=now - timedelta(seconds=100 - age)))
    assert ledger.sweep(grace_s=5.0, limit=2) == 2
    with ledger.db.read() as tx:
        without = [effect.ekey for effect in lost if _run(tx, effect) is None]
    assert without == ["lost2"]
    assert ledger.sweep(grace_s=5.0) == 1
    assert ledger.sweep(grace_s=5.0) == 0


def _run(tx: Any, effect: Effect) -> Any:
    return tx.execute(sa.select(tables.effects.c.run_id).where(tables.effects.c.id == effect.id)).scalar_one()
