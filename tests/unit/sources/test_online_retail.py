"""The public data set: who buys, what is left out, and nothing dropped."""

import csv
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bookbridge.cli.demo import ORDERS, shifted
from bookbridge.cli.importing.files import ONLINE_RETAIL, OrderFile
from bookbridge.inbox.sources import online_retail
from bookbridge.inbox.sources.csvfile import Defaults
from bookbridge.inbox.sources.entries import Entry, Found, LeftOut, Wrong

DEFAULTS = Defaults(source="default", currency="GBP", zone=ZoneInfo("Europe/London"))
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def read(path: Path) -> list[Entry]:
    """Every entry of a file."""
    file = OrderFile(path, form=ONLINE_RETAIL)
    file.overview()
    return list(file.entries(DEFAULTS, source="", currency="", organization_id="7"))


def test_every_document_is_an_order_or_has_a_reason() -> None:
    """The excerpt's documents all come out, the total of the orders is the total of the file's sales."""
    with ORDERS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    entries = read(ORDERS)
    orders = [entry.order for entry in entries if isinstance(entry, Found)]
    assert len(entries) == len({row["InvoiceNo"] for row in rows}) == 63
    reasons = Counter(entry.reason for entry in entries if isinstance(entry, LeftOut))
    assert reasons == {online_retail.CANCELLATION: 3, online_retail.NOTHING: 2}
    sold = sum(
        Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows if not row["InvoiceNo"].startswith("C")
    )
    assert sum((line.price or 0) * line.quantity for order in orders for line in order.lines) == sold


def test_customers_are_known_by_number_or_by_country(tmp_path: Path) -> None:
    """A numbered customer is ``Customer <id>``; all others of a country are one walk-in customer."""
    path = tmp_path / "sales.csv"
    path.write_text(
        f"{HEAD}1,A,Tea,1,2011-05-31T10:00:00,2.5,17850,Norway\n"
        "2,A,,1,2011-05-31T10:00:00,2.5,,France\n"
        "3,B,Cup,1,2011-05-31T10:00:00,0,,France\n3,B,Cup,1,2011-05-31T10:01:00,1,,France\n",
        encoding="utf-8",
    )
    first, second, third = (entry.order for entry in read(path) if isinstance(entry, Found))
    assert (first.party.name, first.party.customer_id) == ("Customer 17850", "17850")
    assert second.party == third.party
    assert second.party.name == "Walk-in France"
    assert second.lines[0].name == "A", "a line without a description is called by its stock code"
    assert [line.price for line in third.lines] == [Decimal(0), Decimal(1)], "free lines stay"
    assert first.ordered_at == datetime(2011, 5, 31, 10, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    "row",
    [
        "4,A,Tea,x,2011-05-31T10:00:00,2.5,1,Norway\n",
        "4,A,Tea,1,2011-05-31T10:00:00,NaN,1,Norway\n",
        "4,A,Tea,1,yesterday,2.5,1,Norway\n",
        "4,A,Tea,5,2011-05-31T10:00:00,2.5,1,Norway\n4,B,Cup,-1,2011-05-31T10:00:00,2.5,1,Norway\n",
    ],
)
def test_a_document_that_cannot_be_read_is_explained(row: str, tmp_path: Path) -> None:
    """Numbers and dates that are none, and returns inside a sale, are named with a remedy."""
    path = tmp_path / "sales.csv"
    path.write_text(HEAD + row, encoding="utf-8")
    (wrong,) = read(path)
    assert isinstance(wrong, Wrong)
    assert wrong.message
    assert wrong.remedy


def test_the_demo_moves_all_dates_alike() -> None:
    """The last order is of the wanted day, and the distances between orders stay."""
    moved = list(csv.DictReader(shifted(ORDERS.read_text(encoding="utf-8"), last_on=date(2026, 8, 1)).splitlines()))
    with ORDERS.open(encoding="utf-8") as file:
        before = [datetime.fromisoformat(row["InvoiceDate"]) for row in csv.DictReader(file)]
    after = [datetime.fromisoformat(row["InvoiceDate"]) for row in moved]
    assert max(after).date() == date(2026, 8, 1)
    assert {new - old for new, old in zip(after, before, strict=True)} == {max(after) - max(before)}
