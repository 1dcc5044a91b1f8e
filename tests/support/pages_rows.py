"""Books for the pages: a year of invoices of every age, payments, credits, orders in every state, names that attack."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bookbridge.mirror import receivables
from bookbridge.store import tables
from tests.support import mirror_rows as rows
from tests.support import orders
from tests.support.web import Site

NASTY = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
CUSTOMERS = ("Granite Books", NASTY, "Ann Lee & Sons, purveyors of lanterns to everybody who ever needed one", "Willow")
EUR = {"currency": "EUR", "rate": "1.0850"}


def fill(site: Site, /, *, invoices: int = 24) -> None:
    """Connect an organization and write its books and orders as syncs and the engine leave them."""
    site.connect(is_default=True)
    services = site.app.services
    today = services.clock.now().date()
    with services.db.transaction() as tx:
        rows.synced(tx, at=services.db.now(tx) - timedelta(seconds=40))
        for number, name in enumerate(CUSTOMERS):
            rows.contact(tx, str(number), name=name, email=f"customer{number}@example.com")
        for number in range(invoices):
            _invoice(tx, number, today - timedelta(days=number * 6))
        rows.creditnote(tx, "CN-1", on=str(today - timedelta(days=20)), total=4000, customer="1")
        rows.line(tx, "INV-001", 0, name=NASTY, quantity="2", total=6000, rate="30")
        rows.tax(tx, "INV-001", 0, name="VAT 10", amount=600)
        receivables.rebuild(services.db, tx, rows.ORGANIZATION)
        _compared(tx, services.clock.now())
        states = ("received", "working", "unknown", "done", "review", "failed", "discarded")
        now = services.clock.now()
        for number in range(14):
            invoice = {"invoice_id": "INV-001"} if number == 3 else {}
            at = now - timedelta(minutes=number)
            orders.write(tx, number, at=at, state=states[number % 7], customer=CUSTOMERS[number % 4], **invoice)


def _invoice(tx: rows.Tx, number: int, on: date) -> None:
    """Every third is paid; the others are open, due in ten days or long ago."""
    name, customer, total = f"INV-{number:03d}", number % 4, 12_300 + 977 * number
    more = EUR if number % 5 == 0 else {}
    is_paid = number % 3 == 2
    rows.invoice(
        tx, name, on=str(on), due_on=str(on + timedelta(days=10)), total=total, customer=str(customer),
        customer_name=CUSTOMERS[customer], reference=f"PO-{number}", status="paid" if is_paid else "sent",
        is_open=not is_paid, balance_minor=0 if is_paid else total, **more,
    )  # fmt: skip
    if is_paid:
        paid = str(on + timedelta(days=4))
        rows.payment(tx, f"P-{number}", on=paid, amount=total, customer=str(customer), **more)
        rows.allocation(tx, "payment", f"P-{number}", on=paid, amount=total, invoice_id=name)


def _compared(tx: rows.Tx, at: datetime) -> None:
    """A comparison that found one difference of an order, one of an invoice, and one of a customer."""
    found = (
        ("missing", {"order": "ord_000003"}), ("mirror_total", {"invoice_id": "INV-001"}),
        ("receivable", {"customer_id": "1"}), ("sums", {}),
    )  # fmt: skip
    run = {
        "id": "rec_1", "organization_id": rows.ORGANIZATION, "state": "done", "wanted": {}, "calls": 7,
        "counts": {
            "compared": {"orders": 14}, "differences": len(found), "known": 0, "kinds": {name: 1 for name, _ in found},
            "notes": [],
        },
        "started_at": at, "finished_at": at,
    }  # fmt: skip
    tx.execute(sa.insert(tables.reconcile_runs), run)
    for position, (kind, detail) in enumerate(found):
        row = {"run_id": "rec_1", "position": position, "kind": kind, "subject": NASTY, "sentence": NASTY}
        tx.execute(sa.insert(tables.reconcile_differences), {**row, "detail": detail})
