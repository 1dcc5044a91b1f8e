"""The public data set "Online Retail" (UCI, https://doi.org/10.24432/C5BW33): half a year of a real shop.

Columns ``InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country``, times without a
zone, pounds without saying so, no names and no addresses. A known customer becomes the contact ``Customer <id>``, all
others of a country share ``Walk-in <country>``. Lines of price 0 stay; documents that come to nothing and
cancellations (``C...``) are left out with their reason.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from bookbridge.inbox.sources.csvfile import Defaults
from bookbridge.inbox.sources.entries import Entry, Found, Layout, LeftOut, Row, Wrong
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Line, Order, Party

NAMES = {
    "order_id": "InvoiceNo",
    "sku": "StockCode",
    "name": "Description",
    "quantity": "Quantity",
    "ordered_at": "InvoiceDate",
    "price": "UnitPrice",
    "customer_id": "CustomerID",
    "country": "Country",
}
"""Our column names and those of the data set."""

CANCELLATION = "cancellation: it takes an earlier sale back"
NOTHING = "total zero: there is nothing to invoice"
NAME_LENGTH = 100


def entries(found: Iterable[Row], layout: Layout, /, *, defaults: Defaults) -> Iterator[Entry]:
    """Each document of the data set."""
    for order_id, own in layout.groups(found):
        try:
            yield _entry(order_id, own, defaults)
        except InvalidInputError as error:
            yield Wrong.of(error, line=own[0].line, order_id=order_id)


def customer(row: Row, /) -> Party | None:
    """Who will need a contact for this row; nobody for a cancellation or a line without a price."""
    if row.cells.get("order_id", "").startswith("C") or row.cells.get("price", "").strip("0.") == "":
        return None
    return Party(customer_id=_party(row).customer_id)


def _entry(order_id: str, own: list[Row], defaults: Defaults) -> Entry:
    if order_id.startswith("C"):
        return LeftOut(line=own[0].line, order_id=order_id, reason=CANCELLATION)
    lines = [_line(row) for row in own]
    if not sum((line.price or 0) * line.quantity for line in lines):
        return LeftOut(line=own[0].line, order_id=order_id, reason=NOTHING)
    backwards = next((row for row, line in zip(own, lines, strict=True) if line.quantity <= 0), None)
    if backwards is not None:
        message = f"The line takes back {backwards.cells['quantity']} pieces inside a sale (line {backwards.line})."
        raise InvalidInputError(message, field="quantity", remedy="Send returns as refunds.")
    order = Order(
        source=defaults.source,
        order_id=order_id,
        ordered_at=_moment(own[0], defaults),
        party=_party(own[0]),
        lines=tuple(lines),
        currency=defaults.currency,
    )
    return Found(line=own[0].line, order=order)


def _party(row: Row) -> Party:
    country, customer_id = row.cells.get("country", ""), row.cells.get("customer_id", "")
    if customer_id:
        return Party(customer_id=customer_id, name=f"Customer {customer_id}", country=country)
    where = country or "unknown"
    return Party(customer_id=f"walk-in:{where}", name=f"Walk-in {where}", country=country)


def _line(row: Row) -> Line:
    code = row.cells.get("sku", "")
    name = row.cells.get("name", "") or code or "Item"
    return Line(
        name=name[:NAME_LENGTH],
        price=_number(row, "price"),
        quantity=_number(row, "quantity"),
        description=code,
    )


def _number(row: Row, column: str) -> Decimal:
    try:
        number = Decimal(row.cells[column])
    except (KeyError, InvalidOperation):
        number = Decimal("NaN")
    if not number.is_finite():
        message = f"{NAMES[column]} in line {row.line} is not a number."
        raise InvalidInputError(message, field=column, remedy="Correct the row.")
    return number


def _moment(row: Row, defaults: Defaults) -> datetime:
    text = row.cells.get("ordered_at", "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"InvoiceDate in line {row.line} is {text!r}, which is not a date."
        raise InvalidInputError(message, field="ordered_at", remedy="Write it as 2026-01-31T09:30:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=defaults.zone)
