"""The budget of one process: waiting, giving up, and threads."""

import threading
from datetime import UTC, datetime

import pytest

from bookbridge.kernel.clock import FixedClock
from bookbridge.zoho.budget import BudgetPolicy, CallClass, Observation
from bookbridge.zoho.errors import BudgetExhaustedError
from bookbridge.zoho.limiter import InMemoryBudget

ORDER = CallClass.ORDER


def budget(policy: BudgetPolicy) -> tuple[InMemoryBudget, FixedClock]:
    """A budget on a clock that moves only by waiting."""
    clock = FixedClock(datetime(2026, 6, 9, tzinfo=UTC))
    return InMemoryBudget(policy=policy, clock=clock), clock


def test_it_waits_until_the_limit_allows_the_call() -> None:
    """Two hundred calls take about two minutes of the clock, none is lost."""
    limiter, clock = budget(BudgetPolicy())
    for _ in range(200):
        limiter.release(limiter.acquire(ORDER, wait_s=None), Observation(status=200, code=0))
    assert 120 <= clock.monotonic() <= 150
    assert limiter.view().slots_in_use == 0


def test_it_gives_up_at_once_when_the_wait_would_be_too_long() -> None:
    """The error says when to ask again and why; nothing has been waited for."""
    limiter, clock = budget(BudgetPolicy.for_minute(0, slots=1))
    limiter.acquire(ORDER, wait_s=0.0)
    with pytest.raises(BudgetExhaustedError) as caught:
        limiter.acquire(ORDER, wait_s=0.01)
    assert caught.value.reason == "slots" and clock.monotonic() == 0.0
    limiter, clock = budget(BudgetPolicy())
    limiter.release(limiter.acquire(ORDER, wait_s=0.0), Observation(status=429, code=44))
    with pytest.raises(BudgetExhaustedError) as caught:
        limiter.acquire(ORDER, wait_s=10.0)
    assert caught.value.reason == "stopped" and clock.monotonic() == 0.0


def test_threads_never_hold_more_slots_than_there_are() -> None:
    """Forty threads, three slots: at most two at once for orders (one is kept for people), all served."""
    limiter = InMemoryBudget(policy=BudgetPolicy(calls=0, slots=3, interactive_slots=1, poll_ms=5))
    lock, running, most, served = threading.Lock(), [0], [0], [0]

    def work() -> None:
        permit = limiter.acquire(ORDER, wait_s=30.0)
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        with lock:
            running[0] -= 1
            served[0] += 1
        limiter.release(permit, Observation(status=200, code=0))

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served[0] == 40 and most[0] <= 2
