"""Receivables maintained from the mirror: dated events of each document, and their sums by day, month and customer.

``refresh`` follows a few changed documents, ``rebuild`` makes everything anew; both leave the same rows. Whoever calls
them holds the organization's mirror lock and calls them in the transaction that changed the mirror.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror import sums
from bookbridge.mirror.days import day_of
from bookbridge.mirror.movements import NOT_COUNTED, Document, Event, events_of
from bookbridge.mirror.rebuilding import rebuild
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization

__all__ = ["rebuild", "refresh"]

BATCH = 500
INVOICE, CREDITNOTE, PAYMENT = "invoice", "creditnote", "payment"
SETTLING = ("payment", "creditnote", "write_off")
EVENTS = tables.receivable_events
ALLOCATIONS = tables.mirror_allocations


def refresh(
    db: Database,
    tx: Tx,
    organization: Organization,
    /,
    *,
    invoice_ids: Collection[str] = (),
    creditnote_ids: Collection[str] = (),
    payment_ids: Collection[str] = (),
) -> None:
    """Bring the events of these documents up to date and carry the differences into the sums.

    Name every document whose row or allocations changed or went: for a payment also the invoices it settles now and
    those it settled before. Naming an unchanged one costs little and changes nothing.
    """
    carried = _Carried()
    for document, ids in ((INVOICE, invoice_ids), (CREDITNOTE, creditnote_ids), (PAYMENT, payment_ids)):
        for batch in _batches(ids):
            before = _known(tx, organization.organization_id, document, batch)
            after = _computed(tx, organization, document, batch)
            _store(db, tx, before, after)
            carried.carry(before, after)
    carried.write(db, tx)


Key = tuple[str, str, str, str, str]
Row = tuple[str, str, str, int, int, int, int, int]
"""Of an event, by (organization, document, customer, id, day): currency, due date, document date, amounts."""


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def _known(tx: Tx, organization_id: str, document: str, ids: Sequence[str]) -> dict[Key, Row]:
    """The events that are stored now."""
    rows = tx.execute(_KNOWN, {"organization_id": organization_id, "document": document, "ids": ids})
    return {tuple(row[:5]): tuple(row[5:]) for row in rows}


def _computed(tx: Tx, organization: Organization, document: str, ids: Sequence[str]) -> dict[Key, Row]:
    """The events that follow from the mirror."""
    given = {"organization_id": organization.organization_id, "ids": ids}
    applied: dict[str, list[tuple[str, int]]] = {}
    for row in tx.execute(_APPLIED[document], given):
        applied.setdefault(row.id, []).append((row.applied_on, row.amount))
    made: dict[Key, Row] = {}
    for row in tx.execute(_DOCUMENTS[document], given):
        due_on = row.due_on or row.dated_on if document == INVOICE else ""
        common = (row.currency, due_on, row.dated_on)
        for event in events_of(_document(row, organization, document), applied.get(row.id, ())):
            key = (organization.organization_id, document, row.customer_id, row.id, event.on_date)
            made[key] = (*common, *_amounts(event))
    return made


def _document(row: Any, organization: Organization, document: str) -> Document:
    """Where nothing else is known a payment was used on its own day, another document's rest on the day it changed."""
    unexplained_on = row.dated_on if document == PAYMENT else row.settled_on
    if not unexplained_on and row.modified_at is not None:
        unexplained_on = day_of(row.modified_at, organization.time_zone)
    return Document(
        dated_on=row.dated_on,
        total=row.total,
        balance=row.balance,
        rate=row.rate,
        exponent=row.exponent,
        base_exponent=organization.exponent,
        unexplained_on=unexplained_on,
        is_billed=document == INVOICE,
    )


def _amounts(event: Event) -> tuple[int, int, int, int, int]:
    return (event.minor, event.base_minor, event.opened, event.billed_minor, event.base_billed_minor)


def _store(db: Database, tx: Tx, before: Mapping[Key, Row], after: Mapping[Key, Row]) -> None:
    """Replace the stored events by the computed ones, touching only those that differ."""
    gone = sorted(key for key in before if key not in after)
    if gone:
        tx.execute(_FORGET, [dict(zip(_EVENT_KEYS, key, strict=True)) for key in gone])
    names = [column.name for column in EVENTS.columns]
    new = [dict(zip(names, (*key, *row), strict=True)) for key, row in sorted(after.items()) if before.get(key) != row]
    db.upsert(tx, EVENTS, new, key=[column.name for column in EVENTS.primary_key.columns])


