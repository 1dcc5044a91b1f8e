"""Expenses by category: expenses, and bills by account where their lines are known."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.features.reports import sums
from bookbridge.features.reports.frame import (
    CURRENCY,
    PERIOD,
    PERIODS,
    THIS_FISCAL_YEAR,
    Asked,
    Cell,
    Report,
    Table,
    amounts,
    count,
    text,
    usual_params,
)
from bookbridge.kernel.money import Money
from bookbridge.store import tables
from bookbridge.store.db import Tx

REST = "(tax and other amounts of bills)"
NO_LINES = "(bills whose lines are not known)"


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the report."""
    found = sums.Sums(asked)
    spent = sums.grouped(
        asked, tables.mirror_expenses, on="spent_on", sums=("total_minor", "base_total_minor"), by=("account_name",)
    )
    for row in tx.execute(spent):
        key = (row.account_name or sums.UNKNOWN, "expense", sums.split_of(asked, row.bucket, row.currency))
        _add(found, key, row.n, row, int(row.total_minor), int(row.base_total_minor))
    known = whole = 0
    for row in tx.execute(_bills(asked)):
        whole += 1
        known += row.detail is not None
        for category, minor, base_minor in parts(row):
            key = (category, "bill", sums.split_of(asked, row.billed_on, row.currency))
            _add(found, key, 1, row, minor, base_minor)
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)
    if known < whole:
        notes.append(
            f"Accounts of {known:,} of {whole:,} bills are known; run `bookbridge sync --lines` for the others."
        )
    return sums.table_of(REPORT, asked, found, named=_named, sort=_sort, notes=notes, as_of=as_of)


def _add(found: sums.Sums, key: sums.Key, entries: int, row: Any, minor: int, base_minor: int) -> None:
    found.count(key, entries=entries)
    found.amount(
        key, "spent", base_minor=base_minor, minor=minor, currency=row.currency, exponent=row.exponent
    )  # fmt: skip


def _bills(asked: Asked) -> sa.Select[Any]:
    table = tables.mirror_bills
    columns = ("billed_on", "currency", "exponent", "total_minor", "base_total_minor", "detail")
    return sa.select(*(table.c[name] for name in columns)).where(*sums.counted(asked, table, on="billed_on"))


def parts(bill: Any, /) -> Iterator[tuple[str, int, int]]:
    """A bill by account: category, amount, and amount in the organization's currency.

    Tax and whatever else the lines do not explain is a part of its own, and the converted parts are differences of
    rounded sums: together the parts are the bill to the last digit.
    """
    lines = (bill.detail or {}).get("line_items") or []
    if not lines:
        yield NO_LINES, bill.total_minor, bill.base_total_minor
        return
    found = [(str(line.get("account_name") or sums.UNKNOWN), _minor(line, bill.exponent)) for line in lines]
    rest = bill.total_minor - sum(minor for _category, minor in found)
    if rest:
        found.append((REST, rest))
    so_far = base_so_far = 0
    for category, minor in found:
        so_far += minor
        base = _share(bill.base_total_minor, so_far, bill.total_minor)
        yield category, minor, base - base_so_far
        base_so_far = base


def _minor(line: Mapping[str, Any], exponent: int) -> int:
    amount = Decimal(str(line.get("item_total") or 0))
    return int(amount.scaleb(exponent).to_integral_value(ROUND_HALF_UP))


def _share(base_total: int, part: int, whole: int) -> int:
    """What ``part`` of ``whole`` is of ``base_total``, halves away from zero."""
    if not whole:
        return 0
    return int((Decimal(base_total) * part / whole).to_integral_value(ROUND_HALF_UP))


def _named(key: sums.Key) -> dict[str, Cell]:
    return {"category": key[0], "source": key[1], "period": key[2], "currency": key[2]}


def _sort(row: Mapping[str, Cell]) -> tuple[Any, ...]:
    """Periods in order, the dearest categories of each first; by currency, those of a category together."""
    spent = row["spent"]
    assert isinstance(spent, Money)
    if "currency" in row:
        return (row["category"], row["source"], row["currency"])
    return (sums.by_split(row), -spent.minor, row["category"], row["source"])


REPORT = Report(
    "expenses-by-category",
    "Expenses by category",
    usual_params(since=THIS_FISCAL_YEAR, group_by="none", groups=("none", *PERIODS, "currency")),
    (
        PERIOD,
        text("category", "The account of the expense, or of the bill's line."),
        text("source", "`expense` or `bill`."),
        CURRENCY,
        count("entries", "How many expenses, or parts of bills."),
        *amounts("spent", "Their amounts: expenses with tax, lines of bills without; the tax of bills is a row."),
    ),
    run,
    meaning="Expenses and vendors' bills by their date.",
    reads=("expenses", "bills"),
)
