"""Rows of the mirror written straight into its tables."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import round_half_up
from bookbridge.store import organizations, tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization

SEEN = datetime(2026, 4, 1, 12, tzinfo=UTC)
CURRENCIES = (("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3))
RECEIVABLE = (
    tables.receivable_events,
    tables.receivable_customers,
    tables.receivable_days,
    tables.receivable_months,
    tables.receivable_now,
)


def organization(organization_id: str = "10000001", **changes: Any) -> Organization:
    """A connected organization that keeps its books in dollars."""
    values: dict[str, Any] = {
        "organization_id": organization_id, "region": "us", "name": "Lanterns", "currency": "USD", "exponent": 2,
        "time_zone": "America/New_York", "info": {}, "is_default": True,
    }  # fmt: skip
    return Organization(**{**values, **changes})


def connect(db: Database, of: Organization, /) -> Organization:
    """Store the organization with its currencies."""
    with db.transaction() as tx:
        organizations.save(db, tx, of, at=SEEN)
        rows = [
            {
                **_shared(),
                "organization_id": of.organization_id,
                "currency_id": code,
                "code": code,
                "exponent": exponent,
            }
            for code, exponent in CURRENCIES
        ]
        put(db, tx, tables.mirror_currencies, rows)
    return of


def contact(contact_id: str, /, **changes: Any) -> dict[str, Any]:
    """A row of ``bb_mirror_contacts``: a customer."""
    row = {"contact_id": contact_id, "contact_type": "customer", "name": contact_id, "currency": "USD", "email": ""}
    return {**_shared(), **row, **changes}


def invoice(invoice_id: str, /, **changes: Any) -> dict[str, Any]:
    """A row of ``bb_mirror_invoices``: sent and unpaid unless said otherwise."""
    row: dict[str, Any] = {
        "invoice_id": invoice_id, "number": f"INV-{invoice_id}", "status": "sent", "customer_id": "c1",
        "customer_name": "Ada", "currency": "USD", "exponent": 2, "rate": "1", "invoice_on": "2026-01-10",
        "reference": "", "due_on": "2026-02-09", "last_payment_on": "", "total_minor": 10_000, "deleted_at": None,
    }  # fmt: skip
    row = {**_shared(), **row, **changes}
    row.setdefault("balance_minor", row["total_minor"])
    row.setdefault("is_open", row["status"] not in ("draft", "void") and row["balance_minor"] != 0)
    for name in ("total", "balance"):
        base = based(row[f"{name}_minor"], row["rate"], row["exponent"], 2)
        row.setdefault(f"base_{name}_minor", base)
    return row


def creditnote(creditnote_id: str, /, **changes: Any) -> dict[str, Any]:
    """A row of ``bb_mirror_creditnotes``: open and unused unless said otherwise."""
    row = {
        "creditnote_id": creditnote_id, "number": f"CN-{creditnote_id}", "status": "open", "customer_id": "c1",
        "customer_name": "Ada", "currency": "USD", "exponent": 2, "rate": "1", "credited_on": "2026-01-20",
        "total_minor": 4_000, "deleted_at": None,
    }  # fmt: skip
    row = {**_shared(), **row, **changes}
    row.setdefault("balance_minor", row["total_minor"])
    return row


def payment(payment_id: str, /, **changes: Any) -> dict[str, Any]:
    """A row of ``bb_mirror_payments``: unused unless said otherwise."""
    row = {
        "payment_id": payment_id, "number": payment_id, "customer_id": "c1", "customer_name": "Ada",
        "currency": "USD", "exponent": 2, "rate": "1", "paid_on": "2026-02-01", "amount_minor": 10_000,
        "deleted_at": None,
    }  # fmt: skip
    row = {**_shared(), **row, **changes}
    row.setdefault("unused_minor", row["amount_minor"])
    row.setdefault("base_amount_minor", based(row["amount_minor"], row["rate"], row["exponent"], 2))
    return row


def allocation(kind: str, document_id: str, invoice_id: str, applied_on: str, amount: int, /, **changes: Any) -> Any:
    """A row of ``bb_mirror_allocations``."""
    row = {
        "organization_id": "10000001", "kind": kind, "document_id": document_id, "invoice_id": invoice_id,
        "allocation_id": f"{document_id}-{invoice_id}", "applied_on": applied_on, "amount_minor": amount,
        "withheld_minor": 0,
    }  # fmt: skip
    return {**row, **changes}


def _shared() -> dict[str, Any]:
    return {"organization_id": "10000001", "payload": {}, "seen_at": SEEN, "modified_at": SEEN}


def put(db: Database, tx: Tx, table: sa.Table, rows: Sequence[dict[str, Any]], /) -> None:
    """Insert or replace rows."""
    db.upsert(tx, table, rows, key=[column.name for column in table.primary_key.columns])


def mark_synced(db: Database, at: datetime = SEEN, /, *, organization_id: str = "10000001") -> None:
    """Say that everything was mirrored at that time."""
    entities = ("contacts", "invoices", "creditnotes", "payments", "currencies")
    rows = [
        {"organization_id": organization_id, "entity": name, "synced_at": at, "full_at": at, "watermark": at}
        for name in entities
    ]
    with db.transaction() as tx:
        put(db, tx, tables.mirror_state, rows)


def maintained(tx: Tx, /) -> dict[str, list[tuple[Any, ...]]]:
    """Every maintained row, in an order that both databases give."""
    return {table.name: sorted(tuple(row) for row in tx.execute(sa.select(table))) for table in RECEIVABLE}


def based(minor: int, rate: str, exponent: int, base_exponent: int, /) -> int:
    """An amount in the organization's currency, by decimals."""
    amount = Decimal(minor).scaleb(-exponent) * Decimal(rate or "1")
    return int(round_half_up(amount, exponent=base_exponent).scaleb(base_exponent))
