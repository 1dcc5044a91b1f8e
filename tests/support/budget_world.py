"""A discrete-event model of one organization at its limits: callers, the budget, and a Zoho that counts.

Time is simulated, randomness is seeded: the same arguments give the same figures on every machine.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bookbridge.zoho.budget import (
    BudgetPolicy,
    BudgetState,
    CallClass,
    Granted,
    Observation,
    Permit,
    give_back,
    take,
)


@dataclass
class Server:
    """Counts calls in a sliding minute and at once, as the strictest reading of Zoho's limits would."""

    per_minute: int = 100
    at_once: int = 10
    block_ms: int = 0
    arrivals: deque[int] = field(default_factory=deque)
    running: int = 0
    blocked_until: int = 0
    refused: int = 0
    accepted: list[int] = field(default_factory=list)

    def arrive(self, now: int) -> int:
        """The limit's code, or 0 when the call is accepted."""
        while self.arrivals and self.arrivals[0] <= now - 60_000:
            self.arrivals.popleft()
        if now < self.blocked_until or len(self.arrivals) >= self.per_minute:
            self.refused += 1
            if now >= self.blocked_until:
                self.blocked_until = now + self.block_ms
            return 44
        self.arrivals.append(now)
        if self.running >= self.at_once:
            self.refused += 1
            return 1070
        self.accepted.append(now)
        return 0


@dataclass
class Waiting:
    """One call that wants to happen."""

    call_class: CallClass
    wanted_at: int
    done: Callable[[int, int], None]


class World:
    """Runs callers against one budget state and one server; milliseconds."""

    def __init__(self, *, policy: BudgetPolicy, server: Server, seed: int, latency_ms: float = 400.0) -> None:
        self.policy, self.server = policy, server
        self.state = BudgetState()
        self.random = random.Random(seed)
        self.latency_ms = latency_ms
        self.now = 1_800_000_000_000
        self.start = self.now
        self.largest_state = 0
        self.took: dict[CallClass, list[int]] = {name: [] for name in CallClass}
        self.grants: dict[CallClass, list[int]] = {name: [] for name in CallClass}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: int, action: Callable[[], None]) -> None:
        """Do something at a moment."""
        heapq.heappush(self._events, (when, next(self._order), action))

    def run(self, minutes: float) -> None:
        """Let that much time pass."""
        end = self.start + round(minutes * 60_000)
        while self._events and self._events[0][0] <= end:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = end

    def call(self, call_class: CallClass, done: Callable[[int], None] = lambda code: None) -> None:
        """Make one call: wait for a permit, send, come back with the server's code."""
        self._ask(call_class, self.now, done)

    def _ask(self, call_class: CallClass, wanted_at: int, done: Callable[[int], None]) -> None:
        self.state, answer = take(self.state, now_ms=self.now, call_class=call_class, policy=self.policy)
        self.largest_state = max(self.largest_state, len(self.state.to_json()))
        if not isinstance(answer, Granted):
            assert answer.until_ms > self.now, answer
            late = self.random.randint(0, 10)
            self.at(answer.until_ms + late, lambda: self._ask(call_class, wanted_at, done))
            return
        self.grants[call_class].append(self.now)
        there = self.now + round(self.random.uniform(5, 250))
        self.at(there, lambda: self._serve(call_class, wanted_at, answer.permit, done))

    def _serve(self, call_class: CallClass, wanted_at: int, permit: Permit, done: Callable[[int], None]) -> None:
        code = self.server.arrive(self.now)
        self.server.running += 1
        work = 20 if code else self.random.lognormvariate(0, 0.5) * self.latency_ms

        def back() -> None:
            self.server.running -= 1
            status = 429 if code else 200
            self.state = give_back(
                self.state,
                permit.permit_id,
                now_ms=self.now,
                observation=Observation(status=status, code=code),
                policy=self.policy,
            )
            self.took[call_class].append(self.now - wanted_at)
            done(code)

        self.at(self.now + max(5, round(work)), back)

    def workers(self, count: int, call_class: CallClass, jobs: Callable[[], bool]) -> None:
        """``count`` workers that call one after the other while ``jobs()`` says there is work; a 429 is repeated."""

        def work(code: int = 0) -> None:
            if code or jobs():
                self.call(call_class, work)
            else:
                self.at(self.now + 1000, work)

        for _ in range(count):
            self.at(self.now, work)

    def arrivals(self, per_minute: float, action: Callable[[], object]) -> None:
        """Do something at random moments, so often a minute on average."""

        def arrive() -> None:
            action()
            plan()

        def plan() -> None:
            self.at(self.now + 1 + round(self.random.expovariate(per_minute / 60_000)), arrive)

        plan()


def percentile(values: list[int], share: float) -> int:
    """The value below which that share of the values lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0
