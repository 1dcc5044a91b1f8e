"""Rows of the mirror, as a sync leaves them, for tests of what reads it.

Each function writes one record and gives its id. Amounts are minor units; ``rate`` converts them into the
organization's currency (two decimals here) unless ``base_...`` columns are given. Any column can be given by name.
"""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror.movements import NOT_COUNTED
from bookbridge.store import tables
from bookbridge.store.db import Tx

ORGANIZATION = "10000001"
SEEN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
BASE_EXPONENT = 2
ENTITIES = (
    "contacts", "items", "taxes", "currencies", "accounts", "invoices", "creditnotes", "payments", "expenses", "bills",
)  # fmt: skip


def synced(tx: Tx, *entities: str, organization_id: str = ORGANIZATION, at: datetime = SEEN) -> None:
    """Say that these entities (all of them without names) are mirrored completely."""
    rows = [
        {"organization_id": organization_id, "entity": each, "full_at": at, "synced_at": at}
        for each in entities or ENTITIES
    ]
    tx.execute(sa.insert(tables.mirror_state), rows)


def contact(tx: Tx, contact_id: str, *, name: str, **values: Any) -> str:
    """A customer."""
    return _record(tx, tables.mirror_contacts, contact_id, name=name, **{"contact_type": "customer", **values})


def invoice(tx: Tx, number: str, *, on: str, total: int, customer: str = "1", **values: Any) -> str:
    """A sent invoice over ``total``, nothing paid."""
    row = {"number": number, "customer_id": customer, "customer_name": f"Customer {customer}", "status": "sent",
           "invoice_on": on, "due_on": on, "balance_minor": total, **values}  # fmt: skip
    row.setdefault("is_open", row["status"] not in NOT_COUNTED and row["balance_minor"] > 0)
    return _record(tx, tables.mirror_invoices, number, total_minor=total, **row)


def line(tx: Tx, invoice_id: str, position: int, *, name: str, quantity: str, total: int, **values: Any) -> None:
    """A line of an invoice."""
    row = {"invoice_id": invoice_id, "position": position, "name": name, "quantity": quantity, "total_minor": total,
           "base_total_minor": total, **values}  # fmt: skip
    tx.execute(sa.insert(tables.mirror_invoice_lines), {"organization_id": ORGANIZATION, **row})


def tax(tx: Tx, invoice_id: str, position: int, *, name: str, amount: int, **values: Any) -> None:
    """The sum of a tax over an invoice."""
    row = {"invoice_id": invoice_id, "position": position, "tax_id": name, "name": name, "amount_minor": amount,
           "base_amount_minor": amount, **values}  # fmt: skip
    tx.execute(sa.insert(tables.mirror_invoice_taxes), {"organization_id": ORGANIZATION, **row})


def creditnote(tx: Tx, number: str, *, on: str, total: int, customer: str = "1", **values: Any) -> str:
    """An open credit note."""
    row = {"number": number, "customer_id": customer, "customer_name": f"Customer {customer}", "status": "open",
           "credited_on": on, "balance_minor": total, **values}  # fmt: skip
    return _record(tx, tables.mirror_creditnotes, number, total_minor=total, **row)


def payment(tx: Tx, number: str, *, on: str, amount: int, customer: str = "1", **values: Any) -> str:
    """A payment by bank transfer."""
    row = {"number": number, "customer_id": customer, "customer_name": f"Customer {customer}", "paid_on": on,
           "mode": "banktransfer", "account_name": "Checking", **values}  # fmt: skip
    return _record(tx, tables.mirror_payments, number, amount_minor=amount, **row)


def allocation(tx: Tx, kind: str, document_id: str, *, on: str, amount: int, invoice_id: str = "") -> None:
    """What settled an invoice; a refund has no invoice."""
    row = {"kind": kind, "document_id": document_id, "allocation_id": f"{document_id}/{invoice_id}/{on}",
           "invoice_id": invoice_id, "applied_on": on, "amount_minor": amount}  # fmt: skip
    tx.execute(sa.insert(tables.mirror_allocations), {"organization_id": ORGANIZATION, **row})


def expense(tx: Tx, expense_id: str, *, on: str, total: int, account: str = "Travel", **values: Any) -> str:
    """An expense."""
    row = {"account_name": account, "paid_through": "Petty cash", "spent_on": on, "status": "nonbillable", **values}
    return _record(tx, tables.mirror_expenses, expense_id, total_minor=total, **row)


def bill(tx: Tx, number: str, *, on: str, total: int, **values: Any) -> str:
    """A vendor's open bill."""
    row = {"number": number, "vendor_id": "9", "vendor_name": "Vendor", "status": "open", "billed_on": on,
           "due_on": on, "balance_minor": total, **values}  # fmt: skip
    return _record(tx, tables.mirror_bills, number, total_minor=total, **row)


def _record(tx: Tx, table: sa.Table, record_id: str, /, **values: Any) -> str:
    """One row of a mirrored table; ``base_`` columns follow from the rate unless they are given."""
    row: dict[str, Any] = {"organization_id": ORGANIZATION, "payload": {}, "seen_at": SEEN, **values}
    row.setdefault(next(column.name for column in table.primary_key if column.name != "organization_id"), record_id)
    if "rate" in table.c and "currency" in table.c:
        row = {"currency": "USD", "exponent": 2, "rate": "1", **row}
        for name in list(row):
            if name.endswith("_minor") and f"base_{name}" in table.c and not name.startswith("base_"):
                row.setdefault(f"base_{name}", converted(row[name], row["rate"], row["exponent"]))
    tx.execute(sa.insert(table), row)
    return record_id


def converted(minor: int, rate: str, exponent: int) -> int:
    """Minor units of the organization's currency, halves away from zero."""
    worth = Decimal(minor).scaleb(BASE_EXPONENT - exponent) * Decimal(rate)
    return int(worth.to_integral_value(ROUND_HALF_UP))
