"""Tax: what invoices charged of each tax, as far as their taxes are mirrored."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
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
    Column,
    Kind,
    Report,
    Table,
    amounts,
    text,
    usual_params,
)
from bookbridge.store import tables
from bookbridge.store.db import Tx

WITHOUT_CREDITS = "Tax of credit notes is not subtracted: their lines are not mirrored."


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the report."""
    found = sums.Sums(asked)
    taxes, lines = tables.mirror_invoice_taxes, tables.mirror_invoice_lines
    _gather(tx, asked, found, "charged", taxes, (taxes.c.name, taxes.c.amount_minor, taxes.c.base_amount_minor), ())
    taxed = (lines.c.tax_name, lines.c.total_minor, lines.c.base_total_minor)
    _gather(tx, asked, found, "taxable", lines, taxed, (lines.c.tax_id != "",))
    known = _known(tx, asked)
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)
    notes = [sums.lines_note(tx, asked), *notes, WITHOUT_CREDITS]

    def named(key: sums.Key) -> dict[str, Cell]:
        name, percentage = known.get(key[0], ("", None))
        tax = name or found.named(key) or sums.UNKNOWN
        return {"period": key[2], "currency": key[2], "tax_id": key[0], "tax_name": tax, "percentage": percentage}

    return sums.table_of(REPORT, asked, found, named=named, sort=_sort, notes=notes, as_of=as_of)


def _gather(
    tx: Tx,
    asked: Asked,
    found: sums.Sums,
    column: str,
    table: sa.Table,
    columns: tuple[sa.Column[Any], sa.Column[Any], sa.Column[Any]],
    where: Iterable[sa.ColumnElement[bool]],
) -> None:
    """Add amounts of invoices' taxes or lines under ``column``; a tax without an id goes by its name."""
    invoices, (name, minor, base_minor) = tables.mirror_invoices, columns
    own_name = sa.case((table.c.tax_id == sa.literal_column("''"), name), else_=sa.literal_column("''"))
    keys = (invoices.c.currency, invoices.c.exponent, table.c.tax_id)
    query = sa.select(
        sums.bucket_of(asked, invoices.c.invoice_on),
        own_name.label("own_name"),
        *keys,
        sa.func.max(name).label("name"),
        sa.func.sum(minor).label("minor"),
        sa.func.sum(base_minor).label("base_minor"),
    ).select_from(sums.with_invoices(table))
    query = query.where(*sums.counted(asked, invoices, on="invoice_on"), *where)
    for row in tx.execute(query.group_by(sa.text("bucket"), sa.text("own_name"), *keys)):
        key = (row.tax_id, row.own_name, sums.split_of(asked, row.bucket, row.currency))
        found.name(key, row.name)
        found.amount(
            key,
            column,
            base_minor=row.base_minor,
            minor=row.minor,
            currency=row.currency,
            exponent=row.exponent,
        )


def _known(tx: Tx, asked: Asked) -> dict[str, tuple[str, Decimal | None]]:
    """Name and percentage of every tax as they are now."""
    table = tables.mirror_taxes
    query = sa.select(table.c.tax_id, table.c.name, table.c.percentage)
    found = tx.execute(query.where(table.c.organization_id == asked.organization_id))
    return {row.tax_id: (row.name, Decimal(row.percentage) if row.percentage else None) for row in found}


def _sort(row: Mapping[str, Cell]) -> tuple[Any, ...]:
    return (row.get("period") or "", row["tax_name"], row["tax_id"], row.get("currency") or "")


REPORT = Report(
    "tax",
    "Tax on invoices",
    usual_params(since=THIS_FISCAL_YEAR, group_by="none", groups=("none", *PERIODS, "currency")),
    (
        PERIOD,
        text("tax_id", "Zoho's tax; empty for one that came without an id."),
        text("tax_name", "Its name."),
        Column(name="percentage", kind=Kind.RATE, meaning="Its percentage as it is now."),
        CURRENCY,
        *amounts("taxable", "Lines that carry this tax, without tax. Lines with a group of taxes carry the group."),
        *amounts("charged", "The tax of the invoices. A group has none of its own: its members have."),
    ),
    run,
    meaning="Tax of invoices by the invoices' date; a note says of how many invoices the lines are known.",
    reads=("invoices", "taxes"),
)
