"""A sync copies the books, and later only what changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.mirror.sync import Outcome, Sync, Wish
from bookbridge.store import tables
from tests.support.app import built_app
from tests.support.sandbox import Zoho, running_sandbox

READ = ("currencies", "taxes", "accounts", "items", "contacts", "invoices", "creditnotes", "payments", "expenses")


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A sandbox of its own, without limits."""
    with running_sandbox(limits="off", regions=("us",)) as server:
        found = Zoho(server)
        yield found
        found.close()


@pytest.fixture
def app(zoho: Zoho, database_url: str, tmp_path: Path) -> Iterator[App]:
    """An installation that is connected to it."""
    with built_app(zoho.server, url=database_url, home=tmp_path) as found:
        yield found


def synced(app: App, *, full: bool = False) -> tuple[Outcome, Sync]:
    """One sync of the lists that the sandbox has."""
    run = Sync(app.services.mirror, app.services.zoho.default_organization(), Wish(entities=READ, full=full))
    return run.run(), run


def customer(zoho: Zoho, name: str = "Ann Lee") -> str:
    """A customer in Zoho."""
    return str(zoho.books("POST", "/contacts", json={"contact_name": name}).json()["contact"]["contact_id"])


def invoice(zoho: Zoho, customer_id: str, *, rate: float = 12.5) -> str:
    """An invoice in Zoho that was sent."""
    body = {"customer_id": customer_id, "line_items": [{"name": "Tea", "rate": rate, "quantity": 2}]}
    invoice_id = str(zoho.books("POST", "/invoices", json=body).json()["invoice"]["invoice_id"])
    zoho.books("POST", f"/invoices/{invoice_id}/status/sent")
    return invoice_id


def test_a_sync_copies_the_books_and_the_next_one_what_changed(app: App, zoho: Zoho) -> None:
    """Rows become rows with exact amounts; afterwards a change costs the calls of the lists that tell changes."""
    ann = customer(zoho)
    first = invoice(zoho, ann)
    body = {"customer_id": ann, "amount": 10, "date": "2026-01-05", "payment_mode": "cash"}
    body["invoices"] = [{"invoice_id": first, "amount_applied": 5}]
    payment = zoho.books("POST", "/customerpayments", json=body).json()["payment"]["payment_id"]
    outcome, _ = synced(app)
    assert outcome.is_good, outcome

    second = invoice(zoho, ann, rate=0.1)
    outcome, run = synced(app)
    assert outcome.is_good, outcome
    assert run.progress.entities["invoices"].changed == 1

    invoices = tables.mirror_invoices
    with app.services.db.read() as tx:
        rows = {row.invoice_id: row for row in tx.execute(sa.select(invoices))}
        allocation = tx.execute(sa.select(tables.mirror_allocations)).one()
    assert {each: (row.total_minor, row.balance_minor, row.is_open) for each, row in rows.items()} == {
        first: (2500, 2000, True),
        second: (20, 20, True),
    }
    assert (allocation.document_id, allocation.invoice_id, allocation.amount_minor) == (payment, first, 500)
    assert allocation.applied_on == "2026-01-05"
