"""Aging computed the straight way from the mirror's rows: every invoice, every application, nothing maintained."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from tests.support.mirrored import based

BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")


@dataclass(frozen=True)
class Open:
    """What is open of a document on a day."""

    document_id: str
    customer_id: str
    currency: str
    bucket: str
    minor: int
    base: int


class Books:
    """The mirrored documents of an organization, and what was applied to each."""

    def __init__(self, tx: Tx, organization: Organization) -> None:
        self.organization = organization
        self.invoices = _rows(tx, tables.mirror_invoices)
        self.creditnotes = _rows(tx, tables.mirror_creditnotes)
        self.payments = _rows(tx, tables.mirror_payments)
        self.allocations = _rows(tx, tables.mirror_allocations)

    def open_invoices(self, day: str, by: str, *, is_now: bool) -> list[Open]:
        """Every open invoice at the end of ``day``; ``is_now``: what Zoho says now."""
        found = []
        for row in self.invoices:
            applied = [each for each in self.allocations if each.invoice_id == row.invoice_id]
            minor = self._balance(row, row.invoice_on, row.last_payment_on, row.total_minor, row.balance_minor,
                                  [(each.applied_on, each.amount_minor) for each in applied], day, is_now)  # fmt: skip
            key = row.due_on if by == "due_date" else row.invoice_on
            if minor:
                found.append(self._open(row, row.invoice_id, minor, _bucket(day, key)))
        return found

    def credits(self, day: str, *, is_now: bool) -> list[Open]:
        """What no invoice had used at the end of ``day``."""
        found = []
        for row in self.creditnotes:
            applied = self._of(row.creditnote_id, "creditnote", "creditnote_refund")
            pairs = [(each.applied_on, each.amount_minor) for each in applied]
            args = (row, row.credited_on, "", row.total_minor, row.balance_minor, pairs, day, is_now)
            if minor := self._balance(*args):
                found.append(self._open(row, row.creditnote_id, minor, "creditnote"))
        for row in self.payments:
            applied = self._of(row.payment_id, "payment", "payment_refund")
            pairs = [(each.applied_on, each.amount_minor - each.withheld_minor) for each in applied]
            args = (row, row.paid_on, row.paid_on, row.amount_minor, row.unused_minor, pairs, day, is_now)
            if minor := self._balance(*args):
                found.append(self._open(row, row.payment_id, minor, "payment"))
        return found

    def _of(self, document_id: str, *kinds: str) -> list[Any]:
        return [each for each in self.allocations if each.kind in kinds and each.document_id == document_id]

    def _balance(
        self, row: Any, dated: str, known: str, total: int, balance: int, applied: Iterable[tuple[str, int]],
        day: str, is_now: bool,
    ) -> int:  # fmt: skip
        if row.deleted_at is not None or getattr(row, "status", "") in ("draft", "void"):
            return 0
        if is_now:
            return balance
        if day < dated:
            return 0
        changed = row.modified_at.astimezone(_zone(self.organization)).date().isoformat()
        rest_on = known or changed
        rest = total - balance
        left = total
        for on, amount in applied:
            rest -= amount
            if (on or rest_on) <= day:
                left -= amount
        return left - rest if rest_on <= day else left

    def _open(self, row: Any, document_id: str, minor: int, bucket: str) -> Open:
        base = based(minor, row.rate, row.exponent, self.organization.exponent)
        return Open(document_id, row.customer_id, row.currency, bucket, minor, base)


def _zone(organization: Organization) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(organization.time_zone)


def _bucket(day: str, key: str) -> str:
    late = (date.fromisoformat(day) - date.fromisoformat(key)).days
    return BUCKETS[0 if late <= 0 else 1 if late <= 30 else 2 if late <= 60 else 3 if late <= 90 else 4]


def _rows(tx: Tx, table: sa.Table) -> list[Any]:
    return list(tx.execute(sa.select(table)))
