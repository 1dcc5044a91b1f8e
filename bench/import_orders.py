"""Import a file of real orders twice: invoices, totals to the last digit, what was left out and why, speed.

``python bench/import_orders.py --orders FILE`` (online-retail format; without it the demo's excerpt). The totals are
compared with sums made here, with ``csv`` and ``decimal`` alone.
"""

import csv
import gzip
import json
import time
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from lab import DEMO_ORDERS, POUNDS, Lab, lab, options, show

PENNY = Decimal("0.01")


def expected_totals(path: Path) -> dict[str, Decimal]:
    """The total of each document of the file."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            line = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            totals[row["InvoiceNo"]] += line.quantize(PENNY, rounding=ROUND_HALF_UP)
    return totals


def imported(made: Lab, path: Path) -> dict[str, Any]:
    """One run of the command; its own summary with the wall-clock seconds of the whole process."""
    started = time.perf_counter()
    done = made.run("orders", "import", str(path), "--format", "online-retail", "--org", POUNDS, "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "process_seconds": time.perf_counter() - started, "exit": done.returncode}


def main() -> None:
    """Import twice and compare."""
    given = options(__doc__)
    path = Path(given.orders) if given.orders else DEMO_ORDERS
    expected = expected_totals(path)
    sales = {number: total for number, total in expected.items() if not number.startswith("C") and total > 0}
    with lab() as made:
        first = imported(made, path)
        calls = made.calls()
        listed = {row["reference_number"]: Decimal(str(row["total"])) for row in made.sandbox.invoices(POUNDS)}
        made.calls()
        second = imported(made, path)
        again = made.calls()
    equal = sum(listed.get(number) == total for number, total in sales.items())
    figures: dict[str, Any] = {
        "documents in the file": len(expected),
        "sales in the file": len(sales),
        "invoices": len(listed),
        "totals equal to the last digit": equal,
        "sum of the sales": sum(sales.values(), Decimal(0)),
        "sum of the invoices": sum(listed.values(), Decimal(0)),
    }
    figures |= {f"left out: {each['reason']}": each["count"] for each in first["reasons"]}
    figures |= {
        "dropped silently": len(expected) - len(listed) - sum(each["count"] for each in first["reasons"]),
        "invoices of a second import": second["invoices"]["new"],
        "calls of a second import": sum(again.values()),
        "calls": sum(calls.values()),
        "calls per order": round(sum(calls.values()) / max(1, len(listed)), 4),
        "orders per second": round(len(listed) / first["seconds"], 1),
        "seconds": round(first["seconds"], 1),
        "seconds to store the orders": round(first["storing_seconds"], 1),
    }
    show(f"Import of {path.name}", figures, given)


if __name__ == "__main__":
    main()