@dataclass(slots=True)
class _Carried:
    """Differences on their way into the sums, by the key of each table."""

    days: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    months: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    now: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    customers: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def carry(self, before: Mapping[Key, Row], after: Mapping[Key, Row]) -> None:
        """Take note of what differs."""
        for key, row in before.items():
            if after.get(key) != row:
                self._event(key, row, -1)
        for key, row in after.items():
            if before.get(key) != row:
                self._event(key, row, 1)

    def write(self, db: Database, tx: Tx) -> None:
        """Add everything to the sums; the tables always in the same order."""
        sums.add(db, tx, tables.receivable_customers, self.customers)
        sums.add(db, tx, tables.receivable_days, self.days)
        sums.add(db, tx, tables.receivable_months, self.months)
        sums.add(db, tx, tables.receivable_now, self.now)

    def _event(self, key: Key, row: Row, sign: int) -> None:
        organization_id, document, customer_id, _id, on_date = key
        currency, due_on, dated_on, minor, base_minor, opened, billed, base_billed = row
        open_amounts = (sign * opened, sign * minor, sign * base_minor)
        bases = (("due", due_on), ("invoice", dated_on)) if document == INVOICE else ((document, ""),)
        for basis, key_on in bases:
            _sum(self.days, (organization_id, basis, on_date, key_on, currency), open_amounts)
            _sum(self.now, (organization_id, basis, key_on, currency), open_amounts)
        if document != INVOICE:
            return
        every = (*open_amounts, sign * billed, sign * base_billed)
        _sum(self.months, (organization_id, "", on_date[:7], currency), every)
        if customer_id:
            _sum(self.months, (organization_id, customer_id, on_date[:7], currency), every)
            _sum(self.customers, (organization_id, customer_id, currency), open_amounts)


def _sum(into: dict[tuple[str, ...], list[int]], key: tuple[str, ...], amounts: Iterable[int]) -> None:
    known = into.get(key)
    if known is None:
        into[key] = list(amounts)
    else:
        for place, amount in enumerate(amounts):
            known[place] += amount


def _of(table: sa.Table, record_id: str, **named: str) -> sa.Select[Any]:
    """Counted documents by id, with columns of one name for every kind; a given text stands for itself."""
    columns = [
        table.c[name].label(label) if name else sa.literal("").label(label) for label, name in sorted(named.items())
    ]
    shared = [table.c[name] for name in ("customer_id", "currency", "exponent", "rate", "modified_at")]
    counted = [table.c.deleted_at.is_(None)]
    if "status" in table.c:
        counted.append(table.c.status.not_in(NOT_COUNTED))
    chosen = table.c[record_id].in_(sa.bindparam("ids", expanding=True))
    return sa.select(table.c[record_id].label("id"), *shared, *columns).where(
        table.c.organization_id == sa.bindparam("organization_id"), chosen, *counted
    )


def _applied_to(id_column: sa.Column[Any], amount: sa.ColumnElement[int], *kinds: str) -> sa.Select[Any]:
    return sa.select(id_column.label("id"), ALLOCATIONS.c.applied_on, amount.label("amount")).where(
        ALLOCATIONS.c.organization_id == sa.bindparam("organization_id"),
        ALLOCATIONS.c.kind.in_(kinds),
        id_column.in_(sa.bindparam("ids", expanding=True)),
    )


_EVENT_KEYS = tuple(f"key_{column.name}" for column in EVENTS.primary_key.columns)
_FORGET = sa.delete(EVENTS).where(*(EVENTS.c[name.removeprefix("key_")] == sa.bindparam(name) for name in _EVENT_KEYS))
_KNOWN = sa.select(*EVENTS.columns).where(
    EVENTS.c.organization_id == sa.bindparam("organization_id"),
    EVENTS.c.document == sa.bindparam("document"),
    EVENTS.c.document_id.in_(sa.bindparam("ids", expanding=True)),
)
_DOCUMENTS = {
    INVOICE: _of(
        tables.mirror_invoices, "invoice_id", dated_on="invoice_on", due_on="due_on", settled_on="last_payment_on",
        total="total_minor", balance="balance_minor",
    ),
    CREDITNOTE: _of(
        tables.mirror_creditnotes, "creditnote_id", dated_on="credited_on", due_on="", settled_on="",
        total="total_minor", balance="balance_minor",
    ),
    PAYMENT: _of(
        tables.mirror_payments, "payment_id", dated_on="paid_on", due_on="", settled_on="", total="amount_minor",
        balance="unused_minor",
    ),
}  # fmt: skip
_APPLIED = {
    INVOICE: _applied_to(ALLOCATIONS.c.invoice_id, ALLOCATIONS.c.amount_minor, *SETTLING),
    CREDITNOTE: _applied_to(ALLOCATIONS.c.document_id, ALLOCATIONS.c.amount_minor, "creditnote", "creditnote_refund"),
    PAYMENT: _applied_to(
        ALLOCATIONS.c.document_id,
        ALLOCATIONS.c.amount_minor - ALLOCATIONS.c.withheld_minor,
        "payment",
        "payment_refund",
    ),
}
