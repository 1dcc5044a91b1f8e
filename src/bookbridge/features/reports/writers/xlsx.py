"""XLSX written as it is sent: typed cells, a bold frozen head, amounts with the decimals of their currency.

A workbook is a zip of a few XML files (ECMA-376 part 1, SpreadsheetML); only what a table needs is written, straight
into the zip, so that a million rows need no more memory than a thousand and no temporary file.
"""

import re
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape

from bookbridge.features.reports.frame import Cell, Column, Kind, Sheet
from bookbridge.features.reports.writers.texts import digits, plain
from bookbridge.kernel.money import Money

BATCH = 500
"""Rows in one piece."""
MOST_ROWS, MOST_BYTES, LONGEST_TEXT = 1_048_576, 1_500_000_000, 32_767
"""A sheet's rows and a cell's characters as spreadsheets have them, and the bytes of a sheet a plain zip can hold;
where a sheet is full, the next begins."""
DIGITS = 15
"""Digits a spreadsheet keeps of a number; longer ones are written as text, so that none is lost."""
TOO_LONG = 10**DIGITS

_MADE_ON = (2000, 1, 1, 0, 0, 0)
_EPOCH = date(1899, 12, 30).toordinal()
_LEAP_BUG = date(1900, 3, 1)
_DECIMALS = ("#,##0", "#,##0.0", "#,##0.00", "#,##0.000", "#,##0.0000")
_PLAIN, _DATE, _TIME, _AMOUNT = 0, 1, 2, 3
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What a spreadsheet would read as a character's number (ST_Xstring)."""
_BOLD = _AMOUNT + len(_DECIMALS)
"""Styles: as they are, then the same in bold."""
_WIDTHS = {Kind.TEXT: 26, Kind.PERIOD: 12, Kind.DAY: 12, Kind.TIME: 18, Kind.MONEY: 18, Kind.COUNT: 12, Kind.NUMBER: 14}


def write(sheet: Sheet, /) -> Iterator[bytes]:
    """The file piece by piece; several sheets where one is too small."""
    out = _Pieces()
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5)
    rows = chain(
        (_row(each) for each in sheet.rows),
        [_row(sheet.footer, bold=_BOLD)] if sheet.footer else [],
        (_row((f"Note: {each}",)) for each in sheet.notes),
    )
    names: list[str] = []
    first: str | None = next(rows, "")
    while first is not None:
        names.append(f"{sheet.title[:25]} {len(names) + 1}" if names else sheet.title[:31])
        with archive.open(_entry(f"xl/worksheets/sheet{len(names)}.xml"), "w") as file:
            first = yield from _fill(file, sheet.columns, chain([first], rows), out)
    for name, content in _frame(names):
        archive.writestr(_entry(name), content)
    archive.close()
    yield out.taken()


def _fill(
    file: Any, columns: tuple[Column, ...], rows: Iterator[str], out: "_Pieces"
) -> Generator[bytes, None, str | None]:
    """Write one sheet; gives the row that did not fit any more."""
    head = _row(tuple(each.name for each in columns), bold=_BOLD)
    written = file.write((_SHEET_START + _widths(columns) + "<sheetData>" + head).encode())
    number, left = 1, None
    batch: list[str] = []
    for row in rows:
        if number >= MOST_ROWS or written > MOST_BYTES:
            left = row
            break
        batch.append(row)
        number += 1
        if len(batch) >= BATCH:
            written += file.write("".join(batch).encode())
            batch = []
            if len(out):
                yield out.taken()
    file.write(("".join(batch) + _SHEET_END).encode())
    return left


