"""The latest payments and credit notes of a customer."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.asking import Asked
from bookbridge.store import tables
from bookbridge.store.db import Tx

PAYMENTS, NOTES = tables.mirror_payments, tables.mirror_creditnotes


@dataclass(frozen=True, kw_only=True)
class Document:
    """A payment or a credit note: ``status`` of a credit note, ``mode`` of a payment; ``unused`` is still a credit."""

    document_id: str
    number: str
    reference: str
    on: str
    status: str
    mode: str
    total: Money
    unused: Money


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The latest of them; ``total`` counts all."""

    rows: tuple[Document, ...]
    total: int


def payments_of(tx: Tx, asked: Asked, customer_id: str, /, *, limit: int) -> Documents:
    """What a customer paid, the latest first."""
    columns = PAYMENTS.c
    picked = (columns.payment_id, columns.paid_on, columns.amount_minor, columns.unused_minor)
    more = (sa.literal("").label("status"), columns.mode)
    return _of(tx, asked, customer_id, PAYMENTS, picked, more, limit)


def creditnotes_of(tx: Tx, asked: Asked, customer_id: str, /, *, limit: int) -> Documents:
    """What a customer was credited, the latest first."""
    columns = NOTES.c
    picked = (columns.creditnote_id, columns.credited_on, columns.total_minor, columns.balance_minor)
    more = (columns.status, sa.literal("").label("mode"))
    return _of(tx, asked, customer_id, NOTES, picked, more, limit)


def _of(
    tx: Tx, asked: Asked, customer_id: str, table: sa.Table, picked: tuple[Any, ...], more: tuple[Any, ...], limit: int
) -> Documents:
    columns = table.c
    where = [columns.organization_id == asked.organization.organization_id, columns.customer_id == customer_id]
    where.append(columns.deleted_at.is_(None))
    total = tx.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
    query = sa.select(*picked, *more, columns.number, columns.reference, columns.currency, columns.exponent)
    newest = (picked[1].desc(), picked[0].desc())
    return Documents(
        rows=tuple(_document(row) for row in tx.execute(query.where(*where).order_by(*newest).limit(limit))),
        total=int(total),
    )


def _document(row: Any) -> Document:
    document_id, on, total, unused, status, mode, number, reference, currency, exponent = row
    return Document(
        document_id=document_id, number=number, reference=reference, on=on, status=status, mode=mode,
        total=Money(total, currency, exponent), unused=Money(unused, currency, exponent),
    )  # fmt: skip
