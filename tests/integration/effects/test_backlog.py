"""A long queue costs no more than a short one: what writes is bounded, and looking around holds up nobody."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.effects.ledger import Effect, Ledger, Plan
from bookbridge.effects.runs import GROUP
from bookbridge.effects.states import State
from bookbridge.kernel.ids import RandomIds
from bookbridge.store import tables
from bookbridge.store.db import Database
from bookbridge.workflow import replicas, storage
from bookbridge.workflow.queue import DurableQueue, run_table

ORGANIZATION = "10000001"
API, HOOK, IMPORT = 2, 3, 5
_NUMBERS = itertools.count()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """A ledger on a fresh database."""
    storage.ensure(database)
    return Ledger(database, queue=DurableQueue(database), ids=RandomIds())


def plan_all(ledger: Ledger, count: int, *, priority: int = HOOK, depends_on: str | None = None) -> list[str]:
    """Effects planned in one transaction, as orders that arrive together are."""
    with ledger.db.transaction() as tx, ledger.gathering(tx):
        return [
            ledger.plan(
                tx,
                Plan(
                    kind="k",
                    ekey=f"{next(_NUMBERS)}",
                    organization_id=ORGANIZATION,
                    intent={},
                    priority=priority,
                    depends_on=depends_on,
                ),
            ).effect_id
            for _ in range(count)
        ]


def one(ledger: Ledger, ekey: str = "customer") -> Effect:
    """One effect that others may wait for."""
    with ledger.db.transaction() as tx:
        planned = ledger.plan(tx, Plan(kind="k", ekey=ekey, organization_id=ORGANIZATION, intent={}))
        effect = ledger.get(tx, planned.effect_id)
    assert effect is not None
    return effect


def age(ledger: Ledger, effect_id: str, *, seconds: float) -> None:
    """Planned that much earlier: what one transaction plans is of one age."""
    effects = tables.effects
    with ledger.db.transaction() as tx:
        earlier = ledger.db.now(tx) - timedelta(seconds=seconds)
        tx.execute(sa.update(effects).where(effects.c.id == effect_id).values(created_at=earlier))


def runs_of(ledger: Ledger, ids: list[str]) -> Counter[str | None]:
    """How many of these effects each run has."""
    effects = tables.effects
    with ledger.db.read() as tx:
        return Counter(tx.scalars(sa.select(effects.c.run_id).where(effects.c.id.in_(ids))))


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """The statements executed meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_releasing_what_waited_is_as_much_work_for_many_as_for_some(ledger: Ledger) -> None:
    """A first order brings a contact; hundreds that wait for it are released in portions, all of them in the end."""
    contact = one(ledger)
    waiting = plan_all(ledger, 150, depends_on=contact.id)
    assert runs_of(ledger, waiting) == {None: 150}
    most, rounds = 0, 0
    while runs_of(ledger, waiting)[None] and rounds < 20:
        rounds += 1
        with statements(ledger.db) as seen, ledger.db.transaction() as tx:
            ledger.release(tx, contact.id)
        most = max(most, len(seen))
    assert most <= 12
    assert runs_of(ledger, waiting)[None] == 0
    assert max(runs_of(ledger, waiting).values()) == GROUP


def test_the_first_that_waited_can_go_on_at_once(ledger: Ledger) -> None:
    """The run that settled the contact takes the oldest with it and hears whether more wait."""
    contact = one(ledger)
    waiting = plan_all(ledger, 3, depends_on=contact.id)
    age(ledger, waiting[1], seconds=60)
    oldest = waiting.pop(1)
    with ledger.db.transaction() as tx:
        released = ledger.release(tx, contact.id, keep_first=True)
    assert (released.first, released.more) == (oldest, False)
    assert runs_of(ledger, [oldest]) == {None: 1}
    assert runs_of(ledger, waiting)[None] == 0


