"""Customers: what each owes and has to its credit, how much it buys, how fast it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries import names
from bookbridge.mirror.queries.aging import Aging, Spread, aging_of_customer, by_customer
from bookbridge.mirror.queries.asking import Asked
from bookbridge.store import tables
from bookbridge.store.db import Tx

CONTACTS, OWED = tables.mirror_contacts, tables.receivable_customers
EVENTS, MONTHS = tables.receivable_events, tables.receivable_months
MOST_PER_PAGE = 200
YEAR = 365


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """A customer in a list; ``owed`` is in the organization's currency."""

    customer_id: str
    name: str
    email: str
    currency: str
    open_invoices: int
    owed: Money


@dataclass(frozen=True, kw_only=True)
class CustomerPage:
    """A page of customers; ``total`` counts all pages."""

    rows: tuple[CustomerRow, ...]
    page: int
    per_page: int
    total: int

    @property
    def has_more(self) -> bool:
        """Whether there is a further page."""
        return self.page * self.per_page < self.total


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One customer, on the day of the question.

    ``aging`` has its buckets, currencies and unused credits; ``billed`` and ``billed_year`` what it was invoiced ever
    and in the last twelve months; ``days_to_pay`` the average from invoice to settlement over the invoices settled in
    the last 365 days, ``None`` without any. ``zoho_owed`` and ``zoho_credits`` are Zoho's own figures of today.
    """

    customer_id: str
    name: str
    company: str
    email: str
    phone: str
    status: str
    currency: str
    is_deleted: bool
    aging: Aging
    billed: Money
    billed_year: Money
    days_to_pay: int | None
    zoho_owed: Money | None
    zoho_credits: Money | None

    @property
    def spread(self) -> Spread:
        """Its buckets."""
        return self.aging.spread


def list_customers(
    tx: Tx, asked: Asked, /, *, search: str = "", only_owing: bool = False, sort: str = "owed", page: int = 1,
    per_page: int = 25,
) -> CustomerPage:  # fmt: skip
    """Customers by what they owe now (``sort`` owed) or by name (``name``); ``search`` is part of a name or address."""
    per_page, page = max(1, min(per_page, MOST_PER_PAGE)), max(1, page)
    organization_id = asked.organization.organization_id
    owed = (
        sa.select(
            OWED.c.customer_id,
            sa.func.sum(OWED.c.base_minor).label("base_minor"),
            sa.func.sum(OWED.c.opened).label("opened"),
        )
        .where(OWED.c.organization_id == organization_id)
        .group_by(OWED.c.customer_id)
        .subquery()
    )
    amount = sa.func.coalesce(owed.c.base_minor, 0)
    where = [CONTACTS.c.organization_id == organization_id, CONTACTS.c.deleted_at.is_(None)]
    where += [owed.c.base_minor != 0] if only_owing else [CONTACTS.c.contact_type != "vendor"]
    if search.strip():
        named = (CONTACTS.c.name, CONTACTS.c.company, CONTACTS.c.email)
        where.append(sa.or_(*(column.icontains(search.strip(), autoescape=True) for column in named)))
    joined = CONTACTS.outerjoin(owed, owed.c.customer_id == CONTACTS.c.contact_id)
    total = tx.execute(sa.select(sa.func.count()).select_from(joined).where(*where)).scalar_one()
    order: list[Any] = [amount.desc()] if sort == "owed" else []
    query = (
        sa.select(CONTACTS, amount.label("owed_minor"), sa.func.coalesce(owed.c.opened, 0).label("opened"))
        .select_from(joined)
        .where(*where)
        .order_by(*order, CONTACTS.c.name, CONTACTS.c.contact_id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    rows = tuple(_row(row, asked) for row in tx.execute(query))
    return CustomerPage(rows=rows, page=page, per_page=per_page, total=int(total))


def find_customer(tx: Tx, asked: Asked, customer_id: str, /) -> Customer | None:
    """One customer; ``None`` when neither the contact nor an invoice of it is mirrored."""
    organization_id = asked.organization.organization_id
    where = (CONTACTS.c.organization_id == organization_id) & (CONTACTS.c.contact_id == customer_id)
    row = tx.execute(sa.select(CONTACTS).where(where)).one_or_none()
    called = names.of_customers(tx, organization_id, [customer_id])
    if row is None and customer_id not in called:
        return None
    texts = {name: getattr(row, name, "") for name in ("company", "email", "phone", "status", "currency")}
    billed, billed_year = _billed(tx, asked, customer_id)
    return Customer(
        customer_id=customer_id,
        name=called.get(customer_id, customer_id),
        **texts,
        is_deleted=row is not None and row.deleted_at is not None,
        aging=aging_of_customer(tx, asked, customer_id),
        billed=asked.scale.money(billed),
        billed_year=asked.scale.money(billed_year),
        days_to_pay=_days_to_pay(tx, asked, customer_id),
        zoho_owed=None if row is None else asked.scale.money(row.base_receivable_minor),
        zoho_credits=None if row is None else asked.scale.money(row.base_credits_minor),
    )


def _row(row: Any, asked: Asked) -> CustomerRow:
    return CustomerRow(
        customer_id=row.contact_id, name=row.name, email=row.email, currency=row.currency,
        open_invoices=int(row.opened), owed=asked.scale.money(int(row.owed_minor)),
    )  # fmt: skip


def _billed(tx: Tx, asked: Asked, customer_id: str) -> tuple[int, int]:
    """Ever, and in the twelve months up to today's."""
    today = asked.today
    since = f"{today.year - 1 + (today.month == 12):04d}-{today.month % 12 + 1:02d}"
    amount = MONTHS.c.base_billed_minor
    recent = sa.case((MONTHS.c.month >= since, amount), else_=0)
    query = sa.select(sa.func.coalesce(sa.func.sum(amount), 0), sa.func.coalesce(sa.func.sum(recent), 0)).where(
        MONTHS.c.organization_id == asked.organization.organization_id, MONTHS.c.customer_id == customer_id
    )
    ever, year = tx.execute(query).one()
    return int(ever), int(year)


def _days_to_pay(tx: Tx, asked: Asked, customer_id: str) -> int | None:
    """The average of settled invoices, each counted once."""
    since = (asked.today - timedelta(days=YEAR)).isoformat()
    query = (
        sa.select(EVENTS.c.dated_on, EVENTS.c.on_date, sa.func.count())
        .where(
            EVENTS.c.organization_id == asked.organization.organization_id, EVENTS.c.document == "invoice",
            EVENTS.c.customer_id == customer_id, -EVENTS.c.opened > 0, by_customer(EVENTS.c.on_date) >= since,
        )
        .group_by(EVENTS.c.dated_on, EVENTS.c.on_date)
    )  # fmt: skip
    return average_days([(dated, settled, int(count)) for dated, settled, count in tx.execute(query)])


def average_days(settled: Sequence[tuple[str, str, int]], /) -> int | None:
    """The average of (from, to, how often) in whole days, halves up; ``None`` of nothing."""
    count = sum(times for _from, _to, times in settled)
    if not count:
        return None
    total = sum((date.fromisoformat(to) - date.fromisoformat(start)).days * times for start, to, times in settled)
    return (2 * total + count) // (2 * count)
