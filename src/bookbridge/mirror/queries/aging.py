"""Aging: who owed how much on a day, and how late.

Today (or a later day) is read from what is open now; a past day is that less the dated sums after it. Drafts and void
invoices never count (FACTS 5.4); credits that no invoice used stand apart and reduce nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries import names
from bookbridge.mirror.queries.asking import BUCKETS, Asked
from bookbridge.mirror.queries.freshness import require_mirrored
from bookbridge.store import tables
from bookbridge.store.db import Tx

TOP = 10
DAYS, NOW, MONTHS = tables.receivable_days, tables.receivable_now, tables.receivable_months
EVENTS, CUSTOMERS, INVOICES = tables.receivable_events, tables.receivable_customers, tables.mirror_invoices
CREDITS = ("creditnote", "payment")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The open invoices of one age."""

    name: str
    count: int
    total: Money


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The five buckets, with their sum."""

    buckets: tuple[Bucket, ...]
    count: int
    total: Money

    @property
    def overdue(self) -> Money:
        """Everything but current."""
        return self.total - self.buckets[0].total

    @property
    def overdue_count(self) -> int:
        """The invoices that are not current."""
        return self.count - self.buckets[0].count


@dataclass(frozen=True, kw_only=True)
class CurrencyAging:
    """What is open in one currency; ``base`` is the sum in the organization's."""

    currency: str
    spread: Spread
    base: Money


@dataclass(frozen=True, kw_only=True)
class CustomerAging:
    """What one customer owes, in the organization's currency or in the one that was asked for."""

    customer_id: str
    name: str
    spread: Spread


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What no invoice has used: ``kind`` is creditnote or payment; ``base`` is in the organization's currency."""

    kind: str
    currency: str
    count: int
    total: Money
    base: Money


@dataclass(frozen=True, kw_only=True)
class Aging:
    """The answer; ``synced_at`` is when the mirror was last in step with Zoho."""

    asked: Asked
    spread: Spread
    by_currency: tuple[CurrencyAging, ...]
    customers: tuple[CustomerAging, ...]
    credits: tuple[Credit, ...]
    credits_total: Money
    credits_count: int
    synced_at: datetime | None


Sums = list[list[int]]
"""Of each bucket: open invoices, amount, amount in the organization's currency."""


def aging(tx: Tx, asked: Asked, /) -> Aging:
    """Who owes how much on the day asked for.

    Raises:
        NotMirroredError: the invoices were never mirrored.
    """
    synced_at = require_mirrored(tx, asked.organization.organization_id)
    return _answer(asked, _by_currency(tx, asked), _credits(tx, asked), _customers(tx, asked), synced_at)


def _answer(
    asked: Asked,
    sums: dict[str, Sums],
    credits: tuple[Credit, ...],
    customers: tuple[CustomerAging, ...],
    synced_at: datetime | None,
) -> Aging:
    return Aging(
        asked=asked,
        spread=_spread(asked, _together(sums.values())),
        by_currency=tuple(_currency(asked, code, sums[code]) for code in sorted(sums) if _anything(sums[code])),
        customers=customers,
        credits=credits,
        credits_total=asked.money(sum(each.total.minor for each in credits), sum(each.base.minor for each in credits)),
        credits_count=sum(each.count for each in credits),
        synced_at=synced_at,
    )


def aging_of_customer(tx: Tx, asked: Asked, customer_id: str, /) -> Aging:
    """The same for one customer, from its own events; without a list of customers."""
    synced_at = require_mirrored(tx, asked.organization.organization_id)
    sums = _sums(tx.execute(_customer_buckets(asked, customer_id)))
    credits = _as_credits(asked, tx.execute(_customer_credits(asked, customer_id)))
    return _answer(asked, sums, credits, (), synced_at)


def bucket_of(key: Any, asked: Asked, /) -> sa.ColumnElement[int]:
    """The number of the bucket that a date (a column) falls into."""
    return sa.case(*((key >= start, number) for number, start in enumerate(asked.starts)), else_=len(BUCKETS) - 1)


def by_customer(column: sa.Column[str], /) -> sa.ColumnElement[str]:
    """A day that no index is searched by: the events of a customer lie together and are read one after the other."""
    return sa.func.coalesce(column, sa.literal_column("''"))


def by_day(column: sa.Column[str], /) -> sa.ColumnElement[str]:
    """A customer that no index is read in the order of: the days of a month are searched instead."""
    return sa.func.coalesce(column, sa.literal_column("''"))


