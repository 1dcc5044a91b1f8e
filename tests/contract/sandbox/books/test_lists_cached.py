"""Lists keep what they found from page to page, and never show what is no longer so."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.sandbox.jsonout import dumps
from tests.contract.sandbox.books.conftest import Books


def numbers(books: Books, **params: str) -> list[str]:
    """The invoice numbers a list shows."""
    return [row["invoice_number"] for row in books.call("GET", "/invoices", **params)["invoices"]]


def test_a_list_shows_every_change_at_once(books: Books) -> None:
    """A new, a changed, a deleted record; a new name of its customer; another day."""
    contact = books.contact()["contact_id"]
    first = books.invoice(contact, date="2026-01-05", due_date="2026-01-06")
    assert numbers(books) == ["INV-000001"]
    books.invoice(contact)
    assert numbers(books) == ["INV-000002", "INV-000001"]
    path = f"/invoices/{first['invoice_id']}"
    books.zoho.control("clock", {"advance_s": 2})
    books.call("PUT", path, {"reference_number": "PO 7"})
    assert numbers(books, reference_number="PO 7") == ["INV-000001"]
    assert numbers(books, sort_column="last_modified_time", sort_order="D")[0] == "INV-000001"
    books.call("PUT", f"/contacts/{contact}", {"contact_name": "Anders"})
    assert numbers(books, customer_name="Anders") == ["INV-000002", "INV-000001"]
    books.call("DELETE", path)
    assert numbers(books) == ["INV-000002"]


def test_a_list_follows_the_clock_and_the_switches(books: Books) -> None:
    """Whether an invoice is overdue is a question of the date, whether a filter counts one of a switch."""
    books.zoho.control("clock", {"set": datetime(2026, 5, 10, 16, tzinfo=UTC).isoformat(), "scale": 0})
    contact = books.contact()["contact_id"]
    invoice = books.invoice(contact, date="2026-05-10", due_date="2026-05-10")
    books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
    assert numbers(books, filter_by="Status.OverDue") == []
    books.zoho.control("clock", {"advance_s": 86_400})
    assert numbers(books, filter_by="Status.OverDue") == ["INV-000001"]
    later = {"last_modified_time": "2030-01-01T00:00:00+0000"}
    assert books.call("GET", "/contacts", **later)["contacts"] == []
    books.switch(undocumented_last_modified_time=False)
    assert len(books.call("GET", "/contacts", **later)["contacts"]) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": Decimal("12.50"), "b": Decimal("1E+2")}, '{"a":12.5,"b":100}'),
        ([Decimal("-0"), Decimal("0.00")], "[0,0]"),
        ([Decimal("1E-7"), Decimal("-0.50")], "[0.0000001,-0.5]"),
        ({"text": "1.50, E-7 and :-0,"}, '{"text":"1.50, E-7 and :-0,"}'),
        ({"é": '\x00"\\/'}, '{"é":"\\u0000\\"\\\\/"}'),
        ("\ud800", '"?"'),
        ({"a": [True, None, 3, 1.5], "b": {}}, '{"a":[true,null,3,1.5],"b":{}}'),
    ],
)  # fmt: skip
def test_numbers_are_written_plainly_whatever_writes_them(value: Any, text: str) -> None:
    """No exponent, no trailing zeros, no negative nothing; texts stay as they are."""
    assert dumps(value).decode() == text


def test_sorting_by_time_of_change_is_documented_for_some_lists_and_a_switch_for_others(books: Books) -> None:
    """By default every list does it (FACTS 4.4); switched off, a list whose enumeration omits it keeps its order."""
    contact = books.contact()["contact_id"]
    first = books.invoice(contact)
    books.invoice(contact)
    books.zoho.control("clock", {"advance_s": 2})
    books.call("PUT", f"/invoices/{first['invoice_id']}", {"reference_number": "x"})
    asked = {"sort_column": "last_modified_time", "sort_order": "D"}
    assert numbers(books, **asked) == ["INV-000001", "INV-000002"]
    books.switch(undocumented_modified_sort=False)
    assert numbers(books, **asked) == ["INV-000002", "INV-000001"]
    context = books.call("GET", "/invoices", **asked)["page_context"]
    assert (context["sort_column"], context["sort_order"]) == ("created_time", "D")
    assert books.call("GET", "/creditnotes", **asked)["page_context"]["sort_column"] == "last_modified_time"


def test_counts_and_sums_are_those_of_what_the_filters_leave(books: Books) -> None:
    """``response_option`` 1 to 4 (FACTS 4.3) with a status, a customer and a range of dates; base currency."""
    euro = next(row for row in books.call("GET", "/settings/currencies")["currencies"] if row["currency_code"] == "EUR")
    ann = books.contact("Ann")["contact_id"]
    eva = books.contact("Eva", currency_id=euro["currency_id"])["contact_id"]
    for customer, rate, day in ((ann, "10", "2026-01-05"), (ann, "20", "2026-02-05"), (eva, "30", "2026-01-05")):
        fields = {"date": day, "due_date": day, "exchange_rate": "1.5"} if customer == eva else {"date": day}
        invoice = books.invoice(customer, rate, **fields)
        books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")

    def counted(option: str, **params: str) -> Any:
        context = books.call("GET", "/invoices", response_option=option, **params)["page_context"]
        return context.get("total"), context.get("sum_columns", {}).get("balance")

    assert counted("3") == (3, 75)
    assert counted("3", customer_id=ann) == (2, 30)
    assert counted("1", date_end="2026-01-31", filter_by="Status.Unpaid") == (2, 55)
    assert counted("2", customer_name="Eva") == (1, None)
    assert counted("4", customer_name="Eva") == (None, 45)
    assert "invoices" not in books.call("GET", "/invoices", response_option="2")
    for path in ("/creditnotes", "/customerpayments", "/bills", "/contacts"):
        assert "total" not in books.call("GET", path, response_option="1")["page_context"]
