"""Questions to a large mirror: aging of today and of past days, the lists behind it, what the dashboard asks.

Fills invoices with payments straight into the tables of SQLite and PostgreSQL, makes the sums, then asks each question
``--rounds`` times and prints the median, beside a straight scan of the same rows in the same database and in DuckDB;
all answers must be equal. ``--folder DIR`` keeps the filled SQLite file there and uses it again.
"""

import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

import filled
from bookbridge.cli.campaigning import postgres
from bookbridge.mirror import receivables
from bookbridge.mirror.queries.aging import Aging, aging
from bookbridge.mirror.queries.asking import BUCKETS, Asked, asked
from bookbridge.mirror.queries.customers import find_customer, list_customers
from bookbridge.mirror.queries.due import due_soon
from bookbridge.mirror.queries.freshness import freshness
from bookbridge.mirror.queries.invoices import InvoiceFilter, list_invoices
from bookbridge.mirror.queries.months import months
from bookbridge.store import schema
from bookbridge.store.db import Database, Tx
from lab import options, show

PAST = filled.TODAY - timedelta(days=400)
Answer = dict[tuple[str, str], tuple[int, int]]
"""By currency and bucket: how many invoices, how much in minor units."""

NOW_SQL = """
SELECT currency, {bucket} AS bucket, count(*), sum(balance_minor) FROM {invoices}
WHERE status NOT IN ('draft', 'void') AND balance_minor > 0 GROUP BY currency, bucket
"""
THEN_SQL = """
SELECT currency, {bucket} AS bucket, count(*), sum(balance) FROM (
  SELECT i.currency, i.due_on, i.total_minor - coalesce(a.amount, 0) AS balance FROM {invoices} i
  LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS amount FROM {allocations} WHERE applied_on <= '{day}'
             GROUP BY invoice_id) a ON a.invoice_id = i.invoice_id
  WHERE i.status NOT IN ('draft', 'void') AND i.invoice_on <= '{day}') o
WHERE balance > 0 GROUP BY currency, bucket
"""


def median(ask: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """The median time in milliseconds after one round that warms up, and the last answer."""
    answer = ask()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), answer


def of(found: Aging) -> Answer:
    """An answer of ours as the scans give it."""
    return {
        (each.currency, bucket.name): (bucket.count, bucket.total.minor)
        for each in found.by_currency
        for bucket in each.spread.buckets
        if bucket.count
    }


def scanned(rows: Any) -> Answer:
    """An answer of a scan."""
    return {(code, BUCKETS[int(bucket)]): (int(count), int(amount)) for code, bucket, count, amount in rows}


def sql(text: str, question: Asked, **names: str) -> str:
    """The straight statement for a day."""
    cases = " ".join(f"WHEN due_on >= '{start}' THEN {number}" for number, start in enumerate(question.starts))
    return text.format(bucket=f"CASE {cases} ELSE 4 END", day=question.as_of.isoformat(), **names)


def questions(tx: Tx, now: Asked, then: Asked) -> Mapping[str, Callable[[], Any]]:
    """Everything that is asked, by what is printed."""
    customer = aging(tx, now).customers[0].customer_id

    def listed(question: Asked, **wanted: Any) -> Callable[[], Any]:
        return lambda: list_invoices(tx, question, InvoiceFilter(**wanted))

    by_date = asked(tx, filled.ORGANIZATION, filled.NOW, by="invoice_date")
    return {
        "aging today, by invoice date": lambda: aging(tx, by_date),
        "twelve months": lambda: months(tx, now),
        "due this week": lambda: due_soon(tx, now),
        "dashboard: all of it": lambda: _dashboard(tx, now),
        "list: first page": listed(now),
        "list: page 2,000": listed(now, page=2000),
        "list: paid": listed(now, status="paid"),
        "list: overdue by balance": listed(now, status="overdue", sort="balance"),
        "list: bucket 90+": listed(now, bucket="90+"),
        "list: bucket 31-60, past day": listed(then, bucket="31-60"),
        "list: everything by customer": listed(now, sort="customer_name", is_ascending=True),
        "list: search 12345": listed(now, search="12345"),
        "list: one customer": listed(now, customer_id=customer),
        "one customer": lambda: find_customer(tx, now, customer),
        "customers by what they owe": lambda: list_customers(tx, now),
    }


def _dashboard(tx: Tx, now: Asked) -> None:
    aging(tx, now)
    months(tx, now)
    due_soon(tx, now)
    freshness(tx, filled.ORGANIZATION.organization_id)


