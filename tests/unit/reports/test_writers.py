"""Files open in spreadsheets as what they are: typed values, exact amounts, and never a formula."""

import csv
import io
import json
import tempfile
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bookbridge.features.reports.frame import Cell, Column, Kind, Sheet
from bookbridge.features.reports.writers import FORMATS, xlsx
from bookbridge.features.reports.writers.texts import digits, plain
from bookbridge.kernel.money import Money

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BODIES = (
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://127.0.0.1","x")', "SUM(A1:A9)", "@SUM(1)", '"quoted", and; more',
    "DDE(\"cmd\";\"/C calc\";\"x\")", "",
)  # fmt: skip
HIDDEN = ("", " ", "\u00a0", "\ufeff", "\u200b", "\t ", "\x00", "\r\n")
CORPUS = [hidden + start + body for hidden in HIDDEN for start in STARTS for body in BODIES]
HARMLESS = ["Ann Lee", "O'Neil & Sons <Ltd>", "Zażółć 日本 🍵", "a=b", "x, y", 'say "hi"', "two\nlines", "_x0041_", ""]
KINDS: dict[type, Kind] = {str: Kind.TEXT, Money: Kind.MONEY, date: Kind.DAY, datetime: Kind.TIME, int: Kind.COUNT}


def columns(*kinds: Kind) -> tuple[Column, ...]:
    """Columns of these kinds."""
    return tuple(Column(name=f"c{number}", kind=kind, meaning="x") for number, kind in enumerate(kinds))


def written(form: str, rows: list[tuple[Cell, ...]], *, notes: tuple[str, ...] = ()) -> bytes:
    """The file of some rows."""
    kinds = [KINDS.get(type(each), Kind.TEXT) for each in rows[0]]
    sheet = Sheet(title="Test", columns=columns(*kinds), rows=iter(rows), notes=notes)
    return b"".join(FORMATS[form].write(sheet))


def cells_of_xlsx(content: bytes) -> list[list[Any]]:
    """Every cell below the head, as a spreadsheet reads it."""
    return [list(row) for row in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)]


def cells_of_csv(content: bytes) -> list[list[Any]]:
    """Every cell below the head, typed in by a spreadsheet, which takes what begins with ``=`` for a formula."""
    lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
    sheet = Workbook().active
    assert all(len(line) == len(lines[0]) for line in lines)
    return [
        [sheet.cell(row=row, column=column, value=text) for column, text in enumerate(line, 1)]
        for row, line in enumerate(lines[1:], 1)
    ]


@pytest.mark.parametrize(("form", "read"), [("csv", cells_of_csv), ("xlsx", cells_of_xlsx)])
def test_no_text_becomes_a_formula(form: str, read: Any) -> None:
    """SEC-090: whatever a stranger calls himself, the files hold no formula and no text that begins like one."""
    texts = [*CORPUS, *HARMLESS]
    found = read(written(form, [(text, text) for text in texts], notes=("=1+1",)))
    assert len(found) == len(texts) + 1
    formulas = [cell for row in found for cell in row if cell.data_type == "f"]
    assert not formulas
    dangerous = tuple(STARTS)
    assert not [cell for row in found for cell in row if str(cell.value or "").lstrip().startswith(dangerous)]
    assert all(row[0].value.startswith("'") for row in found[: len(CORPUS)])


@pytest.mark.parametrize(("form", "read"), [("csv", cells_of_csv), ("xlsx", cells_of_xlsx)])
def test_harmless_texts_stay_as_they_are(form: str, read: Any) -> None:
    """Names in every script, quotes, line ends and signs of XML come back."""
    found = read(written(form, [(text,) for text in HARMLESS]))
    if form == "xlsx":  # a reader that follows ECMA-376 22.9.2.19 turns it back; openpyxl does not
        assert found[HARMLESS.index("_x0041_")][0].value == "_x005F_x0041_"
        found[HARMLESS.index("_x0041_")][0].value = "_x0041_"
    assert [row[0].value or "" for row in found] == HARMLESS


@given(st.text(max_size=20))
@example("=1")
@example("\ufeff\u200b \x00=1")
def test_a_plain_text_never_begins_like_a_formula(text: str) -> None:
    """Generated: behind any mix of blanks and invisible characters too; and the text is still in it."""
    made = plain(text)
    assert not made.lstrip().startswith(STARTS)
    assert made in (text, f"'{text}") or "\ufffd" in made


