"""Sales by item: the lines of invoices, as far as they are mirrored."""

from collections.abc import Mapping
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
    count,
    text,
    usual_params,
)
from bookbridge.kernel.money import Money
from bookbridge.store import tables
from bookbridge.store.db import Tx

WITHOUT_CREDITS = "Credit notes are not subtracted: their lines are not mirrored."


def run(tx: Tx, asked: Asked, /) -> Table:
    """Fill the report."""
    found = sums.Sums(asked)
    for row in tx.execute(_query(asked)):
        key = (row.item_id, row.own_name, sums.split_of(asked, row.bucket, row.currency))
        found.name(key, row.name)
        found.count(key, lines=row.n, quantity=row.n * Decimal(row.quantity or "0"))
        found.amount(
            key,
            "sales",
            base_minor=row.base_total_minor,
            minor=row.total_minor,
            currency=row.currency,
            exponent=row.exponent,
        )
    items = _items(tx, asked)
    as_of, notes = sums.freshness(tx, asked.organization_id, REPORT.reads)
    notes = [sums.lines_note(tx, asked), *notes, WITHOUT_CREDITS]

    def named(key: sums.Key) -> dict[str, Cell]:
        name, sku, unit = items.get(key[0], ("", "", ""))
        texts = {"item_id": key[0], "item_name": name or found.named(key) or sums.UNKNOWN, "sku": sku, "unit": unit}
        return {"period": key[2], "currency": key[2], **texts}

    return sums.table_of(REPORT, asked, found, named=named, sort=_sort, notes=notes, as_of=as_of)


def _query(asked: Asked) -> sa.Select[Any]:
    """Lines with equal items and quantities together; quantities are texts, and only Python multiplies them exactly."""
    lines, invoices = tables.mirror_invoice_lines, tables.mirror_invoices
    own_name = sa.case((lines.c.item_id == sa.literal_column("''"), lines.c.name), else_=sa.literal_column("''"))
    keys = (invoices.c.currency, invoices.c.exponent, lines.c.item_id, lines.c.quantity)
    return (
        sa.select(
            sums.bucket_of(asked, invoices.c.invoice_on),
            own_name.label("own_name"),
            *keys,
            sa.func.max(lines.c.name).label("name"),
            sa.func.count().label("n"),
            sa.func.sum(lines.c.total_minor).label("total_minor"),
            sa.func.sum(lines.c.base_total_minor).label("base_total_minor"),
        )
        .select_from(sums.with_invoices(lines))
        .where(*sums.counted(asked, invoices, on="invoice_on"))
        .group_by(sa.text("bucket"), sa.text("own_name"), *keys)
    )


def _items(tx: Tx, asked: Asked) -> dict[str, tuple[str, str, str]]:
    """Name, SKU and unit of every item as they are now."""
    table = tables.mirror_items
    query = sa.select(table.c.item_id, table.c.name, table.c.sku, table.c.unit)
    found = tx.execute(query.where(table.c.organization_id == asked.organization_id))
    return {row.item_id: (row.name, row.sku, row.unit) for row in found}


def _sort(row: Mapping[str, Cell]) -> tuple[Any, ...]:
    """Periods in order, the best sold of each first; by currency, the currencies of an item together."""
    sales = row["sales"]
    assert isinstance(sales, Money)
    if "currency" in row:
        return (row["item_name"], row["item_id"], row["currency"])
    return (sums.by_split(row), -sales.minor, row["item_name"], row["item_id"])


REPORT = Report(
    "sales-by-item",
    "Sales by item",
    usual_params(since=THIS_FISCAL_YEAR, group_by="none", groups=("none", *PERIODS, "currency")),
    (
        PERIOD,
        text("item_id", "Zoho's item; empty for lines without one, which are gathered by their name."),
        text("item_name", "The item's present name."),
        text("sku", "Its stock keeping unit."),
        CURRENCY,
        count("lines", "How many lines of invoices."),
        Column(name="quantity", kind=Kind.NUMBER, meaning="The sum of their quantities."),
        text("unit", "What is counted."),
        *amounts("sales", "The sum of their amounts, without tax and before discounts of the whole invoice."),
    ),
    run,
    meaning="Lines of invoices by the invoices' date; a note says of how many invoices the lines are known.",
    reads=("invoices", "items"),
)
