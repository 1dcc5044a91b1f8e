"""Tables of order lines: one line item a row, the rows of one ``order_id`` are one order.

Columns: ``order_id, ordered_at, customer_id, customer_email, customer_name, country, sku, name, quantity, price,
currency``, and, where they are wanted, those of ``MORE_COLUMNS``. A row without its own time zone is meant in the
organization's. Cells are texts, so numbers are read here exactly; then the order is checked like one of the API.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.inbox.sources.entries import NOT_UTF8, SAVE_AS_UTF8, Entry, Found, Layout, Row, Wrong, is_text
from bookbridge.kernel.errors import InvalidInputError

COLUMNS = (
    "order_id",
    "ordered_at",
    "customer_id",
    "customer_email",
    "customer_name",
    "country",
    "sku",
    "name",
    "quantity",
    "price",
    "currency",
)
MORE_COLUMNS = ("description", "unit", "tax", "discount", "shipping", "total", "notes", "reference_number")
"""Columns that are used when they are there; ``discount`` is the line's, the last four are the order's."""

_OF_ORDER = ("ordered_at", "customer_id", "customer_email", "customer_name", "country", "currency")
_OF_ORDER_MORE = ("shipping", "total", "notes", "reference_number")
_OF_LINE = ("sku", "name", "quantity", "price", "description", "unit", "tax", "discount")
_NUMBERS = ("quantity", "price", "shipping", "total")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a file does not say: the selling system, the currency, and the zone of times without one."""

    source: str
    currency: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Header:
    """The first row: which column holds what, which ones are not used, and what separates cells."""

    columns: dict[int, str]
    ignored: tuple[str, ...]
    delimiter: str


def header_of(line: str, /, *, names: Mapping[str, str] | None = None) -> Header:
    """Understand the first row; ``names`` says for our column names how the file calls them.

    Raises:
        InvalidInputError: no ``order_id``, no customer, nothing sold, or a name the file does not have.
    """
    delimiter = max(_DELIMITERS, key=line.count)
    titles = [title.strip() for title in next(csv.reader([line], delimiter=delimiter), [])]
    renamed = {theirs.casefold(): ours for ours, theirs in (names or {}).items()}
    _check_names(names or {}, titles)
    columns: dict[int, str] = {}
    for number, title in enumerate(titles):
        plain = re.sub(r"[\s-]+", "_", title.strip()).casefold()
        ours = renamed.get(title.casefold()) or (plain if plain not in (names or {}) else "")
        if ours in (*COLUMNS, *MORE_COLUMNS) and ours not in columns.values():
            columns[number] = ours
    _require(set(columns.values()), titles)
    ignored = tuple(title for number, title in enumerate(titles) if number not in columns and title)
    return Header(columns, ignored, delimiter)


def _check_names(names: Mapping[str, str], titles: list[str]) -> None:
    there = {title.casefold() for title in titles}
    for ours, theirs in names.items():
        if ours not in (*COLUMNS, *MORE_COLUMNS):
            raise InvalidInputError(f"--map: {ours} is not a column of ours.", remedy=f"Ours are {', '.join(COLUMNS)}.")
        if theirs.casefold() not in there:
            raise InvalidInputError(f"--map: the file has no column {theirs}.", remedy=f"It has {', '.join(titles)}.")


def _require(columns: set[str], titles: list[str]) -> None:
    wanted = (("order_id",), ("customer_id", "customer_email"), ("price", "sku"))
    for choice in wanted:
        if not columns & set(choice):
            raise InvalidInputError(
                f"The file has no column {' or '.join(choice)}; it has {', '.join(titles) or 'none'}.",
                field=choice[0],
                remedy=f"Name it in the first row, or add --map {choice[0]}=THEIR_NAME.",
            )


def rows(lines: Iterable[str], header: Header, /) -> Iterator[Row]:
    """The rows below the header; empty ones are left out."""
    reader = csv.reader(lines, delimiter=header.delimiter)
    for cells in reader:
        named = {ours: cells[number].strip() for number, ours in header.columns.items() if number < len(cells)}
        if any(named.values()):
            yield Row(reader.line_num + 1, named)


