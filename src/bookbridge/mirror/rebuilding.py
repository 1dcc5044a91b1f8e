"""Everything of an organization's receivables anew, by statements over whole tables.

The same arithmetic as ``movements.py``, in SQL. Rounding and days of a time zone are exact on both databases:
PostgreSQL has them, SQLite is lent two functions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa

from bookbridge.kernel.clock import from_millis
from bookbridge.mirror.days import day_of
from bookbridge.mirror.movements import NOT_COUNTED, converted
from bookbridge.store import organizations, tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization

EVENTS = tables.receivable_events
SUMS = (tables.receivable_customers, tables.receivable_days, tables.receivable_months, tables.receivable_now)
SQLITE_CACHE_KIB = 200_000
COUNTED = (
    "bb_mirror_invoices (organization_id, invoice_id, status)",
    "bb_mirror_creditnotes (organization_id, creditnote_id, status)",
    "bb_mirror_payments (organization_id, payment_id)",
    "bb_mirror_allocations (organization_id, kind, document_id, invoice_id)",
)
"""What PostgreSQL looks through before it plans; the texts of the rows would take it three times as long."""
Column = sa.ColumnElement[Any]


def rebuild(db: Database, tx: Tx, organization_id: str, /) -> None:
    """Make events and sums of an organization anew from its mirrored invoices, credit notes, payments, allocations."""
    for table in (EVENTS, *SUMS):
        tx.execute(sa.delete(table).where(table.c.organization_id == organization_id))
    organization = organizations.get(tx, organization_id)
    if organization is None:
        return
    with _at_hand(tx, organization) if db.is_sqlite else _counted(tx):
        for document in _KINDS:
            tx.execute(_insert_events(db, organization, document))
        for statement in _insert_sums(organization_id):
            tx.execute(statement)


@contextmanager
def _at_hand(tx: Tx, organization: Organization) -> Iterator[None]:
    """SQLite with the functions it lacks, and with room for the indexes, which would thrash in fewer MB."""
    _lend_functions(tx, organization)
    usual = tx.exec_driver_sql("PRAGMA cache_size").scalar_one()
    tx.exec_driver_sql(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
    try:
        yield
    finally:
        tx.exec_driver_sql(f"PRAGMA cache_size = {usual}")


@contextmanager
def _counted(tx: Tx) -> Iterator[None]:
    """PostgreSQL with a view of what the tables hold.

    It does not know yet how many rows there are in tables that were filled a moment ago, and would plan for empty ones:
    minutes where it takes a second.
    """
    tx.exec_driver_sql(f"ANALYZE {', '.join(COUNTED)}")
    yield


def _lend_functions(tx: Tx, organization: Organization) -> None:
    connection = tx.connection.driver_connection
    assert connection is not None
    connection.create_function("bb_converted", 3, converted, deterministic=True)
    day = partial(_day, organization.time_zone)
    connection.create_function("bb_day", 1, day, deterministic=True)


def _day(time_zone: str, millis: int) -> str:
    return day_of(from_millis(millis), time_zone)


def _insert_events(db: Database, organization: Organization, document: str) -> sa.Insert:
    """Events of one kind of document: its total, what was applied to it and the rest, by day, with rounded balances.

    Documents are named anew at each use: SQLite then finds them by their key instead of searching a copy.
    """
    opened, rest, final = (_documents(db, organization, document).subquery() for _ in range(3))
    applied = _applied(db, organization, document).subquery()
    explained = sa.select(applied.c.id, sa.func.sum(applied.c.amount).label("amount")).group_by(applied.c.id).subquery()
    left = rest.c.total - rest.c.balance - sa.func.coalesce(explained.c.amount, 0)
    moves = sa.union_all(
        sa.select(opened.c.id, opened.c.dated_on.label("day"), opened.c.total.label("change")),
        sa.select(applied.c.id, applied.c.day, -applied.c.amount),
        sa.select(rest.c.id, rest.c.unexplained_on, -left)
        .select_from(rest.outerjoin(explained, explained.c.id == rest.c.id))
        .where(left != 0),
    ).subquery()
    change = _whole(sa.func.sum(moves.c.change)).label("change")
    daily = sa.select(moves.c.id, moves.c.day, change).group_by(moves.c.id, moves.c.day).subquery()
    running = sa.func.sum(daily.c.change).over(partition_by=daily.c.id, order_by=daily.c.day)
    balances = sa.select(daily, _whole(running).label("after")).subquery()
    return EVENTS.insert().from_select(
        [column.name for column in EVENTS.columns], _events(db, organization, document, final, balances)
    )


def _events(
    db: Database, organization: Organization, document: str, documents: sa.Subquery, balances: sa.Subquery
) -> sa.Select[Any]:
    def base(minor: Column) -> Column:
        return _converted(db, minor, documents.c.rate, documents.c.exponent, organization.exponent)

    after = balances.c.after
    before = after - balances.c.change
    is_billed = balances.c.day == documents.c.dated_on if document == "invoice" else sa.false()
    billed = sa.case((is_billed, documents.c.total), else_=0)
    return (
        sa.select(
            sa.literal(organization.organization_id), sa.literal(document), documents.c.customer_id, documents.c.id,
            balances.c.day, documents.c.currency, documents.c.due_on, documents.c.dated_on,
            balances.c.change, base(after) - base(before),
            sa.case((after != 0, 1), else_=0) - sa.case((before != 0, 1), else_=0),
            billed, sa.case((is_billed, base(documents.c.total)), else_=0),
        )
        .join_from(balances, documents, documents.c.id == balances.c.id)
        .where(sa.or_(balances.c.change != 0, billed != 0))
        .order_by(documents.c.customer_id, documents.c.id, balances.c.day)
    )  # fmt: skip


def _documents(db: Database, organization: Organization, document: str) -> sa.Select[Any]:
    """Counted documents with columns of one name for every kind."""
    table, record_id, dated, total, balance = _KINDS[document]
    dated_on = table.c[dated]
    counted = [table.c.organization_id == organization.organization_id, table.c.deleted_at.is_(None)]
    if "status" in table.c:
        counted.append(table.c.status.not_in(NOT_COUNTED))
    changed_on = _day_in_zone(db, table.c.modified_at, organization.time_zone)
    unexplained_on = sa.func.coalesce(_settled_on(table, document, dated_on), changed_on, dated_on)
    due_on = sa.func.coalesce(sa.func.nullif(table.c.due_on, ""), dated_on) if document == "invoice" else sa.literal("")
    return sa.select(
        table.c[record_id].label("id"), table.c.customer_id, table.c.currency, table.c.exponent, table.c.rate,
        dated_on.label("dated_on"), due_on.label("due_on"), table.c[total].label("total"),
        table.c[balance].label("balance"), _later(unexplained_on, dated_on).label("unexplained_on"),
    ).where(*counted)  # fmt: skip


def _settled_on(table: sa.Table, document: str, dated_on: Column) -> Column:
    """When what is not explained was applied, where that is known."""
    if document == "invoice":
        return sa.func.nullif(table.c.last_payment_on, "")
    return dated_on if document == "payment" else sa.null()


def _applied(db: Database, organization: Organization, document: str) -> sa.Select[Any]:
    """What was applied to counted documents, on its day."""
    table = tables.mirror_allocations
    documents = _documents(db, organization, document).subquery()
    id_column = table.c.invoice_id if document == "invoice" else table.c.document_id
    kinds = {
        "invoice": ("payment", "creditnote", "write_off"),
        "creditnote": ("creditnote", "creditnote_refund"),
        "payment": ("payment", "payment_refund"),
    }[document]
    amount = table.c.amount_minor - table.c.withheld_minor if document == "payment" else table.c.amount_minor
    day = sa.case((table.c.applied_on == "", documents.c.unexplained_on), else_=table.c.applied_on)
    return (
        sa.select(documents.c.id, _later(day, documents.c.dated_on).label("day"), amount.label("amount"))
        .join_from(table, documents, documents.c.id == id_column)
        .where(table.c.organization_id == organization.organization_id, table.c.kind.in_(kinds))
    )


def _insert_sums(organization_id: str) -> list[sa.Insert]:
    events = EVENTS.c
    ours = events.organization_id == organization_id
    invoices = sa.and_(ours, events.document == "invoice")
    open_amounts = [_whole(sa.func.sum(events[name])).label(name) for name in ("opened", "minor", "base_minor")]
    billed = [_whole(sa.func.sum(events[name])).label(name) for name in ("billed_minor", "base_billed_minor")]
    made = []
    bases = (
        (invoices, sa.literal("due"), events.due_on),
        (invoices, sa.literal("invoice"), events.dated_on),
        (sa.and_(ours, events.document != "invoice"), events.document, sa.literal("")),
    )
    for where, basis, key_on in bases:
        days: list[Column] = [events.organization_id, basis, events.on_date, key_on, events.currency]
        made.append(_summing(tables.receivable_days, days, open_amounts, where))
    month = sa.func.substr(events.on_date, 1, 7)
    everyone: list[Column] = [events.organization_id, sa.literal(""), month, events.currency]
    made.append(_summing(tables.receivable_months, everyone, [*open_amounts, *billed], invoices))
    named = sa.and_(invoices, events.customer_id != "")
    each: list[Column] = [events.organization_id, events.customer_id, month, events.currency]
    made.append(_summing(tables.receivable_months, each, [*open_amounts, *billed], named))
    customers: list[Column] = [events.organization_id, events.customer_id, events.currency]
    made.append(_summing(tables.receivable_customers, customers, open_amounts, named))
    made.append(_now_from_days(organization_id))
    return made


def _now_from_days(organization_id: str) -> sa.Insert:
    days = tables.receivable_days.c
    keys: list[Column] = [days.organization_id, days.basis, days.key_on, days.currency]
    amounts = [_whole(sa.func.sum(days[name])).label(name) for name in ("opened", "minor", "base_minor")]
    return _summing(tables.receivable_now, keys, amounts, days.organization_id == organization_id)


def _summing(table: sa.Table, keys: list[Column], amounts: list[Any], where: Column) -> sa.Insert:
    named = [key.label(column.name) for key, column in zip(keys, table.primary_key.columns, strict=True)]
    grouped = sa.select(*named, *amounts).where(where).group_by(*(sa.literal_column(str(n)) for n in _places(keys)))
    summed = grouped.subquery()
    something = sa.or_(*(summed.c[amount.name] != 0 for amount in amounts))
    return table.insert().from_select(
        [column.name for column in table.columns], sa.select(*summed.columns).where(something)
    )


def _places(keys: list[Column]) -> list[int]:
    return [place for place, key in enumerate(keys, start=1) if not isinstance(key, sa.BindParameter)]


def _whole(total: Column) -> Column:
    """A sum as a whole number again: PostgreSQL sums big integers as decimals."""
    return sa.cast(total, sa.BigInteger)


def _later(one: Column, other: Column) -> Column:
    return sa.case((one > other, one), else_=other)


def _converted(db: Database, minor: Column, rate: Column, exponent: Column, base_exponent: int) -> Column:
    """``movements.converted`` in SQL."""
    same = sa.and_(rate == "1", exponent == base_exponent)
    if db.is_sqlite:
        return sa.case((same, minor), else_=sa.func.bb_converted(minor, rate, base_exponent - exponent))
    power = sa.cast(sa.literal("1e").op("||")(sa.cast(base_exponent - exponent, sa.Text)), sa.Numeric)
    factor = sa.cast(sa.func.coalesce(sa.func.nullif(rate, ""), "1"), sa.Numeric) * power
    return sa.case((same, minor), else_=sa.cast(sa.func.round(sa.cast(minor, sa.Numeric) * factor), sa.BigInteger))


def _day_in_zone(db: Database, millis: sa.Column[Any], time_zone: str) -> Column:
    """``days.day_of`` in SQL."""
    raw = sa.type_coerce(millis, sa.BigInteger)
    if db.is_sqlite:
        return sa.case((millis.is_not(None), sa.func.bb_day(raw)), else_=None)
    moment = sa.func.timezone(time_zone, sa.func.to_timestamp(raw / sa.literal(1000.0, sa.Numeric)))
    return sa.func.to_char(moment, "YYYY-MM-DD")


_KINDS = {
    "invoice": (tables.mirror_invoices, "invoice_id", "invoice_on", "total_minor", "balance_minor"),
    "creditnote": (tables.mirror_creditnotes, "creditnote_id", "credited_on", "total_minor", "balance_minor"),
    "payment": (tables.mirror_payments, "payment_id", "paid_on", "amount_minor", "unused_minor"),
}
