"""The budget of one process: the pure budget behind a lock, for a client that runs alone."""

import threading
from typing import Protocol

from bookbridge.kernel.clock import Clock, SystemClock, to_millis
from bookbridge.zoho import budget
from bookbridge.zoho.budget import BudgetPolicy, BudgetState, BudgetView, CallClass, Granted, Observation, Permit, Wait
from bookbridge.zoho.errors import BudgetExhaustedError


class Budget(Protocol):
    """Gives permits to call Zoho."""

    def acquire(self, call_class: CallClass, /, *, wait_s: float | None) -> Permit:
        """A permit, waiting for it at most ``wait_s`` seconds (``None``: as long as it takes).

        Raises:
            BudgetExhaustedError: there is none within that time; nothing was sent.
        """
        ...

    def release(self, permit: Permit, observation: Observation, /) -> None:
        """The call is over; this is what it showed."""
        ...


class InMemoryBudget:
    """One organization's budget for all threads of this process."""

    def __init__(self, *, policy: BudgetPolicy | None = None, clock: Clock | None = None) -> None:
        self._policy = policy or BudgetPolicy()
        self._clock = clock or SystemClock()
        self._state = BudgetState()
        self._lock = threading.Lock()

    def acquire(self, call_class: CallClass, /, *, wait_s: float | None) -> Permit:
        """A permit, waiting for it at most ``wait_s`` seconds.

        Raises:
            BudgetExhaustedError: there is none within that time.
        """
        deadline = None if wait_s is None else self._clock.monotonic() + wait_s
        while True:
            answer, now_ms = self._take(call_class)
            if isinstance(answer, Granted):
                return answer.permit
            pause_s = max(0.001, (answer.until_ms - now_ms) / 1000)
            if deadline is not None and self._clock.monotonic() + pause_s > deadline:
                raise BudgetExhaustedError(until_ms=answer.until_ms, reason=answer.reason)
            self._clock.sleep(pause_s)

    def release(self, permit: Permit, observation: Observation, /) -> None:
        """The call is over; this is what it showed."""
        with self._lock:
            self._state = budget.give_back(
                self._state,
                permit.permit_id,
                now_ms=to_millis(self._clock.now()),
                observation=observation,
                policy=self._policy,
            )

    def view(self) -> BudgetView:
        """What is left."""
        with self._lock:
            return budget.view(self._state, now_ms=to_millis(self._clock.now()), policy=self._policy)

    def _take(self, call_class: CallClass) -> tuple[Granted | Wait, int]:
        with self._lock:
            now_ms = to_millis(self._clock.now())
            self._state, answer = budget.take(self._state, now_ms=now_ms, call_class=call_class, policy=self._policy)
            return answer, now_ms
