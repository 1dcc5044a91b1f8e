"""Tables of order lines become orders, and every row that cannot is explained."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.inbox.sources import csvfile
from bookbridge.inbox.sources.entries import Entry, Found, Layout, Wrong
from bookbridge.kernel.errors import InvalidInputError

LONDON = csvfile.Defaults(source="shop", currency="GBP", zone=ZoneInfo("Europe/London"))
HEAD = "order_id,ordered_at,customer_id,customer_email,customer_name,country,sku,name,quantity,price,currency"


def read(text: str, /, *, names: dict[str, str] | None = None) -> list[Entry]:
    """The entries of a table."""
    head, *lines = text.splitlines(keepends=True)
    header = csvfile.header_of(head, names=names)
    layout = Layout((row.line, row.cells.get("order_id", "")) for row in csvfile.rows(lines, header))
    return list(csvfile.entries(csvfile.rows(lines, header), layout, defaults=LONDON))


def found(entries: Iterable[Entry]) -> list[Found]:
    """Only the orders."""
    return [entry for entry in entries if isinstance(entry, Found)]


def test_rows_of_one_number_are_one_order() -> None:
    """Every row is a line; what the rows say of the whole order is said once."""
    text = (
        f"{HEAD}\n"
        "1001,2026-03-29T12:00:00,7,ann@example.com,Ann Lee,Norway,,Tea,2,4.50,\n"
        "1001,,,,,,,Cup,1,12.345,\n"
        "1002,2026-01-05,,bob@example.com,Bob,,SKU-9,,1,,EUR\n"
    )
    first, second = found(read(text))
    assert [line.name for line in first.order.lines] == ["Tea", "Cup"]
    assert [line.price for line in first.order.lines] == [Decimal("4.50"), Decimal("12.345")]
    assert (first.order.source, first.order.order_id, first.order.currency) == ("shop", "1001", "GBP")
    assert (first.order.party.customer_id, first.order.party.email) == ("7", "ann@example.com")
    assert first.order.ordered_at == datetime(2026, 3, 29, 11, 0, tzinfo=UTC), "without a zone: the organization's"
    assert (second.line, second.order.currency, second.order.lines[0].price) == (4, "EUR", None)


def test_scattered_rows_are_brought_together() -> None:
    """Rows of one order that do not follow each other still make one whole order, never two halves."""
    text = "order_id,customer_id,name,price\n1,7,Tea,1\n2,8,Cup,2\n1,7,Pot,3\n3,9,Jar,4\n1,7,Lid,5\n2,8,Mug,6\n"
    orders = {entry.order.order_id: [line.name for line in entry.order.lines] for entry in found(read(text))}
    assert orders == {"1": ["Tea", "Pot", "Lid"], "2": ["Cup", "Mug"], "3": ["Jar"]}


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40))
def test_no_row_is_lost_whatever_their_order(numbers: list[int]) -> None:
    """For any sequence of rows, every order comes once and has all of its rows."""
    lines = [f"{number},7,line {place},1\n" for place, number in enumerate(numbers)]
    entries = found(read("order_id,customer_id,name,price\n" + "".join(lines)))
    assert sorted(entry.order.order_id for entry in entries) == sorted({str(number) for number in numbers})
    assert sum(len(entry.order.lines) for entry in entries) == len(numbers)


@pytest.mark.parametrize(
    ("row", "line", "field"),
    [
        ("1,7,Tea,one,2.50,GBP", 2, "quantity"),
        ('1,7,Tea,1,"2,50",GBP', 2, "price"),
        ("1,7,Tea,1,£2.50,GBP", 2, "price"),
        ("1,7,Tea,1,NaN,GBP", 2, "price"),
        ("1,7,Tea,0,2.50,GBP", 2, "quantity"),
        ("1,7,Tea,1,-2.50,GBP", 2, "price"),
        ("1,7,Tea,1,2.50,pounds", 2, "currency"),
        ("1,,Tea,1,2.50,GBP", 2, "customer_email"),
        (",7,Tea,1,2.50,GBP", 2, "order_id"),
        ("1,7,,1,2.50,GBP", 2, "name"),
        ("1,7,Tea,1,2.50,GBP\n1,8,Cup,1,1,GBP", 3, "customer_id"),
        ("1,7,Tea,1,2.50,GBP\n1,7,Cup,1,x,GBP", 3, "price"),
    ],
)
def test_a_wrong_row_is_explained_and_the_others_go_on(row: str, line: int, field: str) -> None:
    """The line, the column and a remedy are named, and the next order is read."""
    text = f"order_id,customer_id,name,quantity,price,currency\n{row}\n99,9,Jar,1,1,GBP\n"
    entries = read(text)
    wrong = entries[0]
    assert isinstance(wrong, Wrong)
    assert (wrong.line, wrong.field) == (line, field)
    assert wrong.message
    assert wrong.remedy
    assert [entry.order.order_id for entry in found(entries)] == ["99"]


def test_a_date_that_is_none_is_explained() -> None:
    """A date of another notation is refused rather than guessed."""
    (wrong,) = read("order_id,ordered_at,customer_id,name,price\n1,03/04/2026,7,Tea,1\n")
    assert isinstance(wrong, Wrong)
    assert wrong.field == "ordered_at"
    assert "2026-01-31" in wrong.remedy


def test_bytes_that_are_not_utf8_are_explained() -> None:
    """A row in another encoding is refused with the remedy, not imported with broken names."""
    text = b"order_id,customer_id,name,price\n1,7,Caf\xe9,1\n2,7,Tea,1\n".decode("utf-8", "surrogateescape")
    wrong, good = read(text)
    assert isinstance(wrong, Wrong)
    assert "UTF-8" in wrong.remedy
    assert isinstance(good, Found)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found_out(separator: str) -> None:
    """Spreadsheets separate by comma, semicolon or tabulator."""
    rows = (["Order ID", "customer-id", "name", "price"], ["1", "7", "Tea", "1.5"])
    text = "".join(separator.join(cells) + "\n" for cells in rows)
    (entry,) = found(read(text))
    assert entry.order.lines[0].price == Decimal("1.5")


def test_columns_can_be_called_otherwise() -> None:
    """``--map`` names a column of the file; what stays unused is known."""
    text = "Number,Who,What,Cost,Colour\n1,7,Tea,1.5,red\n"
    names = {"order_id": "number", "customer_id": "Who", "name": "What", "price": "Cost"}
    (entry,) = found(read(text, names=names))
    assert entry.order.lines[0].name == "Tea"
    assert csvfile.header_of(text.splitlines()[0], names=names).ignored == ("Colour",)


@pytest.mark.parametrize(
    ("head", "names", "said"),
    [
        ("customer_id,name,price", {}, "order_id"),
        ("order_id,name,price", {}, "customer_id or customer_email"),
        ("order_id,customer_id,name", {}, "price or sku"),
        ("order_id,customer_id,price", {"colour": "x"}, "not a column of ours"),
        ("order_id,customer_id,price", {"name": "x"}, "no column x"),
        ("", {}, "order_id"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(head: str, names: dict[str, str], said: str) -> None:
    """The sentence names the missing column and how to name it."""
    with pytest.raises(InvalidInputError, match=said) as caught:
        csvfile.header_of(head, names=names)
    assert caught.value.remedy
