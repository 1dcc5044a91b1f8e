"""Signed orders at a fixed rate to ``POST /hooks/orders``: latency of the acknowledgement, and whether any is lost.

The sender keeps its schedule whatever the answers do, and a latency counts from the moment an event was due: a server
that stalls cannot hide it. The engine makes invoices of the same orders meanwhile, in the same process.
"""

import http.client
import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from bookbridge.cli.campaigning import load
from bookbridge.inbox.sources import standard
from bookbridge.kernel.secret import Secret
from bookbridge.store import export
from bookbridge.store.db import Database
from lab import POUNDS, Lab, lab, options, percentile, show

SENDERS = 48


class Sender:
    """Threads that share one schedule."""

    def __init__(self, url: str, door: load.Door, *, rate: float, count: int) -> None:
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}
        self._host = url.removeprefix("http://")
        self._path = door.path
        self._secret = Secret(door.secret)
        self._rate = rate
        self._count = count
        self._next = 0
        self._lock = threading.Lock()
        self._began = 0.0

    def run(self) -> None:
        """Send everything."""
        self._began = time.perf_counter() + 0.5
        threads = [threading.Thread(target=self._work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=30.0)
        while (number := self._take()) < self._count:
            due = self._began + number / self._rate
            time.sleep(max(0.0, due - time.perf_counter()))
            status = self._send(connection, number)
            with self._lock:
                self.latencies.append(time.perf_counter() - due)
                self.statuses[status] = self.statuses.get(status, 0) + 1
        connection.close()

    def _take(self) -> int:
        with self._lock:
            self._next += 1
            return self._next - 1

    def _send(self, connection: http.client.HTTPConnection, number: int) -> int:
        order = {
            "order_id": f"H{number}", "customer_id": str(number % 50), "customer_name": f"Customer {number % 50}",
            "currency": "GBP", "items": [{"name": "Lantern", "price": 2.5, "quantity": 1 + number % 7}],
        }  # fmt: skip
        raw = json.dumps({"type": "order.created", "timestamp": "2026-03-02T10:00:00Z", "data": order}).encode()
        headers = standard.sign(raw, secret=self._secret, event_id=f"evt_{number}", at=datetime.now(UTC))
        headers["content-type"] = "application/json"
        try:
            connection.request("POST", self._path, body=raw, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status


def measured(made: Lab, *, rate: float, seconds: float, calls_per_minute: str) -> dict[str, Any]:
    """One run; ``calls_per_minute`` is what the engine may do meanwhile, ``0`` as much as it can."""
    count = int(rate * seconds)
    names = {f"Customer {number}" for number in range(50)}
    load.seed_contacts(made.sandbox, names, organization_id=POUNDS)
    with made.app() as app:
        load.load_contacts(app, organization_id=POUNDS)
        door = load.make_door(app, organization_id=POUNDS, source="default")
    with made.serve(BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE=calls_per_minute) as server:
        sender = Sender(server.url, door, rate=rate, count=count)
        sender.run()
        db = Database(made.url, pool_size=1)
        with db.read() as tx:
            stored = sum(export.order_states(tx).values())
        db.close()
    accepted = sender.statuses.get(202, 0)
    return {
        "answered 202": accepted,
        "other answers": {status: n for status, n in sender.statuses.items() if status != 202} or "none",
        "lost (acknowledged and not stored)": max(0, accepted - stored),
        "median, ms": round(1000 * percentile(sender.latencies, 0.5), 1),
        "p95, ms": round(1000 * percentile(sender.latencies, 0.95), 1),
        "p99, ms": round(1000 * percentile(sender.latencies, 0.99), 1),
        "longest, ms": round(1000 * max(sender.latencies), 1),
    }


def main() -> None:
    """200 a second for 30 seconds: at Zoho's minute limit, as in production, and with the limit lifted."""
    given = options(__doc__, rate=200.0, seconds=30.0)
    figures: dict[str, Any] = {"events a second": given.rate, "events of each run": int(given.rate * given.seconds)}
    for name, limits, calls in (("minute limit", "zoho", "100"), ("no limit", "off", "0")):
        with lab(limits=limits) as made:
            run = measured(made, rate=given.rate, seconds=given.seconds, calls_per_minute=calls)
        figures |= {f"{name}: {figure}": value for figure, value in run.items()}
    show("Hooks, SQLite, durable", figures, given)


if __name__ == "__main__":
    main()
