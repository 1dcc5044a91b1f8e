"""Sales by customer: invoices less credit notes."""

from collections.abc import Mapping
from typing import Any

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

DOCUMENTS = (
    ("invoices", "invoiced", 1, tables.mirror_invoices, "invoice_on"),
    ("credit_notes", "credited", -1, tables.mirror_creditnotes, "credited_on"),
)
"""Columns of count and amount, the sign in ``sales``, and the documents by which date."""


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the report."""
    found = sums.Sums(asked)
    for counts, amount, sign, table, on in DOCUMENTS:
        query = sums.grouped(
            asked, table, on=on, sums=("total_minor", "base_total_minor"), by=("customer_id", "customer_name")
        )
        for row in tx.execute(query):
            key = (row.customer_id, sums.split_of(asked, row.bucket, row.currency))
            found.name(key, row.customer_name)
            found.count(key, **{counts: row.n})
            _add(found, key, amount, 1, row)
            _add(found, key, "sales", sign, row)
    names = sums.names_of(tx, asked, tables.mirror_contacts, "contact_id", (key[0] for key in found))
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)

    def named(key: sums.Key) -> dict[str, Cell]:
        customer = names.get(key[0]) or found.named(key) or sums.UNKNOWN
        return {"period": key[1], "currency": key[1], "customer_id": key[0], "customer_name": customer}

    return sums.table_of(REPORT, asked, found, named=named, sort=_sort, notes=notes, as_of=as_of)


def _add(found: sums.Sums, key: sums.Key, name: str, sign: int, row: Any) -> None:
    found.amount(
        key,
        name,
        base_minor=sign * int(row.base_total_minor),
        minor=sign * int(row.total_minor),
        currency=row.currency,
        exponent=row.exponent,
    )


def _sort(row: Mapping[str, Cell]) -> tuple[Any, ...]:
    """Periods in order, the largest customers of each first; by currency, the currencies of a customer together."""
    sales = row["sales"]
    assert isinstance(sales, Money)
    if "currency" in row:
        return (row["customer_name"], row["customer_id"], row["currency"])
    return (sums.by_split(row), -sales.minor, row["customer_name"], row["customer_id"])


REPORT = Report(
    "sales-by-customer",
    "Sales by customer",
    usual_params(since=THIS_FISCAL_YEAR, group_by="none", groups=("none", *PERIODS, "currency")),
    (
        PERIOD,
        text("customer_id", "Zoho's contact."),
        text("customer_name", "The customer's present name."),
        CURRENCY,
        count("invoices", "How many invoices."),
        *amounts("invoiced", "Their totals."),
        count("credit_notes", "How many credit notes."),
        *amounts("credited", "Their totals."),
        *amounts("sales", "Invoiced less credited."),
    ),
    run,
    meaning="Totals with tax of each customer's documents, by the documents' date.",
    reads=("invoices", "creditnotes", "contacts"),
)
