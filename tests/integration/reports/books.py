"""A small set of books with one of everything a report must count or leave out."""

from bookbridge.mirror import receivables
from bookbridge.store.db import Database, Tx
from tests.support import mirror_rows as rows

EUR = {"currency": "EUR", "rate": "1.0850"}
YEN = {"currency": "JPY", "exponent": 0, "rate": "0.006543"}


def write(db: Database, tx: Tx, /) -> None:
    """Two months of trade in three currencies; drafts, void and deleted documents among them."""
    rows.synced(tx)
    rows.contact(tx, "1", name="Ann Lee")
    rows.contact(tx, "2", name="=cmd|' /C calc'!A0")
    _sales(tx)
    _money(tx)
    _costs(tx)
    _left_out(tx)
    receivables.rebuild(db, tx, rows.ORGANIZATION)


def _sales(tx: Tx) -> None:
    rows.invoice(tx, "INV-1", on="2026-01-10", total=10000, balance_minor=0, last_payment_on="2026-03-20")
    rows.invoice(tx, "INV-2", on="2026-01-31", total=3333, customer="2", **EUR)
    rows.invoice(tx, "INV-3", on="2026-03-05", total=12345, customer="2", **YEN)
    rows.creditnote(tx, "CN-1", on="2026-03-06", total=1000, customer="1")
    rows.line(tx, "INV-1", 0, name="Tea", item_id="501", sku="TEA", quantity="3", total=6000, tax_id="VAT 10")
    rows.line(tx, "INV-1", 1, name="Freight", quantity="1", total=3000)
    rows.line(tx, "INV-2", 0, name="Tea", item_id="501", sku="TEA", quantity="1.25", total=3333, base_total_minor=3616)
    rows.tax(tx, "INV-1", 0, name="VAT 10", amount=1000)


def _money(tx: Tx) -> None:
    rows.payment(tx, "P-1", on="2026-02-02", amount=5000)
    rows.payment(tx, "P-2", on="2026-03-20", amount=7000, mode="cash", account_name="Petty cash")
    rows.payment(tx, "P-3", on="2026-03-31", amount=2500, customer="2", **EUR)
    rows.allocation(tx, "payment", "P-1", on="2026-02-02", amount=5000, invoice_id="INV-1")
    rows.allocation(tx, "payment", "P-2", on="2026-03-20", amount=5000, invoice_id="INV-1")
    rows.allocation(tx, "payment_refund", "P-3", on="2026-03-31", amount=333)
    rows.allocation(tx, "creditnote_refund", "CN-1", on="2026-03-10", amount=400)


def _costs(tx: Tx) -> None:
    rows.expense(tx, "E-1", on="2026-01-15", total=1999)
    rows.expense(tx, "E-2", on="2026-03-15", total=1000, account="Rent", paid_through="Checking", **EUR)
    lines = [{"account_name": "Rent", "item_total": 40}, {"account_name": "Travel", "item_total": 7.5}]
    rows.bill(tx, "B-1", on="2026-03-16", total=5000, detail={"line_items": lines})
    rows.bill(tx, "B-2", on="2026-03-17", total=700)


def _left_out(tx: Tx) -> None:
    """Nothing of this may be in any report."""
    huge = 9_999_999
    rows.invoice(tx, "INV-90", on="2026-02-10", total=huge, status="draft")
    rows.invoice(tx, "INV-91", on="2026-02-10", total=huge, status="void")
    rows.invoice(tx, "INV-95", on="2026-02-10", total=huge, status="pending_approval")
    rows.invoice(tx, "INV-92", on="2026-02-10", total=huge, deleted_at=rows.SEEN)
    rows.invoice(tx, "INV-93", on="2025-12-31", total=huge, balance_minor=0, last_payment_on="2025-12-31")
    rows.invoice(tx, "INV-94", on="2026-02-10", total=huge, organization_id="10000002")
    rows.line(tx, "INV-90", 0, name="Tea", item_id="501", quantity="1", total=huge)
    rows.tax(tx, "INV-91", 0, name="VAT 10", amount=huge)
    rows.creditnote(tx, "CN-90", on="2026-02-10", total=huge, status="void")
    rows.payment(tx, "P-90", on="2026-02-10", amount=huge, deleted_at=rows.SEEN)
    rows.allocation(tx, "payment_refund", "P-90", on="2026-02-11", amount=huge)
    rows.expense(tx, "E-90", on="2026-02-10", total=huge, deleted_at=rows.SEEN)
    rows.bill(tx, "B-90", on="2026-02-10", total=huge, status="draft")
