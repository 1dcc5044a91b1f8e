"""XLSX by xlsxwriter: typed cells, a bold frozen head, amounts with the decimals of their currency.

Rows go to temporary files as they come (``constant_memory``), so that a million need no more memory than a thousand;
the workbook is zipped when all are there, and then given piece by piece.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from bookbridge.features.reports.frame import Cell, Column, Kind, Sheet
from bookbridge.features.reports.writers.texts import digits, plain
from bookbridge.kernel.money import Money

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

PIECE_BYTES = 65_536
MOST_ROWS, LONGEST_TEXT = 1_048_576, 32_767
"""A sheet's rows and a cell's characters as spreadsheets have them; where a sheet is full, the next begins."""
TOO_LONG = 10**15
"""A spreadsheet keeps 15 digits of a number; longer ones are written as text, so that none is lost."""

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}
_LEAP_BUG = date(1900, 3, 1)
_DECIMALS = ("#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000")
_WIDTHS = {Kind.TEXT: 26, Kind.PERIOD: 12, Kind.DAY: 12, Kind.TIME: 18, Kind.MONEY: 18, Kind.COUNT: 12, Kind.NUMBER: 14}


def write(sheet: Sheet, /) -> Iterator[bytes]:
    """The file piece by piece; several sheets where one is too small."""
    from xlsxwriter import Workbook  # imported here: 100 ms that only a workbook needs

    with tempfile.TemporaryDirectory(prefix="bookbridge-") as folder, tempfile.TemporaryFile(dir=folder) as file:
        with Workbook(file, {**_OPTIONS, "tmpdir": folder}) as book:
            _Writer(book).write(sheet)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


class _Writer:
    """Writes one table into a workbook."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._styles: dict[tuple[str, bool], Format] = {}

    def write(self, sheet: Sheet) -> None:
        """Rows, totals in bold, and a line for each note."""
        rows = chain(
            ((row, False) for row in sheet.rows),
            [(sheet.footer, True)] if sheet.footer else [],
            (((f"Note: {each}",), False) for each in sheet.notes),
        )
        count = 0
        while True:
            count += 1
            name = sheet.title[:31] if count == 1 else f"{sheet.title[:25]} {count}"
            page = self._page(name, sheet.columns)
            written = 0
            for written, (row, bold) in enumerate(islice(rows, MOST_ROWS - 1), 1):
                self._row(page, written, row, bold=bold)
            following = next(rows, None) if written == MOST_ROWS - 1 else None
            if following is None:
                return
            rows = chain([following], rows)

    def _page(self, name: str, columns: Sequence[Column]) -> "Worksheet":
        page = self._book.add_worksheet(name)
        for number, column in enumerate(columns):
            page.set_column(number, number, _WIDTHS.get(column.kind, 10))
        page.freeze_panes(1, 0)
        self._row(page, 0, [each.name for each in columns], bold=True)
        return page

    def _row(self, page: "Worksheet", number: int, cells: Sequence[Cell], *, bold: bool) -> None:
        for column, value in enumerate(cells):
            _WRITERS[type(value)](self, page, (number, column), value, bold)

    def style(self, form: str, bold: bool) -> "Format":
        """The format of a cell, made once."""
        if (form, bold) not in self._styles:
            self._styles[form, bold] = self._book.add_format({"num_format": form, "bold": bold})
        return self._styles[form, bold]


Place = tuple[int, int]


def _text(writer: _Writer, page: "Worksheet", place: Place, value: str, bold: bool) -> None:
    page.write_string(*place, plain(value)[:LONGEST_TEXT], writer.style("General", bold))


def _amount(writer: _Writer, page: "Worksheet", place: Place, value: Money, bold: bool) -> None:
    if abs(value.minor) >= TOO_LONG or value.exponent >= len(_DECIMALS):
        page.write_string(*place, digits(value), writer.style("General", bold))
    else:
        page.write_number(*place, value.amount, writer.style(_DECIMALS[value.exponent], bold))


def _number(writer: _Writer, page: "Worksheet", place: Place, value: Decimal, bold: bool) -> None:
    if abs(int("".join(map(str, value.as_tuple().digits)))) >= TOO_LONG:
        page.write_string(*place, f"{value:f}", writer.style("General", bold))
    else:
        page.write_number(*place, value, writer.style("General", bold))


def _whole(writer: _Writer, page: "Worksheet", place: Place, value: int, bold: bool) -> None:
    page.write_number(*place, value, writer.style(_DECIMALS[0], bold))


def _flag(writer: _Writer, page: "Worksheet", place: Place, value: bool, bold: bool) -> None:
    page.write_boolean(*place, value, writer.style("General", bold))


def _day(writer: _Writer, page: "Worksheet", place: Place, value: date, bold: bool) -> None:
    if value < _LEAP_BUG:
        page.write_string(*place, value.isoformat(), writer.style("General", bold))
    else:
        page.write_datetime(*place, value, writer.style("yyyy-mm-dd", bold))


def _time(writer: _Writer, page: "Worksheet", place: Place, value: datetime, bold: bool) -> None:
    page.write_datetime(*place, value.replace(tzinfo=None), writer.style("yyyy-mm-dd hh:mm:ss", bold))


_WRITERS: "Mapping[type, Callable[[_Writer, Worksheet, Place, Any, bool], None]]" = {
    str: _text,
    int: _whole,
    bool: _flag,
    Decimal: _number,
    Money: _amount,
    date: _day,
    datetime: _time,
    type(None): lambda _writer, _page, _place, _nothing, _bold: None,
}
"""How the value of each type is written; times are in UTC."""