def test_what_a_crash_left_unreleased_is_found_by_the_sweep(ledger: Ledger) -> None:
    """The contact was settled and its process died before the second portion."""
    contact = one(ledger)
    waiting = plan_all(ledger, 100, depends_on=contact.id)
    with ledger.db.transaction() as tx:
        ledger.settle(tx, contact, State.DONE, zoho_id="1")
        ledger.release(tx, contact.id)
        now = ledger.db.now(tx)
        tx.execute(sa.update(tables.effects).values(not_before=now - timedelta(seconds=60)))
    left = runs_of(ledger, waiting)[None]
    assert left > 0
    assert ledger.sweep(grace_s=5.0) == left
    assert runs_of(ledger, waiting)[None] == 0
    assert ledger.sweep(grace_s=5.0) == 0


def test_finding_who_waits_reads_only_those(sqlite_database: Database) -> None:
    """SQLite once read every planned effect instead, while it held the write lock."""
    storage.ensure(sqlite_database)
    ledger = Ledger(sqlite_database, queue=DurableQueue(sqlite_database), ids=RandomIds())
    with statements(sqlite_database) as seen, sqlite_database.transaction() as tx:
        ledger.release(tx, "nothing")
    query = next(each for each in seen if "depends_on" in each)
    with sqlite_database.read() as tx:
        values = (*("x" for _ in range(query.count("?") - 1)), 1)
        how = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("ix_bb_effects_depends" in step for step in how), how


def test_the_sweep_holds_up_nobody_while_it_looks(ledger: Ledger) -> None:
    """With nothing to mend it never asks for the write lock, however many effects are open."""
    one(ledger)
    looked = threading.Event()

    def look() -> None:
        ledger.sweep(grace_s=0.0)
        looked.set()

    with ledger.db.transaction():  # somebody writes
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        assert looked.wait(10.0)
    thread.join(10.0)


def test_finished_runs_are_forgotten_whole_and_in_portions(ledger: Ledger) -> None:
    """The library keeps a run's input apart from the run; both go, and those that live stay."""
    plan_all(ledger, 3 * GROUP)
    one(ledger, "lives")
    runs, inputs = run_table(ledger.db), replicas.payload_tables(ledger.db)[0]
    with ledger.db.transaction() as tx:
        done = sa.select(runs.c.workflow_uuid).limit(3).scalar_subquery()
        tx.execute(
            sa.update(runs).where(runs.c.workflow_uuid.in_(done)).values(status="SUCCESS", completed_at=1, updated_at=1)
        )
    assert replicas.delete_finished(ledger.db, older_than_s=60.0, batch=2) == 3
    with ledger.db.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(runs)).scalar_one() == 1
        assert tx.execute(sa.select(sa.func.count()).select_from(inputs)).scalar_one() == 1


def test_orders_that_people_wait_for_do_not_wait_for_each_other(ledger: Ledger) -> None:
    """Sixteen at the same moment by API are spread over the workers; bulk work is grouped, it costs less so."""
    assert max(runs_of(ledger, plan_all(ledger, 16, priority=API)).values()) == 2
    assert max(runs_of(ledger, plan_all(ledger, 3, priority=API)).values()) == 1
    assert list(runs_of(ledger, plan_all(ledger, 16, priority=IMPORT)).values()) == [16]


def test_bulk_work_gives_way_to_an_order_that_somebody_waits_for(ledger: Ledger) -> None:
    """What is left of its run goes back to the queue once; without anybody waiting it goes on."""
    bulk = plan_all(ledger, 4, priority=IMPORT)
    assert not ledger.gives_way(bulk[1:])
    plan_all(ledger, 1, priority=API)
    before = runs_of(ledger, bulk)
    assert ledger.gives_way(bulk[1:])
    assert runs_of(ledger, bulk[1:]) != before
    assert runs_of(ledger, bulk[:1]).keys() == before.keys()
    assert not ledger.gives_way(plan_all(ledger, 2, priority=API))
    assert not ledger.gives_way([])
