"""An organization's call budget in the database: one short transaction to take a permit and one to give it back.

The rules are ``zoho.budget``'s pure functions; here is only where the state lives and how to wait for it. Nothing is
held while waiting, and a permit whose process died returns by itself because it carries a lease.
"""

import threading

from bookbridge.kernel.clock import Clock
from bookbridge.store.budgets import BudgetRows
from bookbridge.zoho import budget
from bookbridge.zoho.budget import BudgetPolicy, BudgetState, BudgetView, CallClass, Granted, Observation, Permit, Wait
from bookbridge.zoho.errors import BudgetExhaustedError

LONGEST_PAUSE_S = 2.0
"""A waiting caller looks again at least this often: a stop may have ended early."""


class SharedBudget:
    """``zoho.session.Budget`` of one organization; safe to share between threads."""

    def __init__(self, *, rows: BudgetRows, organization_id: str, policy: BudgetPolicy, clock: Clock) -> None:
        self._rows = rows
        self._organization_id = organization_id
        self._policy = policy
        self._clock = clock
        self._given_back = threading.Condition()

    def acquire(self, call_class: CallClass, /, *, wait_s: float | None) -> Permit:
        """A permit for one call; waits up to ``wait_s`` seconds (``None``: as long as it takes).

        Raises:
            BudgetExhaustedError: none came free in time; nothing is taken.
        """
        deadline = None if wait_s is None else self._clock.monotonic() + wait_s
        while True:
            outcome, now_ms = self._take(call_class)
            if isinstance(outcome, Granted):
                return outcome.permit
            left = None if deadline is None else deadline - self._clock.monotonic()
            pause_s = max(0.002, (outcome.until_ms - now_ms) / 1000)
            if left is not None and pause_s > left:
                raise BudgetExhaustedError(until_ms=outcome.until_ms, reason=outcome.reason)
            self._pause(pause_s)

    def release(self, permit: Permit, observation: Observation, /) -> None:
        """Give the slot back and learn from what the call met."""

        def step(state: str, now_ms: int) -> tuple[str, None]:
            after = budget.give_back(
                _read(state), permit.permit_id, now_ms=now_ms, observation=observation, policy=self._policy
            )
            return after.to_json().decode(), None

        self._rows.change(self._organization_id, step)
        with self._given_back:
            self._given_back.notify()

    def view(self) -> BudgetView:
        """What is used and what is left."""
        return self._rows.change(
            self._organization_id,
            lambda state, now_ms: (state, budget.view(_read(state), now_ms=now_ms, policy=self._policy)),
        )

    def _take(self, call_class: CallClass) -> tuple[Granted | Wait, int]:
        def step(state: str, now_ms: int) -> tuple[str, tuple[Granted | Wait, int]]:
            after, outcome = budget.take(_read(state), now_ms=now_ms, call_class=call_class, policy=self._policy)
            return after.to_json().decode(), (outcome, now_ms)

        return self._rows.change(self._organization_id, step)

    def _pause(self, seconds: float) -> None:
        """Wait until it is worth asking again; a permit given back in this process wakes one waiter early."""
        with self._given_back:
            self._given_back.wait(min(seconds, LONGEST_PAUSE_S))


def _read(state: str) -> BudgetState:
    return BudgetState.from_json(state.encode()) if state else BudgetState()