def entries(found: Iterable[Row], layout: Layout, /, *, defaults: Defaults) -> Iterator[Entry]:
    """Each order of the table, or what is wrong with it."""
    for order_id, own in layout.groups(found):
        try:
            yield Found(line=own[0].line, order=_order(order_id, own, defaults))
        except _CellError as error:
            yield Wrong.of(error, line=error.line, order_id=order_id)
        except InvalidInputError as error:
            yield _of_cell(error, own, order_id)


class _CellError(InvalidInputError):
    """One cell cannot be read."""

    def __init__(self, row: Row, field: str, message: str, remedy: str) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.line = row.line


def _of_cell(error: InvalidInputError, own: list[Row], order_id: str) -> Wrong:
    """A refusal of the order, told in words of the table: ``items[2].price`` is the column ``price`` of a row."""
    column = _COLUMNS.get(error.field, re.sub(r"^items\[\d+\]\.", "", error.field))
    return Wrong(
        line=_line_of(own, error.field),
        order_id=order_id,
        field=column,
        message=str(error).replace(error.field, column) if error.field else str(error),
        remedy=error.remedy or f"Correct the column {column}.",
    )


_COLUMNS = {"customerEmail": "customer_email", "customerName": "customer_name"}


def _order(order_id: str, own: list[Row], defaults: Defaults) -> Any:
    first = own[0]
    for row in own:
        if not all(is_text(cell) for cell in row.cells.values()):
            raise _CellError(row, "", NOT_UTF8, SAVE_AS_UTF8)
    if not order_id:
        raise _CellError(first, "order_id", "order_id is empty.", "Give every row the number of its order.")
    body: dict[str, Any] = {"source": defaults.source, "order_id": order_id, "currency": defaults.currency}
    for column in (*_OF_ORDER, *_OF_ORDER_MORE):
        given = _same(own, column)
        if given:
            body[column] = _value(first, column, given, defaults.zone)
    body["currency"] = _currency(first, str(body["currency"]))
    body["items"] = [_item(row, defaults.zone) for row in own]
    return to_order(parse_body.validate(body), order_id=order_id)


def _currency(row: Row, code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise _CellError(row, "currency", f"currency is {code!r}.", "Write its three letters, such as GBP.")
    return code.upper()


def _same(own: list[Row], column: str) -> str:
    """What the rows of an order say about the whole order; a row may leave it empty, none may contradict."""
    given = ""
    for row in own:
        cell = row.cells.get(column, "")
        if cell and given and cell != given:
            raise _CellError(
                row,
                column,
                f"{column} is {cell!r}, but an earlier row of the same order says {given!r}.",
                "Give two orders two numbers, or correct the row.",
            )
        given = given or cell
    return given


def _item(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {column: _value(row, column, row.cells[column], zone) for column in _OF_LINE if row.cells.get(column)}


def _value(row: Row, column: str, text: str, zone: ZoneInfo) -> Any:
    if column in _NUMBERS:
        return _number(row, column, text)
    if column == "discount":
        return text if text.endswith("%") else _number(row, column, text)
    return _moment(row, column, text, zone) if column == "ordered_at" else text


def _number(row: Row, column: str, text: str) -> Decimal:
    if not text.isascii() or not _NUMBER.fullmatch(text):
        raise _CellError(
            row, column, f"{column} is {text!r}, which is not a number.", "Write it as 1234.56, without currency sign."
        )
    return Decimal(text)


def _moment(row: Row, column: str, text: str, zone: ZoneInfo) -> str:
    """The time of an order with its zone; a day alone is its beginning."""
    try:
        moment = datetime.fromisoformat(text) if len(text) > 10 else _midnight(text)
    except ValueError:
        remedy = "Write it as 2026-01-31 or 2026-01-31T09:30:00."
        raise _CellError(row, column, f"{column} is {text!r}, which is not a date.", remedy) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _midnight(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time())


def _line_of(own: list[Row], field: str) -> int:
    """The line of ``items[2].price``."""
    place = re.match(r"items\[(\d+)\]", field)
    return own[int(place[1])].line if place and int(place[1]) < len(own) else own[0].line
