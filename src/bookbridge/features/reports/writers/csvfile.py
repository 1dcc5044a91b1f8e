"""CSV as RFC 4180 has it: UTF-8, CRLF, a head line; texts quoted, numbers plain, nothing a spreadsheet would run."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bookbridge.features.reports.frame import Cell, Sheet
from bookbridge.features.reports.writers.texts import digits, plain
from bookbridge.kernel.money import Money

BATCH = 500
"""Rows in one piece."""


def write(sheet: Sheet, /) -> Iterator[bytes]:
    """The file piece by piece: names of columns, rows, totals, and a line for each note in the first column."""
    lines = [",".join(_quoted(each.name) for each in sheet.columns)]
    for row in sheet.rows:
        lines.append(",".join([_cell(each) for each in row]))
        if len(lines) >= BATCH:
            yield _piece(lines)
            lines = []
    if sheet.footer:
        lines.append(",".join(_cell(each) for each in sheet.footer))
    blank = "," * (len(sheet.columns) - 1)
    lines += [_quoted(f"Note: {each}") + blank for each in sheet.notes]
    if lines:
        yield _piece(lines)


def _piece(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def _cell(value: Cell) -> str:
    return _WRITERS[type(value)](value)


def _quoted(text: str) -> str:
    if text.isalnum():
        return f'"{text}"'
    return '"' + plain(text).replace('"', '""') + '"'


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    str: _quoted,
    int: str,
    bool: lambda flag: "true" if flag else "false",
    Decimal: lambda number: f"{number:f}",
    Money: digits,
    date: date.isoformat,
    datetime: lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    type(None): lambda _nothing: "",
}
"""How the value of each type is written; times are in UTC."""
