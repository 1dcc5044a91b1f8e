"""What the shared call budget costs: milliseconds to take a permit and give it back, on both databases.

    python bench/budget.py [--rounds 2000] [--database URL]

Prints a line for one thread and for eight, with and without a minute limit, and beside it the same with the state in
memory, so that the price of sharing shows as a ratio of one run. PostgreSQL is started from the wheel unless
``--database`` names a PostgreSQL address.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support import postgres

from bookbridge.access.budget import SharedBudget
from bookbridge.kernel.clock import SystemClock
from bookbridge.store import schema
from bookbridge.store.budgets import BudgetRows
from bookbridge.store.db import Database
from bookbridge.zoho.budget import BudgetPolicy, CallClass, Observation
from bookbridge.zoho.limiter import Budget, InMemoryBudget

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


def report(name: str, db: Database | None, rounds: int) -> None:
    """Print the lines of one place to keep the state."""
    rows = BudgetRows(db) if db is not None else None
    for title, policy in POLICIES.items():
        for threads in (1, 8):
            budget: Budget = InMemoryBudget(policy=policy)
            if rows is not None:
                key = f"{title} {threads}"
                budget = SharedBudget(rows=rows, organization_id=key, policy=policy, clock=SystemClock())
            print(f"{name:<11} {title:<16} {threads} thread(s)  {measure(budget, rounds, threads):7.3f} ms")
    if rows is not None:
        rows.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    report("memory", None, given.rounds)
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/bench.db")
        schema.upgrade(db)
        report("sqlite", db, given.rounds)
        db.close()
    if given.database:
        db = Database(given.database)
        schema.upgrade(db)
        report("postgresql", db, given.rounds)
        db.close()
        return
    with postgres.fresh_database() as url:
        db = Database(url)
        schema.upgrade(db)
        report("postgresql", db, given.rounds)
        db.close()


if __name__ == "__main__":
    main()
