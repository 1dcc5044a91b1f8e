"""One mirrored invoice with everything that belongs to it: lines, taxes, its order, what settled it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.asking import Asked
from bookbridge.mirror.queries.invoices import InvoiceRow, row_of
from bookbridge.store import tables
from bookbridge.store.db import Tx

INVOICES, LINES, TAXES = tables.mirror_invoices, tables.mirror_invoice_lines, tables.mirror_invoice_taxes
ALLOCATIONS, PAYMENTS, NOTES = tables.mirror_allocations, tables.mirror_payments, tables.mirror_creditnotes


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line; ``quantity``, ``rate`` and ``tax_percentage`` are decimals as text, ``total`` is without tax."""

    position: int
    name: str
    sku: str
    unit: str
    quantity: str
    rate: str
    tax_name: str
    tax_percentage: str
    total: Money


@dataclass(frozen=True, kw_only=True)
class Tax:
    """The sum of one tax."""

    name: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What settled a part: ``kind`` is payment, creditnote or write_off; ``number`` and ``mode`` where known."""

    kind: str
    document_id: str
    number: str
    mode: str
    applied_on: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class OrderLink:
    """The order that became this invoice."""

    order_pk: str
    order_id: str
    source: str
    state: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """One invoice; without ``has_lines`` the mirror has only the row of the list, and Zoho has the lines.

    ``unexplained`` is what is settled without a mirrored payment, credit note or write-off.
    """

    row: InvoiceRow
    key: str
    rate: str
    write_off: Money
    base_total: Money
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    settlements: tuple[Settlement, ...]
    unexplained: Money
    order: OrderLink | None
    has_lines: bool
    created_at: datetime | None
    modified_at: datetime | None
    seen_at: datetime
    deleted_at: datetime | None
    payload: Mapping[str, Any] = field(repr=False)


def find_invoice(tx: Tx, asked: Asked, invoice_id: str, /) -> Invoice | None:
    """The invoice with that id, also one that Zoho no longer has; ``None`` when it was never mirrored."""
    organization_id = asked.organization.organization_id
    where = (INVOICES.c.organization_id == organization_id) & (INVOICES.c.invoice_id == invoice_id)
    row = tx.execute(sa.select(INVOICES).where(where)).one_or_none()
    if row is None:
        return None
    lines = _lines(tx, organization_id, row)
    settlements = _settlements(tx, organization_id, row)
    explained = sum(each.amount.minor for each in settlements)
    return Invoice(
        row=row_of(row, asked),
        key=row.key,
        rate=row.rate,
        write_off=_money(row, row.write_off_minor),
        base_total=asked.scale.money(row.base_total_minor),
        lines=lines,
        taxes=_taxes(tx, organization_id, row),
        settlements=settlements,
        unexplained=_money(row, row.total_minor - row.balance_minor - explained),
        order=_order(tx, organization_id, invoice_id),
        has_lines=bool(lines),
        created_at=row.created_at,
        modified_at=row.modified_at,
        seen_at=row.seen_at,
        deleted_at=row.deleted_at,
        payload=row.detail or row.payload,
    )


def _lines(tx: Tx, organization_id: str, row: Any) -> tuple[Line, ...]:
    where = (LINES.c.organization_id == organization_id) & (LINES.c.invoice_id == row.invoice_id)
    names = ("position", "name", "sku", "unit", "quantity", "rate", "tax_name", "tax_percentage")
    return tuple(
        Line(**{name: getattr(each, name) for name in names}, total=_money(row, each.total_minor))
        for each in tx.execute(sa.select(LINES).where(where).order_by(LINES.c.position))
    )


def _taxes(tx: Tx, organization_id: str, row: Any) -> tuple[Tax, ...]:
    where = (TAXES.c.organization_id == organization_id) & (TAXES.c.invoice_id == row.invoice_id)
    found = tx.execute(sa.select(TAXES).where(where).order_by(TAXES.c.position))
    return tuple(Tax(name=each.name, amount=_money(row, each.amount_minor)) for each in found)


def _settlements(tx: Tx, organization_id: str, row: Any) -> tuple[Settlement, ...]:
    """What settled it, in the order of time."""
    ours = ALLOCATIONS.c.organization_id == organization_id
    same = (PAYMENTS.c.organization_id == organization_id) & (PAYMENTS.c.payment_id == ALLOCATIONS.c.document_id)
    noted = (NOTES.c.organization_id == organization_id) & (NOTES.c.creditnote_id == ALLOCATIONS.c.document_id)
    query = (
        sa.select(
            *(ALLOCATIONS.c[name] for name in ("kind", "document_id", "applied_on", "amount_minor", "allocation_id")),
            sa.func.coalesce(PAYMENTS.c.number, NOTES.c.number, "").label("number"),
            sa.func.coalesce(PAYMENTS.c.mode, "").label("mode"),
        )
        .select_from(
            ALLOCATIONS.outerjoin(PAYMENTS, same & (ALLOCATIONS.c.kind == "payment")).outerjoin(
                NOTES, noted & (ALLOCATIONS.c.kind == "creditnote")
            )
        )
        .where(ours, ALLOCATIONS.c.invoice_id == row.invoice_id)
        .order_by(ALLOCATIONS.c.applied_on, ALLOCATIONS.c.document_id, ALLOCATIONS.c.allocation_id)
    )
    return tuple(
        Settlement(
            kind=each.kind, document_id=each.document_id, number=each.number, mode=each.mode,
            applied_on=each.applied_on, amount=_money(row, each.amount_minor),
        )
        for each in tx.execute(query)
    )  # fmt: skip


def _order(tx: Tx, organization_id: str, invoice_id: str) -> OrderLink | None:
    orders = tables.orders.c
    query = sa.select(orders.id, orders.order_id, orders.source, orders.state, orders.received_at).where(
        orders.organization_id == organization_id, orders.invoice_id == invoice_id
    )
    row = tx.execute(query.order_by(orders.received_at).limit(1)).one_or_none()
    if row is None:
        return None
    return OrderLink(
        order_pk=row.id, order_id=row.order_id, source=row.source, state=row.state, received_at=row.received_at
    )


def _money(row: Any, minor: int) -> Money:
    return Money(minor, row.currency, row.exponent)
