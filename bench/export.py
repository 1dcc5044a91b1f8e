"""Exports of a large mirror: a million invoices as CSV, XLSX and JSON lines; time, size and peak memory of the command.

``python bench/export.py [--rows N] [--on sqlite,postgresql] [--json OUT]``. Each export is the command ``bookbridge
export`` in a process of its own. The reports are timed on the same rows, grouped as they are by default, over the
fiscal year so far.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bookbridge import bootstrap, config
from bookbridge.cli.campaigning import postgres
from bookbridge.cli.campaigning.processes import clean_environment
from bookbridge.features.reports import REPORTS, actions
from bookbridge.store import organizations, tables
from bookbridge.store.db import Database
from filled import NOW, ORGANIZATION, TODAY, fill
from lab import options, show

FORMATS = ("csv", "xlsx", "jsonl")
YEAR = {"from": f"{TODAY.year}-01-01", "to": TODAY.isoformat()}


FILLED = 20_000
"""Invoices made one by one; more are copies of these under other ids."""


def multiply(db: Database, times: int) -> None:
    """Copy every invoice, payment and credit note until there are ``times`` as many."""
    numbers = sa.text("SELECT n FROM numbers").columns(sa.column("n", sa.Integer)).subquery()
    with db.transaction() as tx:
        tx.execute(sa.text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
        if times > 1:
            tx.execute(sa.text("INSERT INTO numbers VALUES (:n)"), [{"n": number} for number in range(1, times)])
        for table, record in COPIED:
            copied = [
                (each + "-" + sa.cast(numbers.c.n, sa.Text)) if each.name == record else each for each in table.columns
            ]
            source = sa.select(*copied).select_from(table.join(numbers, sa.true()))
            tx.execute(sa.insert(table).from_select([each.name for each in table.columns], source))
        tx.execute(sa.text("ANALYZE"))


COPIED = (
    (tables.mirror_invoices, "invoice_id"),
    (tables.mirror_payments, "payment_id"),
    (tables.mirror_creditnotes, "creditnote_id"),
)


@contextmanager
def books(url: str, home: Path, rows: int) -> Iterator[dict[str, str]]:
    """A filled installation; gives the environment of its commands."""
    environment = {**clean_environment(), "BOOKBRIDGE_HOME": str(home), "BOOKBRIDGE_DATABASE_URL": url}
    app = bootstrap.build(config.load(environment))
    try:
        fill(app.services.db, min(rows, FILLED), rebuild=False)
        multiply(app.services.db, -(-rows // FILLED))
        connected = replace(ORGANIZATION, grant_id="grt_bench")
        with app.services.db.transaction() as tx:
            organizations.save(app.services.db, tx, connected, at=NOW)
        yield environment
    finally:
        app.close()


COMMAND = """
import resource, sys
from pathlib import Path
from bookbridge.cli.main import execute
code = execute(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
[peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(used.ru_utime + used.ru_stime, int(peak) / 1024)
sys.exit(code)
"""
"""Runs a command of Bookbridge and says what it took; the peak is that of its own memory, not of who started it."""


def export(environment: dict[str, str], form: str, target: Path) -> tuple[float, float, float, float]:
    """Seconds, seconds of a processor, peak resident MiB of the process, and MiB of the file."""
    started = time.perf_counter()
    arguments = ("export", "invoices", "--format", form, "--output", str(target))
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    took, size = time.perf_counter() - started, target.stat().st_size / 2**20
    busy, peak = map(float, done.stdout.splitlines()[-1].split())
    target.unlink()
    return took, busy, peak, size


def exports(name: str, environment: dict[str, str], folder: Path, rows: int) -> dict[str, Any]:
    """The figures of each format."""
    found: dict[str, Any] = {}
    for form in FORMATS:
        took, busy, peak, size = export(environment, form, folder / f"invoices.{form}")
        found[f"{name}, {form}: seconds"] = round(took, 1)
        found[f"{name}, {form}: seconds of a processor"] = round(busy, 1)
        found[f"{name}, {form}: peak memory, MiB"] = round(peak)
        found[f"{name}, {form}: file, MiB"] = round(size, 1)
    return found


def reports(name: str, url: str) -> dict[str, Any]:
    """Seconds of each report as it is by default, over the fiscal year so far."""
    db = Database(url)
    found = {}
    for report in REPORTS:
        asked = actions.policy.asked(
            report, YEAR, organization_id=ORGANIZATION.organization_id, currency="USD", exponent=2, today=TODAY,
            fiscal_month=1,
        )  # fmt: skip
        started = time.perf_counter()
        with db.snapshot() as tx:
            report.run(tx, asked)
        found[f"{name}, report {report.name}, ms"] = round(1000 * (time.perf_counter() - started))
    db.close()
    return found


def main() -> None:
    """SQLite and PostgreSQL."""
    given = options(__doc__, rows=1_000_000, on="sqlite,postgresql")
    figures: dict[str, Any] = {"invoices": given.rows}
    with tempfile.TemporaryDirectory(prefix="bookbridge-bench-") as place:
        folder = Path(place)
        file = nullcontext(f"sqlite:///{folder / 'bookbridge.db'}")
        for name, server in (("SQLite", file), ("PostgreSQL", postgres.temporary_server())):
            if name.lower() in given.on.split(","):
                with server as url, books(url, folder / name, given.rows) as environment:
                    figures |= exports(name, environment, folder, given.rows) | reports(name, url)
    show("Exports and reports of a large mirror", figures, given)


if __name__ == "__main__":
    main()
