"""Lists of mirrored invoices: filtered, sorted, counted, by page; also those that were open on a past day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import Money
from bookbridge.mirror.queries import statuses
from bookbridge.mirror.queries.asking import BUCKETS, Asked, day_in
from bookbridge.store import tables
from bookbridge.store.db import Tx

INVOICES, EVENTS = tables.mirror_invoices, tables.receivable_events
MOST_PER_PAGE = 200
PER_FETCH = 500
SORTS = {
    "date": "invoice_on",
    "due_date": "due_on",
    "invoice_number": "number",
    "customer_name": "customer_name",
    "total": "base_total_minor",
    "balance": "base_balance_minor",
}
"""What lists sort by; amounts in the organization's currency."""


@dataclass(frozen=True, kw_only=True)
class InvoiceFilter:
    """What invoices are wanted; empty fields do not filter.

    ``bucket`` (one of the aging buckets, or ``overdue``) and a past day in the question mean what was open then.
    Amounts are of the balance (of the total when nothing has to be open), in the organization's currency, inclusive.
    """

    status: str = ""
    bucket: str = ""
    is_open: bool = False
    customer_id: str = ""
    date_start: str = ""
    date_end: str = ""
    due_start: str = ""
    due_end: str = ""
    least_minor: int | None = None
    most_minor: int | None = None
    search: str = ""
    sort: str = "date"
    is_ascending: bool = False
    page: int = 1
    per_page: int = 25

    def check(self) -> None:
        """Whether every field has a value there is.

        Raises:
            InvalidInputError: one has not, with its name.
        """
        for name, value, known in (
            ("status", self.status, statuses.STATUSES),
            ("bucket", self.bucket, (*BUCKETS, statuses.OVERDUE)),
            ("sort", self.sort, tuple(SORTS)),
        ):
            if value and value not in known:
                remedy = f"Send {', '.join(known)}."
                raise InvalidInputError(f"{name}: {value[:40]!r} is not known.", field=name, remedy=remedy)
        for name in ("date_start", "date_end", "due_start", "due_end"):
            if getattr(self, name):
                day_in(getattr(self, name), name)


@dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    """One invoice in a list; of a past day ``balance`` and ``status`` are those of that day."""

    invoice_id: str
    number: str
    reference: str
    status: str
    customer_id: str
    customer_name: str
    invoice_on: str
    due_on: str
    days_late: int
    last_payment_on: str
    total: Money
    balance: Money
    base_balance: Money


@dataclass(frozen=True, kw_only=True)
class InvoicePage:
    """A page of a list; ``total`` counts all pages, ``base_balance`` adds up what is open on all of them.

    ``balance`` is the same sum in the one currency asked for, ``None`` where none was or it is the organization's.
    """

    rows: tuple[InvoiceRow, ...]
    page: int
    per_page: int
    total: int
    base_balance: Money
    balance: Money | None = None
    payloads: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def has_more(self) -> bool:
        """Whether there is a further page."""
        return self.page * self.per_page < self.total


def list_invoices(tx: Tx, asked: Asked, wanted: InvoiceFilter, /) -> InvoicePage:
    """One page of the invoices wanted; ``asked`` gives the organization, the day, how age is counted and the currency.

    Raises:
        InvalidInputError: a filter has a value that there is not.
    """
    wanted.check()
    per_page = max(1, min(wanted.per_page, MOST_PER_PAGE))
    page = max(1, wanted.page)
    found = _found(asked, wanted, tx.dialect.name)
    place = sa.select(found.c.invoice_id, found.c.base_balance, found.c.balance).order_by(*_order(found, wanted))
    on_page = {row[0]: row for row in tx.execute(place.limit(per_page).offset((page - 1) * per_page))}
    sums = (sa.func.sum(found.c.base_balance), sa.func.sum(found.c.own_balance))
    total, base_balance, balance = tx.execute(sa.select(sa.func.count(), *sums).select_from(found)).one()
    rows = _rows(tx, asked, on_page)
    return InvoicePage(
        rows=tuple(row_of(row, asked, then=on_page[row.invoice_id]) for row in rows),
        page=page,
        per_page=per_page,
        total=int(total),
        base_balance=asked.scale.money(int(base_balance or 0)),
        balance=_in_own(asked, int(balance or 0)),
        payloads=tuple(row.payload for row in rows),
    )


def every_invoice(tx: Tx, asked: Asked, wanted: InvoiceFilter, /) -> Iterator[InvoiceRow]:
    """All invoices wanted, in their order, as the database gives them out: in bounded memory, however many there are.

    Raises:
        InvalidInputError: a filter has a value that there is not.
    """
    wanted.check()
    found = _found(asked, wanted, tx.dialect.name)
    query = (
        sa.select(*_SHOWN, found.c.base_balance.label("then_base"), found.c.balance.label("then_balance"))
        .join_from(found, INVOICES, INVOICES.c.invoice_id == found.c.invoice_id)
        .where(INVOICES.c.organization_id == asked.organization.organization_id)
        .order_by(*_order(found, wanted))
    )
    for row in tx.execution_options(yield_per=PER_FETCH).execute(query):
        yield row_of(row, asked, then=_Then(row.then_balance, row.then_base))


