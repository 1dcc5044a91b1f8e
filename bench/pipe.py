"""Orders a second through the whole pipe on durable SQLite, and the share each part has in the work.

Known customers; accepted in batches as an import does, then the engine until every order is done, the sandbox in a
process of its own. A sampler looks every few milliseconds at the threads that run or wait for the disk (Linux tells
which) and counts what they are at; threads that wait for work, for a lock or for the sandbox's answer are not counted,
because somebody else is at work then. The sandbox's own CPU time is printed beside ours.
"""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from bookbridge.cli.campaigning import load
from bookbridge.cli.campaigning import orders as generator
from lab import POUNDS, Lab, lab, load_contacts, options, receive, show

PARTS = (
    ("bookbridge/net/", "HTTP client"),
    ("bookbridge/store/budgets", "budget"),
    ("bookbridge/access/budget", "budget"),
    ("bookbridge/access/tokens", "tokens"),
    ("bookbridge/zoho/", "client: prepare, decode"),
    ("bookbridge/effects/", "ledger"),
    ("bookbridge/features/", "billing: build, predict, judge"),
    ("bookbridge/inbox/", "ingest"),
    ("bookbridge/workflow/", "engine: queue, chores"),
    ("/dbos/", "engine: durable-execution library"),
)


class Sampler:
    """Looks at every other thread of this process every ``every_s`` seconds and counts what those at work do."""

    def __init__(self, *, every_s: float = 0.005) -> None:
        self.counts: Counter[str] = Counter()
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        me = threading.get_ident()
        while not self._stopping.wait(self._every_s):
            at_work = {each.ident for each in threading.enumerate() if each.ident != me and is_at_work(each)}
            for ident, frame in sys._current_frames().items():
                if ident in at_work:
                    self.counts[part_of(frame)] += 1

    def shares(self) -> dict[str, float]:
        """The share of each part, the largest first."""
        whole = sum(self.counts.values()) or 1
        return {name: round(count / whole, 3) for name, count in self.counts.most_common()}


def is_at_work(thread: threading.Thread) -> bool:
    """Whether a thread runs or waits for the disk, not for anybody else (Linux)."""
    try:
        stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in ("R", "D")


def part_of(frame: FrameType) -> str:
    """The part a stack belongs to, by its innermost frame in one; database work counts for whoever asked for it."""
    walked: FrameType | None = frame
    while walked is not None:
        for mark, name in PARTS:
            if mark in walked.f_code.co_filename:
                return name
        walked = walked.f_back
    return "other"


def cpu_s(pid: str | int) -> float:
    """CPU seconds of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def through_the_pipe(made: Lab, count: int, workers: int) -> dict[str, Any]:
    """Times, calls, CPU and shares of ``count`` orders."""
    orders = generator.generated(count, seed=1)
    load.seed_contacts(made.sandbox, {order.contact_name for order in orders}, organization_id=POUNDS)
    with made.app() as app:
        load_contacts(app)
        made.calls()
        sandbox_before, ours_before = cpu_s(made.sandbox.pid), time.process_time()
        started = time.perf_counter()
        receive(app, [order.body for order in orders])
        ingested = time.perf_counter()
        with Sampler() as sampler, made.engine(app, workers=workers):
            states = made.rest()
        done = time.perf_counter()
        ours, theirs = time.process_time() - ours_before, cpu_s(made.sandbox.pid) - sandbox_before
    assert states == {"done": count}, states
    calls = sum(made.calls().values())
    whole, engine = done - started, done - ingested
    figures: dict[str, Any] = {
        "orders": count,
        "orders per second": round(count / whole, 1),
        "seconds": round(whole, 2),
        "share: ingest": round(1 - engine / whole, 3),
    }
    figures |= {f"share: {name}": round(share * engine / whole, 3) for name, share in sampler.shares().items()}
    figures |= {
        "orders per second, ingest alone": round(count / (ingested - started), 1),
        "calls per order": round(calls / count, 4),
        "our CPU, ms per order": round(1000 * ours / count, 2),
        "the sandbox's CPU, ms per order": round(1000 * theirs / count, 2),
    }
    return figures


def main() -> None:
    """Once through the pipe."""
    given = options(__doc__, count=2_000, workers=8)
    with lab() as made:
        figures = through_the_pipe(made, given.count, given.workers)
    show("The whole pipe, SQLite, durable", figures, given)


if __name__ == "__main__":
    main()
