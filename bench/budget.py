"""What the shared call budget costs: milliseconds to take a permit and give it back, on both databases.

    python bench/budget.py [--rounds 2000] [--database URL]

Prints a line for one thread and for eight, with and without a minute limit, and beside it the same with the state in
memory, so that the price of sharing shows as a ratio of one run. PostgreSQL is started from the wheel unless
``--database`` names a PostgreSQL address.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from bookbridge.access.budget import SharedBudget
from bookbridge.cli.campaigning import postgres
from bookbridge.kernel.clock import SystemClock
from bookbridge.store import schema
from bookbridge.store.budgets import BudgetRows
from bookbridge.store.db import Database
from bookbridge.zoho.budget import BudgetPolicy, CallClass, Observation
from bookbridge.zoho.limiter import Budget, InMemoryBudget
from lab import options, show

DONE = Observation(sent=True, status=200)
POLICIES = {
    "no minute limit": BudgetPolicy.for_minute(0, slots=8),
    "window of 97": BudgetPolicy(calls=97, window_ms=50, slots=8),
}
"""The window is shortened so that it stays full of starts without making anybody wait long."""


def measure(budget: Budget, rounds: int, threads: int) -> float:
    """Milliseconds for one permit taken and given back, over all threads."""

    def one(_: int) -> None:
        budget.release(budget.acquire(CallClass.INTERACTIVE, wait_s=30), DONE)

    one(0)
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(rounds)))
    return (time.perf_counter() - started) * 1000 / rounds


def figures_of(name: str, db: Database | None, rounds: int) -> dict[str, float]:
    """The figures of one place to keep the state."""
    rows = BudgetRows(db) if db is not None else None
    found: dict[str, float] = {}
    for title, policy in POLICIES.items():
        for threads in (1, 8):
            budget: Budget = InMemoryBudget(policy=policy)
            if rows is not None:
                key = f"{title} {threads}"
                budget = SharedBudget(rows=rows, organization_id=key, policy=policy, clock=SystemClock())
            label = f"{name}, {title}, {threads} thread{'s' * (threads > 1)}, ms"
            found[label] = round(measure(budget, rounds, threads), 3)
    if rows is not None:
        rows.close()
    return found


def in_database(name: str, url: str, rounds: int) -> dict[str, float]:
    """The figures of one database."""
    db = Database(url)
    try:
        schema.upgrade(db)
        return figures_of(name, db, rounds)
    finally:
        db.close()


def main() -> None:
    """Memory, SQLite and PostgreSQL."""
    given = options(__doc__, rounds=2000, database="")
    figures: dict[str, Any] = {"permits of each": given.rounds, **figures_of("memory", None, given.rounds)}
    with tempfile.TemporaryDirectory() as folder:
        figures |= in_database("sqlite", f"sqlite:///{folder}/bench.db", given.rounds)
    with nullcontext(given.database) if given.database else postgres.temporary_server() as url:
        figures |= in_database("postgresql", url, given.rounds)
    show("A permit of the shared budget", figures, given)


if __name__ == "__main__":
    main()