class _Pieces:
    """What the zip writes to: bytes that are taken away as they come; it cannot seek back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: Any, /) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held

    def __len__(self) -> int:
        return len(self._held)


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, _MADE_ON)
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def _row(cells: Sequence[Cell], *, bold: int = 0) -> str:
    return "<row>" + "".join([_WRITERS[type(each)](each, bold) for each in cells]) + "</row>"


def _text(value: str, bold: int) -> str:
    if value.isalnum() and len(value) < LONGEST_TEXT:
        return _inline(value, bold)
    shown = escape(plain(value)[:LONGEST_TEXT])
    return _inline(_ESCAPED.sub("_x005F_", shown).replace("\r", "_x000D_"), bold)


def _inline(shown: str, bold: int) -> str:
    """A cell of text that is known to be safe: a number that a cell cannot hold, or what ``_text`` made."""
    return f'<c s="{bold}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _amount(value: Money, bold: int) -> str:
    if abs(value.minor) >= TOO_LONG or value.exponent >= len(_DECIMALS):
        return _inline(digits(value), bold)
    return f'<c s="{_AMOUNT + value.exponent + bold}"><v>{digits(value)}</v></c>'


def _number(value: Decimal, bold: int) -> str:
    if len(value.as_tuple().digits) > DIGITS:
        return _inline(f"{value:f}", bold)
    return f'<c s="{bold}"><v>{value:f}</v></c>'


def _whole(value: int, bold: int) -> str:
    return f'<c s="{_AMOUNT + bold}"><v>{value}</v></c>'


def _day(value: date, bold: int) -> str:
    if value < _LEAP_BUG:
        return _inline(value.isoformat(), bold)
    return f'<c s="{_DATE + bold}"><v>{value.toordinal() - _EPOCH}</v></c>'


def _time(value: datetime, bold: int) -> str:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return f'<c s="{_TIME + bold}"><v>{value.toordinal() - _EPOCH + Decimal(seconds) / 86_400:.9f}</v></c>'


_WRITERS: Mapping[type, Callable[[Any, int], str]] = {
    str: _text,
    int: _whole,
    bool: lambda flag, bold: f'<c s="{bold}" t="b"><v>{int(flag)}</v></c>',
    Decimal: _number,
    Money: _amount,
    date: _day,
    datetime: _time,
    type(None): lambda _nothing, _bold: "<c/>",
}
"""How the value of each type is written; times are in UTC."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_START = (
    f'{_HEAD}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
_SHEET_END = "</sheetData></worksheet>"


def _widths(columns: tuple[Column, ...]) -> str:
    made = [
        f'<col min="{number}" max="{number}" width="{_WIDTHS.get(each.kind, 10)}" customWidth="1"/>'
        for number, each in enumerate(columns, 1)
    ]
    return f"<cols>{''.join(made)}</cols>"


def _frame(names: list[str]) -> Iterator[tuple[str, str]]:
    """The small files around the sheets."""
    numbers = range(1, len(names) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{each}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for each in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f"{parts}</Types>",
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{each}" r:id="rId{each}"/>'
        for each, name in zip(numbers, names, strict=True)
    )
    yield "xl/workbook.xml", f'{_HEAD}<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
    sheets = [("worksheet", f"worksheets/sheet{each}.xml") for each in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*sheets, ("styles", "styles.xml")])
    yield "xl/styles.xml", _styles()


def _relations(targets: list[tuple[str, str]]) -> str:
    made = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def _styles() -> str:
    formats = ("General", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", *_DECIMALS)
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
    cells = "".join(
        f'<xf numFmtId="{164 + n if n else 0}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        f'applyFont="1"/>'
        for font in (0, 1)
        for n in range(len(formats))
    )
    font = '<sz val="11"/><name val="Calibri"/>'
    return (
        f'{_HEAD}<styleSheet {_MAIN}><numFmts count="{len(formats)}">{codes}</numFmts><fonts count="2"><font>{font}'
        f"</font><font><b/>{font}</font></fonts><fills count='2'><fill><patternFill patternType='none'/></fill><fill>"
        f"<patternFill patternType='gray125'/></fill></fills><borders count='1'><border/></borders><cellStyleXfs "
        f"count='1'><xf/></cellStyleXfs><cellXfs count='{2 * len(formats)}'>{cells}</cellXfs>"
        "<cellStyles count='1'><cellStyle name='Normal' xfId='0' builtinId='0'/></cellStyles></styleSheet>"
    )
