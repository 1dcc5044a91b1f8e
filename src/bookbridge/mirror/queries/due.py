"""Open invoices whose due date is near."""

from dataclasses import dataclass
from datetime import date, timedelta

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.asking import Asked
from bookbridge.mirror.queries.invoices import InvoiceFilter, InvoiceRow, list_invoices
from bookbridge.store.db import Tx

DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Due:
    """Open invoices due from ``first`` to ``last``: how many, how much, and the first of them by due date."""

    first: date
    last: date
    count: int
    total: Money
    rows: tuple[InvoiceRow, ...]


def due_soon(tx: Tx, asked: Asked, /, *, days: int = DAYS, limit: int = 10) -> Due:
    """What is due from today on within ``days`` days, today included; amounts in the organization's currency."""
    first, last = asked.today, asked.today + timedelta(days=days - 1)
    wanted = InvoiceFilter(
        is_open=True, due_start=first.isoformat(), due_end=last.isoformat(), sort="due_date", is_ascending=True,
        per_page=limit,
    )  # fmt: skip
    today = Asked(
        organization=asked.organization, as_of=asked.today, today=asked.today, by="due_date", currency="",
        scale=asked.scale,
    )  # fmt: skip
    page = list_invoices(tx, today, wanted)
    return Due(first=first, last=last, count=page.total, total=page.base_balance, rows=page.rows)