@dataclass(frozen=True, slots=True)
class _Then:
    """What was open on a past day; no balance for today."""

    balance: int | None
    base_balance: int


def _in_own(asked: Asked, minor: int) -> Money | None:
    """A sum in the one foreign currency asked for."""
    if not asked.currency or asked.currency == asked.scale.base:
        return None
    return asked.scale.money(minor, asked.currency)


def _found(asked: Asked, wanted: InvoiceFilter, dialect: str) -> sa.Subquery:
    """Id, open amounts and sort key of every invoice wanted."""
    where = _filtered(asked, wanted, dialect)
    return _then(asked, wanted, where) if _is_then(asked, wanted) else _now(asked, wanted, where)


def _order(found: sa.Subquery, wanted: InvoiceFilter) -> list[sa.ColumnElement[Any]]:
    """By the column and, among equals, by id; both in one direction, as an index is read."""
    columns = (found.c.sorting, found.c.invoice_id)
    return [column.asc() if wanted.is_ascending else column.desc() for column in columns]


def _rows(tx: Tx, asked: Asked, on_page: Mapping[str, Any]) -> list[Any]:
    """The rows with these ids, in this order."""
    query = sa.select(*_SHOWN, INVOICES.c.payload).where(
        INVOICES.c.organization_id == asked.organization.organization_id, INVOICES.c.invoice_id.in_(list(on_page))
    )
    found = {row.invoice_id: row for row in tx.execute(query)} if on_page else {}
    return [found[invoice_id] for invoice_id in on_page]


def row_of(row: Any, asked: Asked, /, *, then: Any = None) -> InvoiceRow:
    """A row of the table as lists show it; ``then`` has its ``balance`` and ``base_balance`` of a past day."""
    scale, then = asked.scale, None if then is None or then.balance is None else then
    balance = row.balance_minor if then is None else int(then.balance)
    base = row.base_balance_minor if then is None else int(then.base_balance)
    key = row.invoice_on if asked.basis == "invoice" else row.due_on
    is_open = bool(row.is_open) if then is None else balance != 0
    return InvoiceRow(
        invoice_id=row.invoice_id,
        number=row.number,
        reference=row.reference,
        status=statuses.shown(
            row.status, is_open=is_open, is_late=row.due_on < asked.as_of.isoformat(), is_part=balance < row.total_minor
        ),
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        invoice_on=row.invoice_on,
        due_on=row.due_on,
        days_late=_days(key, asked.as_of) if is_open else 0,
        last_payment_on=row.last_payment_on,
        total=Money(row.total_minor, row.currency, row.exponent),
        balance=Money(balance, row.currency, row.exponent),
        base_balance=scale.money(base),
    )


def _days(key: str, as_of: date) -> int:
    try:
        return max(0, (as_of - date.fromisoformat(key)).days)
    except ValueError:
        return 0


def _is_then(asked: Asked, wanted: InvoiceFilter) -> bool:
    """Whether balances of a past day are wanted."""
    return asked.is_past and (bool(wanted.bucket) or wanted.is_open)


def _now(asked: Asked, wanted: InvoiceFilter, filtered: list[sa.ColumnElement[bool]]) -> sa.Subquery:
    """What is there now."""
    where = [*filtered, *statuses.now(wanted.status, asked.as_of.isoformat())]
    if wanted.bucket or wanted.is_open:
        where += [INVOICES.c.is_open, *in_bucket(_key(asked), asked, wanted.bucket)]
    measured = INVOICES.c.base_balance_minor if wanted.bucket or wanted.is_open else INVOICES.c.base_total_minor
    where += _between(measured, wanted)
    open_now, own_now = (
        sa.case((INVOICES.c.is_open, INVOICES.c[name]), else_=0) for name in ("base_balance_minor", "balance_minor")
    )
    query = sa.select(
        INVOICES.c.invoice_id,
        open_now.label("base_balance"),
        own_now.label("own_balance"),
        sa.cast(sa.null(), sa.BigInteger).label("balance"),
        INVOICES.c[SORTS[wanted.sort]].label("sorting"),
    ).where(*where)
    return query.subquery()


