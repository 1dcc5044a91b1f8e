"""A process dies at one exact moment; another life of it, or another replica, finishes the work exactly once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.replica import Death
from tests.durability.world import Installation, installation

pytestmark = pytest.mark.durability

CALLS = ("POST /contacts", "POST /invoices")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation on SQLite, then on PostgreSQL."""
    with installation(database_url, tmp_path / "home") as made:
        yield made


@pytest.fixture
def replicated(postgres_url: str, tmp_path: Path) -> Iterator[Installation]:
    """An installation on PostgreSQL."""
    with installation(postgres_url, tmp_path / "home") as made:
        yield made


@pytest.mark.parametrize("moment", ["before_send", "after_answer"])
def test_a_death_around_a_call_leaves_one_document(world: Installation, moment: str) -> None:
    """Killed just before the first byte leaves, or with the answer in hand: one contact, one invoice an order."""
    world.send("1001", "1002")
    for call in CALLS:
        dead = world.start(death=Death(at=moment, call=call))
        assert world.wait_for_death(dead)
    world.start()
    world.settle()
    world.assert_invariants()


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_death_at_any_commit_leaves_one_document(world: Installation, moment: str) -> None:
    """Killed at the first, second, third ... commit of the ledger until the work is done before the kill."""
    world.send("1001", "1002")
    deaths = 0
    for nth in (1, 2, 3, 1, 2, 3):
        process = world.start(death=Death(at=moment, nth=nth))
        deaths += world.wait_for_death(process)
        if world.rests():
            break
    world.start()
    world.settle()
    assert deaths >= 3
    world.assert_invariants()


@pytest.mark.parametrize(
    ("kind", "params"),
    [("answer_lost", {}), ("late_commit", {"min_s": 1, "max_s": 2}), ("error_before", {}), ("request_lost", {})],
)
def test_a_death_and_a_fault_together_leave_one_document(
    world: Installation, kind: str, params: dict[str, int]
) -> None:
    """The answer is lost, late or an error, and the process dies before it has written down which."""
    world.box.sandbox.plan.load(
        {"rules": [{"kind": kind, "match": {"method": "POST", "path": "^/invoices$"}, "times": 1, "params": params}]}
    )
    world.send("1001")
    dead = world.start(death=Death(at="before_commit", nth=4))
    world.wait_for_death(dead)
    world.start()
    world.settle()
    world.assert_invariants()


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_death_while_an_order_is_received_loses_nothing(world: Installation, moment: str) -> None:
    """Killed before the commit: the order is not there and may be sent again; after it: it is there for good."""
    died = world.receive_and_die("1001", death=Death(at=moment, table="bb_orders"))
    assert died.exitcode == -9
    assert sum(world.states().values()) == (0 if moment == "before_commit" else 1)
    world.send("1001")
    world.start()
    world.settle()
    world.assert_invariants()


@pytest.mark.postgres
@pytest.mark.parametrize("moment", ["before_send", "after_answer"])
def test_another_replica_finishes_what_a_dead_one_left(replicated: Installation, moment: str) -> None:
    """The dead replica never comes back; the one beside it takes over its runs."""
    replicated.send("1001", "1002", "1003")
    dead = replicated.start("one", death=Death(at=moment, call="POST /invoices"))
    assert replicated.wait_for_death(dead)
    replicated.start("two")
    replicated.settle()
    replicated.assert_invariants()


@pytest.mark.postgres
def test_three_replicas_with_the_same_work_make_one_document_each(replicated: Installation) -> None:
    """Twelve orders of one new customer, three replicas, two of which die with an answer in hand."""
    replicated.send(*(str(number) for number in range(2001, 2013)))
    replicated.start("one", death=Death(at="after_answer", nth=2, call="POST /invoices"))
    replicated.start("two", death=Death(at="after_answer", nth=3, call="POST /invoices"))
    replicated.start("three")
    replicated.settle()
    replicated.assert_invariants()
