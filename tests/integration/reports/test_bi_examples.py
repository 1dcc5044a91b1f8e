"""The SQL of the page for BI tools runs as it stands, on both databases, and agrees with the reports."""

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reports import actions
from bookbridge.kernel.money import Money
from bookbridge.store import tables
from tests.support.web import Site

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "connect-a-bi-tool.md"
EXAMPLES = re.findall(r"```sql (both|sqlite|postgresql)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_every_example_runs_and_tells_the_truth(site: Site) -> None:
    """Each statement in the order of the page, in one transaction that is undone; sums are those of the reports."""
    db = site.app.services.db
    found: dict[str, list[Any]] = {}
    with db.engine.connect() as connection:
        for kind, text in EXAMPLES:
            for statement in text.split(";\n") if kind in ("both", db.dialect) else ():
                if statement.strip():
                    result = connection.execute(sa.text(statement.replace(":numeric", r"\:numeric")))
                    found[statement.split("\n")[0]] = result.all() if result.returns_rows else []
        views = connection.execute(sa.text("SELECT number, total, balance, invoice_date FROM bi_invoices")).all()
    months = next(rows for head, rows in found.items() if "AS month" in head)
    services = site.app.services
    answer = actions.ask(
        services, services.zoho.connected()[0], "summary", {"from": "2026-01-01", "to": "2026-12-31"}
    )  # fmt: skip
    invoiced = {row[0]: row[1] for row in answer.table.rows}
    for month, minor, _count in months:
        assert invoiced[month] == Money(int(minor), "USD", 2)
    owed = sum(int(row.base_minor) for head, rows in found.items() if "c.name" in head for row in rows)
    assert owed == answer.table.totals[-1].minor  # type: ignore[union-attr]
    yen = next(row for row in views if row.number == "INV-3")
    assert (int(yen.total), str(yen.invoice_date)) == (12345, "2026-03-05")
    assert not {"INV-90", "INV-91", "INV-92"} & {row.number for row in views}


def test_the_grants_cover_the_mirror_and_nothing_else() -> None:
    """A new mirrored table is granted too; no table with secrets or orders ever is."""
    granted = set(re.findall(r"bb_\w+", next(text for _kind, text in EXAMPLES if "GRANT" in text)))
    mirrored = {each.name for each in tables.metadata.sorted_tables if each.name.startswith("bb_mirror_")}
    assert granted == mirrored - {"bb_mirror_wanted"}