def _then(asked: Asked, wanted: InvoiceFilter, filtered: list[sa.ColumnElement[bool]]) -> sa.Subquery:
    """What was open at the end of a past day: the sums of the events up to it."""
    day = asked.as_of.isoformat()
    ours = EVENTS.c.organization_id == asked.organization.organization_id
    candidates = _open_then(asked, wanted.bucket)
    balance, base = sa.func.sum(EVENTS.c.minor), sa.func.sum(EVENTS.c.base_minor)
    sums = (
        sa.select(EVENTS.c.document_id, balance.label("balance"), base.label("base_balance"))
        .join_from(
            candidates,
            EVENTS,
            sa.and_(EVENTS.c.customer_id == candidates.c.customer_id, EVENTS.c.document_id == candidates.c.id),
        )
        .where(ours, EVENTS.c.document == "invoice", EVENTS.c.on_date <= day)
        .group_by(EVENTS.c.document_id)
        .having(balance != 0)
        .subquery()
    )
    where = [*filtered, *_between(sums.c.base_balance, wanted), *statuses.then(wanted.status, sums.c.balance, day)]
    column = INVOICES.c[SORTS[wanted.sort]]  # coalesce: from the few sums to their invoices, never along an index
    nothing = "" if isinstance(column.type, sa.Text) else 0
    sorting = sums.c.base_balance if wanted.sort == "balance" else sa.func.coalesce(column, nothing)
    return (
        sa.select(
            INVOICES.c.invoice_id,
            sums.c.base_balance,
            sums.c.balance.label("own_balance"),
            sums.c.balance,
            sorting.label("sorting"),
        )
        .join_from(sums, INVOICES, INVOICES.c.invoice_id == sums.c.document_id)
        .where(*where)
        .subquery()
    )


def _open_then(asked: Asked, bucket: str) -> sa.Subquery:
    """Customer and id of what may have been open at the end of the day: settled later, or open still."""
    day = asked.as_of.isoformat()
    ours = EVENTS.c.organization_id == asked.organization.organization_id
    settled_later = sa.select(EVENTS.c.customer_id, EVENTS.c.document_id.label("id")).where(
        ours,
        EVENTS.c.document == "invoice",
        EVENTS.c.opened < 0,
        EVENTS.c.on_date > day,
        EVENTS.c.dated_on <= day,
        *in_bucket(EVENTS.c.dated_on if asked.basis == "invoice" else EVENTS.c.due_on, asked, bucket),
    )
    open_still = sa.select(INVOICES.c.customer_id, INVOICES.c.invoice_id).where(
        INVOICES.c.organization_id == asked.organization.organization_id,
        INVOICES.c.is_open,
        INVOICES.c.invoice_on <= day,
        *in_bucket(_key(asked), asked, bucket),
    )
    return sa.union(settled_later, open_still).subquery()


def in_bucket(key: sa.Column[str], asked: Asked, bucket: str, /) -> list[sa.ColumnElement[bool]]:
    """Whether the date that counts falls into a bucket; ``overdue`` is every bucket but current, empty is all."""
    if not bucket:
        return []
    if bucket == statuses.OVERDUE:
        return [key < asked.starts[0]]
    place = BUCKETS.index(bucket)
    where = [key < asked.starts[place - 1]] if place else []
    return [*where, key >= asked.starts[place]] if place < len(asked.starts) else where


def _key(asked: Asked) -> sa.Column[str]:
    return INVOICES.c.due_on if asked.basis == "due" else INVOICES.c.invoice_on


def _filtered(asked: Asked, wanted: InvoiceFilter, dialect: str) -> list[sa.ColumnElement[bool]]:
    columns = INVOICES.c
    where = [columns.organization_id == asked.organization.organization_id, _is_there(wanted)]
    where += [columns.customer_id == wanted.customer_id] if wanted.customer_id else []
    where += [columns.currency == asked.currency] if asked.currency else []
    where += [columns.invoice_on >= wanted.date_start] if wanted.date_start else []
    where += [columns.invoice_on <= wanted.date_end] if wanted.date_end else []
    where += [columns.due_on >= wanted.due_start] if wanted.due_start else []
    where += [columns.due_on <= wanted.due_end] if wanted.due_end else []
    if wanted.search.strip():
        named = (columns.number, columns.reference, columns.customer_name)
        where.append(sa.or_(*(_contains(column, wanted.search.strip(), dialect) for column in named)))
    return where


def _is_there(wanted: InvoiceFilter) -> sa.ColumnElement[bool]:
    """Not deleted in Zoho; said so that the invoices of one customer are searched by it and not in the long index."""
    deleted_at = INVOICES.c.deleted_at
    if wanted.customer_id:
        return sa.func.coalesce(sa.type_coerce(deleted_at, sa.BigInteger), 0) == 0
    return deleted_at.is_(None)


def _contains(column: sa.Column[str], text: str, dialect: str) -> sa.ColumnElement[bool]:
    """In any case; SQLite's LIKE is blind to the case of ASCII as it is, and fastest so."""
    contains = column.contains if dialect == "sqlite" else column.icontains
    return contains(text, autoescape=True)


def _between(measured: sa.ColumnElement[Any], wanted: InvoiceFilter) -> list[sa.ColumnElement[bool]]:
    where = [measured >= wanted.least_minor] if wanted.least_minor is not None else []
    return [*where, measured <= wanted.most_minor] if wanted.most_minor is not None else where


_SHOWN = [
    INVOICES.c[name]
    for name in (
        "invoice_id", "number", "reference", "status", "customer_id", "customer_name", "currency", "exponent",
        "invoice_on", "due_on", "last_payment_on", "total_minor", "balance_minor", "base_balance_minor", "is_open",
    )
]  # fmt: skip
