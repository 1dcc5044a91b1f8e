"""Lines and taxes of invoices whose detail was read (FACTS 5.4)."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bookbridge.mirror.place import Place
from bookbridge.mirror.values import Row, exact, minor, number, rate, text
from bookbridge.store import tables

_L: Any = tables.mirror_invoice_lines
_T: Any = tables.mirror_invoice_taxes


def replace(place: Place, invoices: Sequence[Row], /) -> None:
    """Make these details the lines and taxes of their invoices; rows without lines leave what is there."""
    told = [row for row in invoices if isinstance(row.get("line_items"), list)]
    if not told:
        return
    given = {"organization": place.organization_id, "ids": [text(row, "invoice_id") for row in told]}
    for table, delete, made in ((_L, _DELETE_LINES, _lines), (_T, _DELETE_TAXES, _taxes)):
        place.tx.execute(delete, given)
        rows = [values for row in told for values in made(place, row)]
        if rows:
            place.tx.execute(sa.insert(table), rows)


def _lines(place: Place, row: Row) -> Iterator[dict[str, Any]]:
    exponent, worth = _money_of(place, row)
    lines = [each for each in row["line_items"] if isinstance(each, dict)]
    for position, line in enumerate(lines):
        total = number(line, "item_total")
        yield {
            "organization_id": place.organization_id,
            "invoice_id": text(row, "invoice_id"),
            "position": position,
            **{name: text(line, name) for name in ("line_item_id", "item_id", "name", "sku", "unit")},
            "quantity": exact(line, "quantity"),
            "rate": exact(line, "rate"),
            "total_minor": minor(total, exponent),
            "base_total_minor": place.scale.base(total, worth),
            "tax_id": text(line, "tax_id"),
            "tax_name": text(line, "tax_name"),
            "tax_percentage": exact(line, "tax_percentage"),
        }


def _taxes(place: Place, row: Row) -> Iterator[dict[str, Any]]:
    exponent, worth = _money_of(place, row)
    taxes = [each for each in row.get("taxes") or [] if isinstance(each, dict)]
    for position, tax in enumerate(taxes):
        amount = number(tax, "tax_amount")
        yield {
            "organization_id": place.organization_id,
            "invoice_id": text(row, "invoice_id"),
            "position": position,
            "tax_id": text(tax, "tax_id"),
            "name": text(tax, "tax_name"),
            "amount_minor": minor(amount, exponent),
            "base_amount_minor": place.scale.base(amount, worth),
        }


def _money_of(place: Place, row: Row) -> tuple[int, Any]:
    currency = text(row, "currency_code") or place.scale.currency
    worth = rate(row) if currency != place.scale.currency else rate({})
    return place.scale.of(currency), worth


def _deleting(table: Any) -> sa.Delete:
    mine: Any = sa.bindparam("organization")
    return sa.delete(table).where(
        table.c.organization_id == mine, table.c.invoice_id.in_(sa.bindparam("ids", expanding=True))
    )


_DELETE_LINES, _DELETE_TAXES = _deleting(_L), _deleting(_T)