def measure(db: Database, name: str, rounds: int, figures: dict[str, Any]) -> tuple[Asked, Asked, Answer, Answer]:
    """Ask everything of one database."""
    with db.read() as tx:
        now = asked(tx, filled.ORGANIZATION, filled.NOW)
        then = asked(tx, filled.ORGANIZATION, filled.NOW, as_of=PAST.isoformat())
        today_ms, today = median(lambda: aging(tx, now), rounds)
        past_ms, past = median(lambda: aging(tx, then), rounds)
        tables = {"invoices": "bb_mirror_invoices", "allocations": "bb_mirror_allocations"}
        scan_now_ms, scan_now = median(lambda: tx.exec_driver_sql(sql(NOW_SQL, now, **tables)).all(), min(rounds, 3))
        scan_then_ms, scan_then = median(lambda: tx.exec_driver_sql(sql(THEN_SQL, then, **tables)).all(), 1)
        assert of(today) == scanned(scan_now), "today differs from the scan"
        assert of(past) == scanned(scan_then), "the past day differs from the scan"
        figures[f"{name}: aging today (ms)"] = today_ms
        figures[f"{name}: scan of today (ms)"] = scan_now_ms
        figures[f"{name}: scan / aging today"] = scan_now_ms / today_ms
        figures[f"{name}: aging of {PAST} (ms)"] = past_ms
        figures[f"{name}: scan of {PAST} (ms)"] = scan_then_ms
        figures[f"{name}: scan / aging of a past day"] = scan_then_ms / past_ms
        for title, ask in questions(tx, now, then).items():
            figures[f"{name}: {title} (ms)"] = median(ask, rounds)[0]
    return now, then, of(today), of(past)


def compare_duckdb(
    db: Database, folder: Path, given: tuple[Asked, Asked, Answer, Answer], rounds: int
) -> dict[str, Any]:
    """The same rows in DuckDB, loaded from files, and the same two scans."""
    now, then, today, past = given
    duck = duckdb.connect()
    duck.execute("SET threads = 2")
    columns = {
        "invoices": "invoice_id, currency, status, invoice_on, due_on, total_minor, balance_minor",
        "allocations": "invoice_id, applied_on, amount_minor",
    }
    for table, names in columns.items():
        path = folder / f"{table}.csv"
        with db.read() as tx, path.open("w", newline="") as file:
            rows = tx.execution_options(stream_results=True).exec_driver_sql(f"SELECT {names} FROM bb_mirror_{table}")
            csv.writer(file).writerows(rows)
        kinds = ", ".join(f"'{each}': '{'BIGINT' if 'minor' in each else 'VARCHAR'}'" for each in names.split(", "))
        duck.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}', header = false, columns = {{{kinds}}})")
    tables = {"invoices": "invoices", "allocations": "allocations"}
    now_ms, rows = median(lambda: duck.execute(sql(NOW_SQL, now, **tables)).fetchall(), rounds)
    assert scanned(rows) == today, "DuckDB's today differs"
    then_ms, rows = median(lambda: duck.execute(sql(THEN_SQL, then, **tables)).fetchall(), rounds)
    assert scanned(rows) == past, "DuckDB's past day differs"
    return {"DuckDB: scan of today (ms)": now_ms, f"DuckDB: scan of {PAST} (ms)": then_ms}


def prepare(db: Database, count: int, name: str, figures: dict[str, Any]) -> None:
    """Fill an empty database and make the sums."""
    schema.upgrade(db)
    started = time.perf_counter()
    filled.fill(db, count, rebuild=False)
    figures[f"{name}: filled (s)"] = time.perf_counter() - started
    started = time.perf_counter()
    with db.transaction() as tx:
        receivables.rebuild(db, tx, filled.ORGANIZATION.organization_id)
    figures[f"{name}: sums made anew (s)"] = time.perf_counter() - started
    filled.analyze(db)


@contextmanager
def place(folder: str) -> Iterator[Path]:
    """Where files are kept, or a folder that is gone afterwards."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as made:
        yield Path(made)


def main() -> None:
    """Measure on SQLite and PostgreSQL."""
    given = options(__doc__, count=1_000_000, rounds=9, databases="sqlite,postgres", folder="")
    figures: dict[str, Any] = {"invoices": given.count}
    with place(given.folder) as folder:
        if "sqlite" in given.databases:
            path = folder / f"aging-{given.count}.db"
            is_new = not path.exists()
            db = Database(f"sqlite:///{path}")
            if is_new:
                prepare(db, given.count, "SQLite", figures)
            answers = measure(db, "SQLite", given.rounds, figures)
            figures |= compare_duckdb(db, folder, answers, given.rounds)
            db.close()
        if "postgres" in given.databases:
            with postgres.temporary_server() as url:
                db = Database(url)
                prepare(db, given.count, "PostgreSQL", figures)
                measure(db, "PostgreSQL", given.rounds, figures)
                db.close()
    with_counts(figures)
    show("Aging and lists over a large mirror", figures, given)


def with_counts(figures: dict[str, Any]) -> None:
    """Say what DuckDB's scans are beside ours."""
    for what, ours in (("today", "aging today"), (str(PAST), f"aging of {PAST}")):
        theirs = figures.get(f"DuckDB: scan of {what} (ms)")
        if theirs is not None:
            figures[f"DuckDB's scan / SQLite's {ours}"] = theirs / figures[f"SQLite: {ours} (ms)"]


if __name__ == "__main__":
    main()
