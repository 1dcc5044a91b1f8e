"""Twelve months: what was billed, what came in, what was open at the end, and how many days of sales that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.asking import Asked
from bookbridge.store import tables
from bookbridge.store.db import Tx

MONTHS, PAYMENTS, NOW = tables.receivable_months, tables.mirror_payments, tables.receivable_now
SALES_MONTHS = 3
"""Days sales outstanding compares what is open with the sales of this many months, the last one included."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """One month (``2026-01``), in the organization's currency.

    ``open_at_end`` is what was owed at its end (now, for the running month); ``dso`` the days of sales this is, or
    ``None`` when nothing was billed in three months.
    """

    month: str
    billed: Money
    received: Money
    open_at_end: Money
    dso: int | None


def months(tx: Tx, asked: Asked, /, *, count: int = 12) -> tuple[Month, ...]:
    """The last ``count`` months up to today's, the oldest first; the question's own day does not matter."""
    names = _names(asked.today, count + SALES_MONTHS - 1)
    organization_id = asked.organization.organization_id
    billed, change = _sums(tx, organization_id)
    received = _received(tx, organization_id, names[-count:])
    left = sum(amount for month, amount in change.items() if month < names[0])
    made = []
    for place, month in enumerate(names):
        left += change.get(month, 0)
        if place < SALES_MONTHS - 1:
            continue
        is_running = place == len(names) - 1
        at_end = _open_now(tx, organization_id) if is_running else left
        period = names[place - SALES_MONTHS + 1 : place + 1]
        sold = sum(billed.get(each, 0) for each in period)
        last = asked.today if is_running else _end(month)
        days = (last - date.fromisoformat(f"{period[0]}-01")).days + 1
        made.append(
            Month(
                month=month,
                billed=asked.scale.money(billed.get(month, 0)),
                received=asked.scale.money(received.get(month, 0)),
                open_at_end=asked.scale.money(at_end),
                dso=days_of_sales(at_end, sold, days),
            )
        )
    return tuple(made)


def days_of_sales(open_minor: int, billed_minor: int, days: int, /) -> int | None:
    """``open / billed * days`` in whole days, halves up; ``None`` without sales."""
    if billed_minor <= 0:
        return None
    return (2 * max(0, open_minor) * days + billed_minor) // (2 * billed_minor)


def _names(today: date, count: int) -> list[str]:
    first = today.year * 12 + today.month - count
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, first + count)]


def _end(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return (date(year + number // 12, number % 12 + 1, 1)) - timedelta(days=1)


def _sums(tx: Tx, organization_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """Billed, and the change of what is open, by month."""
    query = (
        sa.select(MONTHS.c.month, sa.func.sum(MONTHS.c.base_billed_minor), sa.func.sum(MONTHS.c.base_minor))
        .where(MONTHS.c.organization_id == organization_id, MONTHS.c.customer_id == "")
        .group_by(MONTHS.c.month)
    )
    rows = [(month, int(billed), int(change)) for month, billed, change in tx.execute(query)]
    return {month: billed for month, billed, _ in rows}, {month: change for month, _, change in rows}


def _received(tx: Tx, organization_id: str, names: Sequence[str]) -> dict[str, int]:
    """Payments by month, whether invoices have used them or not; each month is one range of an index."""
    amount = sa.func.coalesce(sa.func.sum(PAYMENTS.c.base_amount_minor), 0)
    ranges = [
        sa.select(sa.literal(name).label("month"), amount).where(
            PAYMENTS.c.organization_id == organization_id,
            PAYMENTS.c.paid_on.between(f"{name}-01", f"{name}-31"),
            PAYMENTS.c.deleted_at.is_(None),
        )
        for name in names
    ]
    return {name: int(total) for name, total in tx.execute(sa.union_all(*ranges))}


def _open_now(tx: Tx, organization_id: str) -> int:
    where = (NOW.c.organization_id == organization_id) & (NOW.c.basis == "due")
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(NOW.c.base_minor), 0)).where(where)).scalar_one())