@given(st.integers(-(10**20), 10**20), st.integers(0, 4))
def test_amounts_are_written_with_every_digit(minor: int, exponent: int) -> None:
    """Generated: the text is what the exact decimal is."""
    money = Money(minor, "USD", exponent)
    assert digits(money) == f"{money.amount:f}"


def test_values_are_typed_in_a_spreadsheet() -> None:
    """Amounts are numbers with the decimals of their currency, days are days; no digit is lost."""
    row: tuple[Cell, ...] = (
        "x", Money(-123456789, "USD", 2), Money(12345, "JPY", 0), Money(1005, "KWD", 3), date(2026, 2, 28),
        datetime(2026, 2, 28, 13, 45, 30, tzinfo=UTC), 7, Decimal("1.25"), None, True,
        Money(12345678901234567, "USD", 2), Decimal("0.1234567890123456"), date(1899, 12, 31),
    )  # fmt: skip
    found = cells_of_xlsx(written("xlsx", [row]))[0]
    day, moment = (each.value.replace(tzinfo=UTC) for each in found[4:6])
    assert (day, moment) == (datetime(2026, 2, 28, tzinfo=UTC), row[5])
    assert [each.value for each in found if not each.is_date] == [
        "x", -1234567.89, 12345, 1.005, 7, 1.25, None, True,
        "123456789012345.67", "0.1234567890123456", "1899-12-31",
    ]  # fmt: skip
    formats = [each.number_format for each in found]
    assert formats[1:6] == ["#,##0.00", "#,##0", "#,##0.000", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"]
    line = written("csv", [row]).decode().splitlines()[1]
    assert line == (
        '"x",-1234567.89,12345,1.005,2026-02-28,2026-02-28T13:45:30Z,7,1.25,,true,123456789012345.67,'
        "0.1234567890123456,1899-12-31"
    )
    told = json.loads(written("jsonl", [row]), parse_float=Decimal)
    assert list(told.values()) == [
        "x", Decimal("-1234567.89"), 12345, Decimal("1.005"), "2026-02-28", "2026-02-28T13:45:30Z", 7, Decimal("1.25"),
        None, True, Decimal("123456789012345.67"), Decimal("0.1234567890123456"), "1899-12-31",
    ]  # fmt: skip


def test_the_head_is_bold_and_stays_in_sight() -> None:
    """Names of columns in the first row, frozen."""
    sheet = load_workbook(io.BytesIO(written("xlsx", [("a", 1)]))).active
    assert [each.value for each in sheet[1]] == ["c0", "c1"] and sheet["A1"].font.b and not sheet["A2"].font.b
    assert sheet.freeze_panes == "A2" and sheet.title == "Test"


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is lost or written twice where a sheet ends; each sheet has the head."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", 100)
    book = load_workbook(io.BytesIO(written("xlsx", [(str(number),) for number in range(250)])))
    assert book.sheetnames == ["Test", "Test 2", "Test 3"]
    values = [row[0].value for sheet in book for row in sheet.iter_rows()]
    assert [each for each in values if each != "c0"] == [str(number) for number in range(250)]
    assert [sheet.max_row for sheet in book] == [100, 100, 53]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_is_written_while_its_rows_are_read(form: str) -> None:
    """The first piece comes long before the last row, and a piece is small: memory does not grow with rows."""
    taken = 0

    def rows() -> Any:
        nonlocal taken
        for number in range(20_000):
            taken += 1
            yield (f"customer {number * 7919 % 20_000}", number)

    pieces = FORMATS[form].write(Sheet(title="T", columns=columns(Kind.TEXT, Kind.COUNT), rows=rows()))
    sizes = [len(next(pieces))]
    assert taken < 10_000
    sizes += [len(piece) for piece in pieces]
    assert taken == 20_000 and max(sizes) < 100_000


def test_a_workbook_leaves_in_small_pieces_and_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rows wait on the disk, not in memory, and the disk is clean afterwards, also when nobody reads to the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = ((f"customer {number * 7919 % 20_000}", number) for number in range(20_000))
    pieces = FORMATS["xlsx"].write(Sheet(title="T", columns=columns(Kind.TEXT, Kind.COUNT), rows=rows))
    first = next(pieces)
    assert len(first) <= xlsx.PIECE_BYTES and list(tmp_path.iterdir())
    pieces.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_a_file_too(form: str) -> None:
    """Without rows there is the head."""
    content = b"".join(FORMATS[form].write(Sheet(title="T", columns=columns(Kind.TEXT), rows=())))
    if form == "xlsx":
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        assert load_workbook(io.BytesIO(content)).active.max_row == 1
    else:
        assert content == (b'"c0"\r\n' if form == "csv" else b"")
