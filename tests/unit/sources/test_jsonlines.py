"""Files with one order a line, in the shape of the API."""

from decimal import Decimal

from bookbridge.inbox.sources import jsonlines
from bookbridge.inbox.sources.entries import Found, Wrong

GOOD = '{"order_id": "1", "customerEmail": "ann@example.com", "items": [{"name": "Tea", "price": 12345678901234.56}]}\n'


def test_each_line_is_an_order_with_all_its_digits() -> None:
    """Amounts come through exactly; the command's source wins over the line's; empty lines are nothing."""
    (entry,) = jsonlines.entries(["\n", GOOD], source="shop", currency="GBP")
    assert isinstance(entry, Found)
    assert entry.line == 2
    assert entry.order.lines[0].price == Decimal("12345678901234.56")
    assert (entry.order.source, entry.order.currency) == ("shop", "GBP")


def test_a_line_keeps_the_currency_it_names() -> None:
    """``--currency`` is only for lines that say none."""
    line = GOOD.replace('"order_id"', '"currency": "EUR", "order_id"')
    (entry,) = jsonlines.entries([line], currency="GBP")
    assert isinstance(entry, Found)
    assert entry.order.currency == "EUR"


def test_wrong_lines_are_explained_and_the_others_go_on() -> None:
    """Not JSON, no number of its own, a number as text, another organization: each is named with its line."""
    lines = [
        "{not json\n",
        GOOD.replace('"order_id": "1", ', ""),
        GOOD.replace("12345678901234.56", '"12"'),
        GOOD.replace('"order_id"', '"organization_id": "5", "order_id"'),
        GOOD,
    ]
    *wrong, good = jsonlines.entries(lines, organization_id="7")
    assert [entry.line for entry in wrong if isinstance(entry, Wrong)] == [1, 2, 3, 4]
    assert [entry.field for entry in wrong if isinstance(entry, Wrong)] == [
        "",
        "order_id",
        "items[0].price",
        "organization_id",
    ]
    assert isinstance(good, Found)