def _by_currency(tx: Tx, asked: Asked) -> dict[str, Sums]:
    """What is open now; of a past day less what changed after it, which is little of a day that is not long ago."""
    sums = _sums(tx.execute(_grouped(asked, NOW)))
    if asked.is_past:
        later = _sums(tx.execute(_grouped(asked, DAYS).where(DAYS.c.on_date > asked.as_of.isoformat())))
        for code, changes in later.items():
            known = sums.get(code, [[0, 0, 0] for _ in BUCKETS])
            sums[code] = [
                [a - b for a, b in zip(one, more, strict=True)] for one, more in zip(known, changes, strict=True)
            ]
    return sums


def _grouped(asked: Asked, table: sa.Table) -> sa.Select[Any]:
    return (
        sa.select(table.c.currency, bucket_of(table.c.key_on, asked).label("bucket"), *_summed(table))
        .where(*_ours(table, asked), table.c.basis == asked.basis)
        .group_by(table.c.currency, sa.text("bucket"))
    )


def _sums(rows: Iterable[Any]) -> dict[str, Sums]:
    """Rows of (key, bucket, opened, minor, base) as buckets by key."""
    found: dict[str, Sums] = {}
    for key, bucket, *amounts in rows:
        of_key = found.setdefault(key, [[0, 0, 0] for _ in BUCKETS])
        of_key[int(bucket)] = [known + int(more) for known, more in zip(of_key[int(bucket)], amounts, strict=True)]
    return found


def _anything(sums: Sums) -> bool:
    return any(any(each) for each in sums)


def _together(many: Iterable[Sums]) -> Sums:
    total: Sums = [[0, 0, 0] for _ in BUCKETS]
    for sums in many:
        total = [[a + b for a, b in zip(one, other, strict=True)] for one, other in zip(total, sums, strict=True)]
    return total


def _spread(asked: Asked, sums: Sums) -> Spread:
    buckets = tuple(
        Bucket(name=name, count=opened, total=asked.money(minor, base))
        for name, (opened, minor, base) in zip(BUCKETS, sums, strict=True)
    )
    opened, minor, base = (sum(each) for each in zip(*sums, strict=True))
    return Spread(buckets=buckets, count=opened, total=asked.money(minor, base))


def _currency(asked: Asked, code: str, sums: Sums) -> CurrencyAging:
    in_currency = Asked(
        organization=asked.organization, as_of=asked.as_of, today=asked.today, by=asked.by, currency=code,
        scale=asked.scale,
    )  # fmt: skip
    base = asked.scale.money(sum(each[2] for each in sums))
    return CurrencyAging(currency=code, spread=_spread(in_currency, sums), base=base)


def _customers(tx: Tx, asked: Asked) -> tuple[CustomerAging, ...]:
    """The ten that owe most, with their buckets."""
    top = _top_then(tx, asked) if asked.is_past else _top_now(tx, asked)
    if not top:
        return ()
    query = _buckets_then(asked, top) if asked.is_past else _buckets_now(asked, top)
    sums = _sums(tx.execute(query))
    called = names.of_customers(tx, asked.organization.organization_id, top)
    return tuple(
        CustomerAging(customer_id=each, name=called.get(each, each), spread=_spread(asked, sums[each]))
        for each in top
        if each in sums
    )


def _top_now(tx: Tx, asked: Asked) -> list[str]:
    owed = sa.func.sum(CUSTOMERS.c[_measure(asked)])
    query = sa.select(CUSTOMERS.c.customer_id).where(*_ours(CUSTOMERS, asked)).group_by(CUSTOMERS.c.customer_id)
    query = query.having(owed > 0).order_by(owed.desc(), CUSTOMERS.c.customer_id).limit(TOP)
    return [row[0] for row in tx.execute(query)]


def _top_then(tx: Tx, asked: Asked) -> list[str]:
    """What customers owe now, less the months after that of the day and, within its month, the events after it."""
    month, measure = asked.as_of.isoformat()[:7], _measure(asked)
    after = EVENTS.c.on_date.between((asked.as_of + timedelta(days=1)).isoformat(), f"{month}-31")
    parts = [
        sa.select(CUSTOMERS.c.customer_id, CUSTOMERS.c[measure].label("owed")).where(*_ours(CUSTOMERS, asked)),
        sa.select(MONTHS.c.customer_id, -sa.func.sum(MONTHS.c[measure]))
        .where(*_ours(MONTHS, asked), MONTHS.c.month > month, MONTHS.c.customer_id != "")
        .group_by(MONTHS.c.customer_id),
        sa.select(by_day(EVENTS.c.customer_id), -sa.func.sum(EVENTS.c[measure]))
        .where(*_ours(EVENTS, asked), EVENTS.c.document == "invoice", EVENTS.c.customer_id != "", after)
        .group_by(by_day(EVENTS.c.customer_id)),
    ]
    every = sa.union_all(*parts).subquery()
    owed = sa.func.sum(every.c.owed)
    query = sa.select(every.c.customer_id).group_by(every.c.customer_id).having(owed > 0)
    return [row[0] for row in tx.execute(query.order_by(owed.desc(), every.c.customer_id).limit(TOP))]


