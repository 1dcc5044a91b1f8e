"""The shared budget: exact over threads and connections, and it gives back what the dead held."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bookbridge.access.budget import SharedBudget
from bookbridge.kernel.clock import SystemClock
from bookbridge.store.budgets import BudgetRows
from bookbridge.store.db import Database
from bookbridge.zoho.budget import BudgetPolicy, CallClass, Observation
from bookbridge.zoho.errors import BudgetExhaustedError

DONE = Observation(sent=True, status=200)
ORDER = CallClass.ORDER


@pytest.fixture
def rows(database: Database) -> Iterator[list[BudgetRows]]:
    """Two sets of connections, as two processes have them."""
    made = [BudgetRows(database), BudgetRows(database)]
    yield made
    for each in made:
        each.close()


def budget(rows: BudgetRows, policy: BudgetPolicy, organization_id: str = "1") -> SharedBudget:
    """The budget of an organization as one process sees it."""
    return SharedBudget(rows=rows, organization_id=organization_id, policy=policy, clock=SystemClock())


def test_minute_limit_is_exact_over_processes(rows: list[BudgetRows]) -> None:
    """40 callers over two processes, room for 20 in the window: exactly 20 get a permit."""
    policy = BudgetPolicy(calls=20, slots=100, interactive_calls=20, interactive_slots=0)
    both = [budget(each, policy) for each in rows]

    def call(number: int) -> int:
        try:
            both[number % 2].release(both[number % 2].acquire(CallClass.INTERACTIVE, wait_s=0), DONE)
        except BudgetExhaustedError:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(call, range(40))) == 20
    assert both[0].view().calls_in_window == 20


def test_slots_stay_without_a_minute_limit(rows: list[BudgetRows]) -> None:
    """With the minute limit lifted at most the slots are in use, over both processes."""
    policy = BudgetPolicy.for_minute(0, slots=3)
    both = [budget(each, policy) for each in rows]
    held = [both[0].acquire(CallClass.INTERACTIVE, wait_s=0), both[1].acquire(CallClass.INTERACTIVE, wait_s=0)]
    held.append(both[0].acquire(CallClass.INTERACTIVE, wait_s=0))
    with pytest.raises(BudgetExhaustedError) as refused:
        both[1].acquire(CallClass.INTERACTIVE, wait_s=0)
    assert refused.value.reason == "slots"
    both[1].release(held[0], DONE)
    both[1].release(both[1].acquire(CallClass.INTERACTIVE, wait_s=0), DONE)


def test_waiter_is_served_when_another_thread_returns_a_slot(rows: list[BudgetRows]) -> None:
    """Waiting holds nothing and ends soon after a slot came back."""
    shared = budget(rows[0], BudgetPolicy.for_minute(0, slots=1))
    held = shared.acquire(ORDER, wait_s=0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(shared.acquire, ORDER, wait_s=20.0)
        shared.release(held, DONE)
        shared.release(waiting.result(timeout=20), DONE)


def test_slot_of_a_dead_process_returns(rows: list[BudgetRows]) -> None:
    """A permit that is never given back frees its slot when its lease ends."""
    policy = BudgetPolicy(calls=0, slots=1, interactive_slots=0, permit_ms=100)
    budget(rows[0], policy).acquire(ORDER, wait_s=0)
    other = budget(rows[1], policy)
    other.release(other.acquire(ORDER, wait_s=20.0), DONE)


def test_organizations_do_not_share(rows: list[BudgetRows]) -> None:
    """One organization's spent budget is not another's."""
    policy = BudgetPolicy.for_minute(0, slots=1)
    budget(rows[0], policy, "1").acquire(ORDER, wait_s=0)
    budget(rows[0], policy, "2").acquire(ORDER, wait_s=0)


def test_a_limit_met_by_one_process_stops_the_other(rows: list[BudgetRows]) -> None:
    """Zoho's 44 stops the organization everywhere."""
    both = [budget(each, BudgetPolicy()) for each in rows]
    permit = both[0].acquire(ORDER, wait_s=0)
    both[0].release(permit, Observation(sent=True, status=429, code=44))
    with pytest.raises(BudgetExhaustedError, match="stopped"):
        both[1].acquire(CallClass.INTERACTIVE, wait_s=0)
