"""Cash: what came in from customers and went back to them, and what expenses paid out."""

from typing import Any

from bookbridge.features.reports import policy, sums
from bookbridge.features.reports.frame import (
    CURRENCY,
    PERIOD,
    PERIODS,
    THIS_MONTH,
    Asked,
    Report,
    Table,
    amounts,
    text,
    usual_params,
)
from bookbridge.store import tables
from bookbridge.store.db import Tx

_ACCOUNTS = {"mode": ("mode", ""), "account": ("account_name", "paid_through")}
"""Grouping -> the column of a payment and of an expense that tells it; an expense has no mode."""


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the report."""
    found = sums.Sums(asked)
    if asked.by_period:
        for name, _last in policy.periods(asked):
            found.open((name,))
    of_payment, of_expense = _ACCOUNTS.get(asked.group_by, ("", ""))
    received = sums.grouped(
        asked, tables.mirror_payments, on="paid_on", sums=("amount_minor", "base_amount_minor"), by=_some(of_payment)
    )
    for row in tx.execute(received):
        _add(found, asked, dict(row._mapping), "received", 1, "amount_minor", of_payment)
    for refund in sums.refunds(tx, asked):
        refund |= {"bucket": refund["applied_on"], "base_amount_minor": refund["base_minor"]}
        _add(found, asked, refund, "refunded", -1, "amount_minor", of_payment)
    paid = sums.grouped(
        asked, tables.mirror_expenses, on="spent_on", sums=("total_minor", "base_total_minor"), by=_some(of_expense)
    )
    for row in tx.execute(paid):
        _add(found, asked, dict(row._mapping), "paid_out", -1, "total_minor", of_expense)
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)
    notes.append("Payments of vendors' bills are not mirrored and not included.")
    return sums.table_of(REPORT, asked, found, named=_named, sort=_sort, notes=notes, as_of=as_of)


def _some(column: str) -> tuple[str, ...]:
    return (column,) if column else ()


def _add(
    found: sums.Sums, asked: Asked, row: dict[str, Any], column: str, sign: int, amount: str, told_by: str
) -> None:
    if asked.group_by in _ACCOUNTS:
        key = ((row[told_by] if told_by else "") or sums.UNKNOWN,)
    else:
        key = (sums.split_of(asked, row["bucket"], row["currency"]),)
    base, minor = int(row[f"base_{amount}"]), int(row[amount])
    currency, exponent = row["currency"], row["exponent"]
    found.amount(key, column, base_minor=base, minor=minor, currency=currency, exponent=exponent)
    found.amount(key, "net", base_minor=sign * base, minor=sign * minor, currency=currency, exponent=exponent)


def _named(key: sums.Key) -> dict[str, str]:
    return {"period": key[0], "mode": key[0], "account": key[0], "currency": key[0]}


def _sort(row: Any) -> str:
    return str(row.get("mode") or row.get("account") or sums.by_split(row))


REPORT = Report(
    "cash",
    "Cash in and out",
    usual_params(since=THIS_MONTH, group_by="day", groups=("none", *PERIODS, "mode", "account", "currency")),
    (
        PERIOD,
        text("mode", "How it was paid; refunds of credit notes and expenses have none.", groups=("mode",)),
        text("account", "Where payments were deposited and expenses paid from.", groups=("account",)),
        CURRENCY,
        *amounts("received", "Payments of customers by their date."),
        *amounts("refunded", "Refunds of payments and credit notes by their date, at the rate of their document."),
        *amounts("paid_out", "Expenses by their date."),
        *amounts("net", "Received less refunded and paid out."),
    ),
    run,
    meaning="Money that moved, by the day it moved; without payments of bills, which are not mirrored.",
    reads=("payments", "creditnotes", "expenses"),
)
