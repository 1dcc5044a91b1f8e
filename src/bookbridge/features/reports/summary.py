"""The summary: what was invoiced, credited, received, refunded and spent, and what customers owe at the end."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reports import policy, sums
from bookbridge.features.reports.frame import (
    CURRENCY,
    PERIOD,
    PERIODS,
    THIS_FISCAL_YEAR,
    Asked,
    Report,
    Table,
    amounts,
    usual_params,
)
from bookbridge.kernel.money import Money
from bookbridge.store import tables
from bookbridge.store.db import Tx

DOCUMENTS = (
    ("invoiced", 1, tables.mirror_invoices, "invoice_on", "total_minor"),
    ("credited", -1, tables.mirror_creditnotes, "credited_on", "total_minor"),
    ("received", 0, tables.mirror_payments, "paid_on", "amount_minor"),
    ("expenses", -1, tables.mirror_expenses, "spent_on", "total_minor"),
    ("bills", -1, tables.mirror_bills, "billed_on", "total_minor"),
)
"""Column, its sign in ``net``, and the documents it adds up by which date."""


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the summary."""
    found = sums.Sums(asked)
    if asked.by_period:
        for name, _last in policy.periods(asked):
            found.open((name,))
    elif not asked.by_currency:
        found.open(("",))
    for column, sign, table, on, amount in DOCUMENTS:
        query = sums.grouped(asked, table, on=on, sums=(amount, f"base_{amount}"))
        for row in tx.execute(query):
            _add(found, (sums.split_of(asked, row.bucket, row.currency),), column, sign, row, amount)
    for refund in sums.refunds(tx, asked):
        key = (sums.split_of(asked, refund["applied_on"], refund["currency"]),)
        base, minor = refund["base_minor"], refund["amount_minor"]
        found.amount(
            key, "refunded", base_minor=base, minor=minor, currency=refund["currency"], exponent=refund["exponent"]
        )
    end = _outstanding(tx, asked, found)
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)
    return sums.table_of(
        REPORT, asked, found, named=_named, sort=sums.by_split, notes=notes, as_of=as_of,
        fixed={"outstanding": Money(end, asked.currency, asked.exponent)},
    )  # fmt: skip


def _named(key: sums.Key) -> dict[str, str]:
    return {"period": key[0], "currency": key[0]}


def _add(found: sums.Sums, key: sums.Key, column: str, sign: int, row: Any, amount: str) -> None:
    base, minor = int(row._mapping[f"base_{amount}"]), int(row._mapping[amount])
    for name, factor in ((column, 1), ("net", sign)):
        if factor:
            found.amount(
                key, name, base_minor=factor * base, minor=factor * minor, currency=row.currency, exponent=row.exponent
            )


def _outstanding(tx: Tx, asked: Asked, found: sums.Sums) -> int:
    """Put what customers owed at the end of each period (or in each currency) into its row; the last of it."""
    if asked.by_currency:
        return _owed_by_currency(tx, asked, found)
    owed, changes = _owed_before(tx, asked), dict(_changes(tx, asked))
    ends = policy.periods(asked) if asked.by_period else iter([("", asked.last)])
    days = sorted(changes)
    for name, last in ends:
        while days and days[0] <= last.isoformat():
            owed += changes[days.pop(0)]
        found.count((name,), outstanding=owed)
    return owed


def _owed_before(tx: Tx, asked: Asked) -> int:
    """What customers owed when the month of the first day began."""
    table = tables.receivable_months
    where = (table.c.organization_id == asked.organization_id) & (table.c.customer_id == "")
    where &= table.c.month < asked.first.isoformat()[:7]
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(table.c.base_minor), 0)).where(where)).scalar_one())


def _changes(tx: Tx, asked: Asked) -> Iterator[tuple[str, int]]:
    """By how much that changed on each day from then to the last day."""
    table = tables.receivable_days
    where = _invoice_days(asked) & table.c.on_date.between(
        asked.first.replace(day=1).isoformat(), asked.last.isoformat()
    )
    query = sa.select(table.c.on_date, sa.func.sum(table.c.base_minor)).where(where).group_by(table.c.on_date)
    for on, minor in tx.execute(query):
        yield on, int(minor)


def _owed_by_currency(tx: Tx, asked: Asked, found: sums.Sums) -> int:
    table = tables.receivable_days
    where = _invoice_days(asked) & (table.c.on_date <= asked.last.isoformat())
    both = (sa.func.sum(table.c.minor).label("minor"), sa.func.sum(table.c.base_minor).label("base_minor"))
    whole = 0
    exponents = _exponents(tx, asked)
    for row in tx.execute(sa.select(table.c.currency, *both).where(where).group_by(table.c.currency)):
        exponent = exponents.get(row.currency, asked.exponent)
        whole += int(row.base_minor)
        found.amount(
            (row.currency,), "outstanding", base_minor=row.base_minor, minor=row.minor, currency=row.currency,
            exponent=exponent,
        )  # fmt: skip
    return whole


def _invoice_days(asked: Asked) -> sa.ColumnElement[bool]:
    table = tables.receivable_days
    return (table.c.organization_id == asked.organization_id) & (table.c.basis == "invoice")


def _exponents(tx: Tx, asked: Asked) -> dict[str, int]:
    """Decimals of the currencies invoices are in."""
    table = tables.mirror_invoices
    query = sa.select(table.c.currency, sa.func.max(table.c.exponent)).group_by(table.c.currency)
    found = tx.execute(query.where(table.c.organization_id == asked.organization_id))
    return {row[0]: int(row[1]) for row in found}


REPORT = Report(
    "summary",
    "Summary",
    usual_params(since=THIS_FISCAL_YEAR, group_by="month", groups=("none", *PERIODS, "currency")),
    (
        PERIOD,
        CURRENCY,
        *amounts("invoiced", "Totals of invoices by their date."),
        *amounts("credited", "Totals of credit notes by their date."),
        *amounts("received", "Payments of customers by their date."),
        *amounts("refunded", "Refunds of payments and credit notes by their date, at the rate of their document."),
        *amounts("expenses", "Totals of expenses by their date."),
        *amounts("bills", "Totals of vendors' bills by their date."),
        *amounts("net", "Invoiced less credited, expenses and bills."),
        *amounts("outstanding", "What customers owe on invoices at the end of the last day."),
    ),
    run,
    meaning="Totals with tax: a picture of trade, not a profit and loss statement.",
    reads=("invoices", "creditnotes", "payments", "expenses", "bills"),
)