def _customer_buckets(asked: Asked, customer_id: str) -> sa.Select[Any]:
    key = EVENTS.c.due_on if asked.basis == "due" else EVENTS.c.dated_on
    query = sa.select(EVENTS.c.currency, bucket_of(key, asked).label("bucket"), *_summed(EVENTS))
    where = [*_of_customer(asked, customer_id), EVENTS.c.document == "invoice"]
    return query.where(*where).group_by(EVENTS.c.currency, sa.text("bucket"))


def _customer_credits(asked: Asked, customer_id: str) -> sa.Select[Any]:
    query = sa.select(EVENTS.c.document, EVENTS.c.currency, *_summed(EVENTS))
    where = [*_of_customer(asked, customer_id), EVENTS.c.document.in_(CREDITS)]
    return query.where(*where).group_by(EVENTS.c.document, EVENTS.c.currency)


def _of_customer(asked: Asked, customer_id: str) -> list[sa.ColumnElement[bool]]:
    where = [*_ours(EVENTS, asked), EVENTS.c.customer_id == customer_id]
    return [*where, by_customer(EVENTS.c.on_date) <= asked.as_of.isoformat()] if asked.is_past else where


def _buckets_now(asked: Asked, top: Sequence[str]) -> sa.Select[Any]:
    """From the open invoices of these customers, whose base balances are rounded as events are."""
    key = INVOICES.c.due_on if asked.basis == "due" else INVOICES.c.invoice_on
    columns = INVOICES.c
    amounts = (sa.func.count(), sa.func.sum(columns.balance_minor), sa.func.sum(columns.base_balance_minor))
    where = [*_ours(INVOICES, asked), columns.customer_id.in_(top), columns.is_open, columns.deleted_at.is_(None)]
    query = sa.select(columns.customer_id, bucket_of(key, asked).label("bucket"), *amounts).where(*where)
    return query.group_by(columns.customer_id, sa.text("bucket"))


def _buckets_then(asked: Asked, top: Sequence[str]) -> sa.Select[Any]:
    key = EVENTS.c.due_on if asked.basis == "due" else EVENTS.c.dated_on
    return (
        sa.select(EVENTS.c.customer_id, bucket_of(key, asked).label("bucket"), *_summed(EVENTS))
        .where(
            *_ours(EVENTS, asked),
            EVENTS.c.document == "invoice",
            EVENTS.c.customer_id.in_(top),
            by_customer(EVENTS.c.on_date) <= asked.as_of.isoformat(),
        )
        .group_by(EVENTS.c.customer_id, sa.text("bucket"))
    )


def _credits(tx: Tx, asked: Asked) -> tuple[Credit, ...]:
    table = DAYS if asked.is_past else NOW
    query = (
        sa.select(table.c.basis, table.c.currency, *_summed(table))
        .where(*_ours(table, asked), table.c.basis.in_(CREDITS))
        .group_by(table.c.basis, table.c.currency)
        .order_by(table.c.basis, table.c.currency)
    )
    if asked.is_past:
        query = query.where(DAYS.c.on_date <= asked.as_of.isoformat())
    return _as_credits(asked, tx.execute(query))


def _as_credits(asked: Asked, rows: Iterable[Any]) -> tuple[Credit, ...]:
    return tuple(
        Credit(
            kind=kind, currency=code, count=int(opened), total=asked.scale.money(minor, code),
            base=asked.scale.money(base),
        )
        for kind, code, opened, minor, base in rows
        if opened or minor
    )  # fmt: skip


def _ours(table: sa.Table, asked: Asked) -> list[sa.ColumnElement[bool]]:
    where = [table.c.organization_id == asked.organization.organization_id]
    return [*where, table.c.currency == asked.currency] if asked.currency else where


def _measure(asked: Asked) -> str:
    return "minor" if asked.currency else "base_minor"


def _summed(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    return [sa.func.sum(table.c[name]) for name in ("opened", "minor", "base_minor")]
