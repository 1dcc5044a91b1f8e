"""200 concurrent calls with a token that died: in one process, and spread over three on one database."""

import multiprocessing
import threading
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.cli.campaigning import load
from lab import POUNDS, Lab, lab, options, show


def call_together(app: App, threads: int, gate: Any) -> int:
    """``threads`` calls at once after the gate; how many were answered."""
    books = app.services.zoho.books(POUNDS)
    answered: list[int] = []
    ready = threading.Barrier(threads + 1)

    def work() -> None:
        ready.wait()
        answered.append(len(books.call("GET", "/settings/currencies").body["currencies"]))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    gate()
    ready.wait()
    for worker in workers:
        worker.join()
    return len(answered)


def process(environment: dict[str, str], threads: int, gate: Any, answers: Any) -> None:
    """One of three processes."""
    with load.application(environment) as app:
        app.services.zoho.books(POUNDS).call("GET", "/settings/currencies")
        answers.put(call_together(app, threads, gate.wait))


def in_one(made: Lab, calls: int) -> tuple[int, int]:
    """Answers and refreshes of one process."""
    with made.app() as app:
        made.calls()

        def expire() -> None:
            made.sandbox.control("tokens", {"action": "expire_access"})

        answered = call_together(app, calls, expire)
    return answered, made.calls()["token"]


def over_three(made: Lab, calls: int) -> tuple[int, int]:
    """Answers and refreshes of three processes that share a database."""
    with made.app():
        pass
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(4), context.Queue()
    shares = [calls // 3 + (number < calls % 3) for number in range(3)]
    workers = [context.Process(target=process, args=(made.environment, n, gate, answers)) for n in shares]
    for worker in workers:
        worker.start()
    # Each process has used the living token once before it comes to the gate.
    while gate.n_waiting < 3:
        threading.Event().wait(0.05)
    made.calls()
    made.sandbox.control("tokens", {"action": "expire_access"})
    gate.wait()
    answered = sum(answers.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join()
    return answered, made.calls()["token"]


def main() -> None:
    """Both kinds, on SQLite or PostgreSQL."""
    given = options(__doc__, calls=200, database="sqlite")
    figures: dict[str, Any] = {"concurrent calls": given.calls, "database": given.database}
    for name, measure in (("one process", in_one), ("three processes", over_three)):
        with lab(database=given.database) as made:
            answered, refreshes = measure(made, given.calls)
        figures[f"{name}: answered"] = answered
        figures[f"{name}: refreshes"] = refreshes
    show("Refreshes of one expired token", figures, given)


if __name__ == "__main__":
    main()
