"""At saturation with Zoho's minute limit on: how much of the limit is used, 429s, and what people feel.

600 orders of new customers are queued at once (1,800 calls: the queue outlives the run), people read an invoice list
six times a minute meanwhile. ``--scale 0.1`` runs ten times as fast: Bookbridge's limits of time shrink by the factor
and the sandbox's clock runs faster by it, so that a minute of Zoho takes six seconds; latencies are then multiplied
back, which makes those of the machine ten times as long as they are. The default is real time.
"""

import threading
import time
from random import Random
from typing import Any

import httpx2

from lab import API_KEY, POUNDS, Lab, lab, options, percentile, receive, show

LIMIT = 100
"""Calls a minute and organization that Zoho allows."""


def people(url: str, *, per_minute: float, scale: float, stopping: threading.Event, latencies: list[float]) -> None:
    """Ask for invoices at random moments; latencies in unscaled seconds."""
    random = Random(1)
    headers = {"Authorization": f"Bearer {API_KEY}"}
    asking: list[threading.Thread] = []

    def ask() -> None:
        began = time.perf_counter()
        params = {"organization_id": POUNDS, "source": "zoho", "per_page": "10"}
        answer = httpx2.get(f"{url}/api/invoices", params=params, headers=headers, timeout=120.0)
        if answer.status_code == 200:
            latencies.append((time.perf_counter() - began) / scale)

    while not stopping.wait(random.expovariate(per_minute / 60) * scale):
        asking.append(threading.Thread(target=ask))
        asking[-1].start()
    for thread in asking:
        thread.join()


def measured(made: Lab, *, orders: int, minutes: float, per_minute: float, scale: float) -> dict[str, Any]:
    """One run; the first minute, in which the window fills, counts as well."""
    bodies = [
        {
            "order_id": f"S{number}", "customer_email": f"s{number}@example.com", "customer_name": f"Buyer {number}",
            "currency": "GBP", "items": [{"name": "Lantern", "price": 4, "quantity": 3}],
        }
        for number in range(orders)
    ]  # fmt: skip
    limits = {"BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": str(LIMIT), "BOOKBRIDGE_TIME_SCALE": str(scale)}
    with made.app(**limits) as app:
        receive(app, bodies, channel="api")
    made.sandbox.control("clock", {"scale": 1 / scale})
    time.sleep(61 * scale)
    made.calls()
    latencies: list[float] = []
    stopping = threading.Event()
    with made.serve(**limits) as server:
        arguments = {"per_minute": per_minute, "scale": scale, "stopping": stopping, "latencies": latencies}
        asking = threading.Thread(target=people, args=(server.url,), kwargs=arguments)
        began = time.perf_counter()
        asking.start()
        time.sleep(max(0.0, minutes * 60 * scale - (time.perf_counter() - began)))
        calls = made.calls()
        passed_min = (time.perf_counter() - began) / 60 / scale
        stopping.set()
        asking.join()
        rows = made.sandbox.control("requests?after=0")
        left = made.open_orders()
    used = sum(count for name, count in calls.items() if name != "token")
    return {
        "orders queued": orders,
        "minutes of Zoho's clock": round(passed_min, 2),
        "time scale": scale,
        "calls": used,
        "use of the limit": round(used / (LIMIT * passed_min), 4),
        "answers 429": sum(row["status"] == 429 for row in rows),
        "orders still queued at the end": left,
        "interactive calls": len(latencies),
        "interactive median, s": round(percentile(latencies, 0.5), 3),
        "interactive p95, s": round(percentile(latencies, 0.95), 3),
        "interactive longest, s": round(max(latencies), 3),
    }


def main() -> None:
    """Ten minutes."""
    given = options(__doc__, queue=600, minutes=10.0, per_minute=6.0, scale=1.0)
    with lab(limits="zoho") as made:
        # The plan's day (5,000 calls) is not what is measured here.
        made.sandbox.control(
            "seed", {"organizations": [{"organization_id": POUNDS, "settings": {"daily_limit": 100_000}}]}
        )
        figures = measured(
            made, orders=given.queue, minutes=given.minutes, per_minute=given.per_minute, scale=given.scale
        )
    show("At saturation, minute limit on", figures, given)


if __name__ == "__main__":
    main()
