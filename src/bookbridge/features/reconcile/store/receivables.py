"""Maintained sums, credits and contact balances, read for a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reconcile.sides import VOID, ContactSide, Owed
from bookbridge.store.db import Tx
from bookbridge.store.tables import (
    mirror_contacts,
    mirror_creditnotes,
    mirror_invoices,
    mirror_payments,
    receivable_customers,
    receivable_now,
)

_M = mirror_invoices.c


@dataclass(frozen=True, slots=True)
class WrongSum:
    """A maintained sum that is not what the mirrored invoices come to; amounts in minor units."""

    table: str
    key: tuple[str, ...]
    kept: tuple[int, int]
    scanned: tuple[int, int]


def wrong_sums(tx: Tx, organization_id: str, /) -> list[WrongSum]:
    """Every maintained sum of what is open now that differs from a straight scan, each in one statement."""
    customers, now = receivable_customers.c, receivable_now.c
    found = _compared(
        tx,
        "bb_receivable_customers",
        sa.select(customers.customer_id, customers.currency, customers.minor, customers.base_minor).where(
            customers.organization_id == organization_id
        ),
        _open(organization_id, _M.customer_id),
    )
    for basis, key in (("due", sa.case((_M.due_on != "", _M.due_on), else_=_M.invoice_on)), ("invoice", _M.invoice_on)):
        kept = sa.select(now.key_on, now.currency, now.minor, now.base_minor).where(
            now.organization_id == organization_id, now.basis == basis
        )
        found += _compared(tx, f"bb_receivable_now {basis}", kept, _open(organization_id, key))
    return found


def _open(organization_id: str, key: sa.ColumnElement[Any]) -> sa.Select[Any]:
    where = (_M.organization_id == organization_id, _M.is_open, _M.deleted_at.is_(None))
    return sa.select(key, _M.currency, _M.balance_minor, _M.base_balance_minor).where(*where)


def _compared(tx: Tx, table: str, kept: sa.Select[Any], scanned: sa.Select[Any]) -> list[WrongSum]:
    sides = [
        sa.select(*(column.label(name) for column, name in zip(query.subquery().c, _NAMES, strict=True)))
        for query in (kept, scanned)
    ]
    both = sa.union_all(
        *(side.add_columns(sa.literal(mark).label("side")) for mark, side in enumerate(sides))
    ).subquery()

    def total(name: str, side: int) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((both.c.side == side, both.c[name]), else_=0)), 0)

    pairs = [(total(name, 0), total(name, 1)) for name in ("minor", "base_minor")]
    query = sa.select(both.c.key, both.c.currency, *(each for pair in pairs for each in pair))
    differ = sa.or_(*(ours != theirs for ours, theirs in pairs))
    rows = tx.execute(query.group_by(both.c.key, both.c.currency).having(differ).order_by(both.c.key, both.c.currency))
    return [WrongSum(table, (r[0], r[1]), (int(r[2]), int(r[4])), (int(r[3]), int(r[5]))) for r in rows]


_NAMES = ("key", "currency", "minor", "base_minor")


def owed(tx: Tx, organization_id: str, exponents: Mapping[str, int], base_exponent: int, /) -> dict[str, Owed]:
    """What every customer owes (maintained sums) and has to its credit (mirrored documents)."""
    owing: dict[str, dict[str, tuple[int, int]]] = {}
    unused: dict[str, dict[str, tuple[int, int]]] = {}
    for query, into in ((_owing(organization_id), owing), *((each, unused) for each in _unused(organization_id))):
        for customer, currency, minor, base in tx.execute(query):
            had = into.setdefault(customer, {}).get(currency, (0, 0))
            into[customer][currency] = (had[0] + int(minor), had[1] + int(base))
    return {
        customer: Owed(
            outstanding=_by_currency(owing.get(customer, {}), exponents),
            credits=_by_currency(unused.get(customer, {}), exponents),
            base_outstanding=_scaled(sum(base for _, base in owing.get(customer, {}).values()), base_exponent),
            base_credits=_scaled(sum(base for _, base in unused.get(customer, {}).values()), base_exponent),
        )
        for customer in {*owing, *unused}
    }


def _owing(organization_id: str) -> sa.Select[Any]:
    c = receivable_customers.c
    return sa.select(c.customer_id, c.currency, c.minor, c.base_minor).where(c.organization_id == organization_id)


def _unused(organization_id: str) -> list[sa.Select[Any]]:
    n, p = mirror_creditnotes.c, mirror_payments.c
    sums = (sa.func.sum(n.balance_minor), sa.func.sum(n.base_balance_minor))
    counted = (n.organization_id == organization_id, n.deleted_at.is_(None), n.status.not_in((VOID, "draft")))
    notes = sa.select(n.customer_id, n.currency, *sums).where(*counted).group_by(n.customer_id, n.currency)
    sums = (sa.func.sum(p.unused_minor), sa.func.sum(p.base_unused_minor))
    mine = (p.organization_id == organization_id, p.deleted_at.is_(None), p.unused_minor != 0)
    return [notes, sa.select(p.customer_id, p.currency, *sums).where(*mine).group_by(p.customer_id, p.currency)]


def exponents(tx: Tx, organization_id: str, /) -> dict[str, int]:
    """The decimals of each currency the mirrored documents are in."""
    found: dict[str, int] = {}
    for table in (mirror_invoices, mirror_creditnotes, mirror_payments):
        query = sa.select(table.c.currency, table.c.exponent).where(table.c.organization_id == organization_id)
        found.update({str(currency): int(places) for currency, places in tx.execute(query.distinct())})
    return found


def contacts(tx: Tx, organization_id: str, base_exponent: int, /) -> dict[str, ContactSide]:
    """The mirrored contacts with what Zoho said of them when they were last read."""
    c = mirror_contacts.c
    columns = (c.contact_id, c.name, c.currency, c.exponent, c.receivable_minor, c.credits_minor)
    more = (c.base_receivable_minor, c.base_credits_minor)
    where = (c.organization_id == organization_id, c.deleted_at.is_(None))
    return {
        row.contact_id: ContactSide(
            contact_id=row.contact_id,
            name=row.name,
            currency=row.currency,
            outstanding=_scaled(row.receivable_minor, row.exponent),
            credits=_scaled(row.credits_minor, row.exponent),
            base_outstanding=_scaled(row.base_receivable_minor, base_exponent),
            base_credits=_scaled(row.base_credits_minor, base_exponent),
        )
        for row in tx.execute(sa.select(*columns, *more).where(*where))
    }


def _by_currency(sums: Mapping[str, tuple[int, int]], exponents: Mapping[str, int]) -> dict[str, Decimal]:
    return {currency: _scaled(minor, exponents.get(currency, 2)) for currency, (minor, _) in sums.items()}


def _scaled(minor: int, exponent: int) -> Decimal:
    return Decimal(minor).scaleb(-exponent)
