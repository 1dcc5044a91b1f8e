"""Bills and payments to vendors behave as Zoho's: numbers, statuses, balances, filters, refusals (FACTS 5.16, 5.17)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.contract.sandbox.books.conftest import JSON, Books


class Purchase:
    """A vendor and short ways to buy from it."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.rent = books.account("Rent Expense")
        self.vendor = books.call("POST", "/vendors", {"contact_name": "Landlord"}, status=201)["contact"]["contact_id"]

    def bill(self, number: str, rate: str = "100", **fields: Any) -> JSON:
        """A new bill of one line."""
        line = {"account_id": self.rent, "rate": rate}
        body = {"vendor_id": self.vendor, "bill_number": number, "line_items": [line], **fields}
        bill: JSON = self.books.call("POST", "/bills", body, status=201)["bill"]
        return bill

    def pay(self, amount: str, *bills: tuple[JSON, str]) -> JSON:
        """A payment over bills."""
        rows = [{"bill_id": bill["bill_id"], "amount_applied": part} for bill, part in bills]
        body = {"vendor_id": self.vendor, "amount": amount, "bills": rows}
        payment: JSON = self.books.call("POST", "/vendorpayments", body, status=201)["vendorpayment"]
        return payment

    def owed(self) -> tuple[Decimal, Decimal]:
        """What the vendor is owed, and what was paid ahead."""
        contact = self.books.call("GET", f"/contacts/{self.vendor}")["contact"]
        return contact["outstanding_payable_amount"], contact["unused_credits_payable_amount"]


@pytest.fixture
def purchase(books: Books) -> Purchase:
    """A vendor of the fresh sandbox."""
    return Purchase(books)


def test_a_bill_is_open_until_it_is_paid_or_overdue(books: Books, purchase: Purchase) -> None:
    """Open, partially paid, overdue by the organization's date, paid; the vendor's balance follows."""
    bill = purchase.bill("B-1", "100", date="2026-03-01", due_date="2026-03-31")
    path = f"/bills/{bill['bill_id']}"
    books.zoho.control("clock", {"set": "2026-03-31T20:00:00+00:00", "scale": 0})
    assert books.call("GET", path)["bill"]["status"] == "open"
    payment = purchase.pay("30", (bill, "30"))
    assert books.call("GET", path)["bill"]["status"] == "partially_paid"
    books.zoho.control("clock", {"advance_s": 86_400})
    shown = books.call("GET", path)["bill"]
    assert (shown["status"], shown["balance"], shown["payment_made"]) == ("overdue", 70, 30)
    assert purchase.owed() == (70, 0)
    purchase.pay("80", (bill, "70"))
    assert books.call("GET", path)["bill"]["status"] == "paid"
    assert purchase.owed() == (0, 10)
    assert [row["amount"] for row in books.call("GET", path + "/payments")["payments"]] == [30, 70]
    books.call("DELETE", f"/vendorpayments/{payment['payment_id']}")
    assert purchase.owed() == (30, 10)


def test_a_bill_number_is_mandatory_and_unique_for_its_vendor(books: Books, purchase: Purchase) -> None:
    """Codes 4, 13011 (trimmed, whatever the case) and 13009 (FACTS 3.2); another vendor may use the number."""
    purchase.bill("INV 7")
    line = {"line_items": [{"account_id": purchase.rent, "rate": 1}]}
    body = {"vendor_id": purchase.vendor, "bill_number": " inv 7 ", **line}
    assert books.refused("POST", "/bills", body)[:2] == (400, 13011)
    assert books.refused("POST", "/bills", {"vendor_id": purchase.vendor, **line})[:2] == (400, 4)
    bare = {"vendor_id": purchase.vendor, "bill_number": "8", "line_items": [{"name": "x", "rate": 1}]}
    assert books.refused("POST", "/bills", bare)[:2] == (400, 13009)
    other = books.call("POST", "/vendors", {"contact_name": "Other"})["contact"]["contact_id"]
    books.call("POST", "/bills", {**body, "vendor_id": other}, status=201)
    sales = books.account("Sales")
    income = {**body, "bill_number": "9", "line_items": [{"account_id": sales, "rate": 1}]}
    assert books.refused("POST", "/bills", income)[:2] == (400, 11086)


def test_a_bill_with_payments_can_neither_be_deleted_nor_voided(books: Books, purchase: Purchase) -> None:
    """Without them both work; a void bill is owed no more and can be opened again."""
    bill = purchase.bill("B-1")
    payment = purchase.pay("100", (bill, "100"))
    path = f"/bills/{bill['bill_id']}"
    assert books.refused("DELETE", path)[0] == 400
    assert books.refused("POST", path + "/status/void")[0] == 400
    rows = books.call("GET", path + "/payments")["payments"]
    books.call("DELETE", f"{path}/payments/{rows[0]['bill_payment_id']}")
    assert books.refused("GET", f"/vendorpayments/{payment['payment_id']}")[:2] == (404, 1002)
    assert books.call("POST", path + "/status/void")["message"] == "The bill has been marked as void."
    assert purchase.owed() == (0, 0)
    books.call("POST", path + "/status/open")
    assert purchase.owed() == (100, 0)
    assert books.call("DELETE", path)["message"] == "The bill has been deleted."
    assert books.refused("GET", path)[:2] == (404, 1002)


def test_bills_are_listed_by_what_is_asked(books: Books, purchase: Purchase) -> None:
    """Status, vendor, number, time of change, sorting by balance and change; counting is not theirs (FACTS 4.3)."""
    first = purchase.bill("A-1", "10")
    purchase.bill("B-2", "30", date="2026-01-01", due_date="2026-01-02")
    purchase.bill("B-3", "20", is_draft=True)

    def listed(**params: str) -> list[str]:
        return [row["bill_number"] for row in books.call("GET", "/bills", **params)["bills"]]

    assert listed() == ["B-3", "B-2", "A-1"]
    assert listed(filter_by="Status.Overdue") == ["B-2"]
    assert listed(filter_by="Status.Draft") == ["B-3"]
    assert listed(filter_by="Status.Unpaid") == ["B-2", "A-1"]
    assert listed(bill_number_startswith="b") == ["B-3", "B-2"]
    assert listed(vendor_name_contains="land", sort_column="total", sort_order="D") == ["B-2", "B-3", "A-1"]
    books.zoho.control("clock", {"advance_s": 5})
    since = books.call("PUT", f"/bills/{first['bill_id']}", {"notes": "seen"})["bill"]["last_modified_time"]
    assert listed(last_modified_time=since) == ["A-1"]
    assert listed(sort_column="last_modified_time", sort_order="D")[0] == "A-1"
    context = books.call("GET", "/bills", response_option="1")["page_context"]
    assert (context["report_name"], "total" in context, "sum_columns" in context) == ("Bills", False, False)


def test_what_was_paid_ahead_settles_a_later_bill(books: Books, purchase: Purchase) -> None:
    """An unapplied payment stays in its balance, is applied by credits, and is refunded as far as it is left."""
    ahead = purchase.pay("50")
    assert (ahead["balance"], ahead["offset_account_name"], ahead["payment_mode"]) == (50, "Prepaid Expenses", "Cash")
    bill = purchase.bill("B-1", "30")
    row = {"payment_id": ahead["payment_id"], "amount_applied": 30}
    books.call("POST", f"/bills/{bill['bill_id']}/credits", {"bill_payments": [row]}, status=201)
    assert purchase.owed() == (0, 20)
    path = f"/vendorpayments/{ahead['payment_id']}/refunds"
    refund = {"date": "2026-05-01", "amount": 20, "to_account_id": books.account("Business Checking")}
    assert books.refused("POST", path, {**refund, "amount": 21})[0] == 400
    books.call("POST", path, refund, status=201)
    assert purchase.owed() == (0, 0)
    [listed] = books.call("GET", "/vendorpayments", vendor_id=purchase.vendor)["vendorpayments"]
    assert (listed["balance"], listed["bcy_refunded_amount"], listed["bill_numbers"]) == (0, 20, "B-1")


def test_people_change_bills_and_upsert_finds_them(books: Books, purchase: Purchase) -> None:
    """Edit and delete of a person; ``PUT /bills`` with the unique key creates once."""
    bill = purchase.bill("B-1", "30")
    edit = {"action": "edit", "resource": "bills", "id": bill["bill_id"], "fields": {"reference_number": "R9"}}
    books.zoho.control("people", edit)
    assert books.call("GET", f"/bills/{bill['bill_id']}")["bill"]["reference_number"] == "R9"
    books.zoho.control("people", {"action": "delete", "resource": "bills", "id": bill["bill_id"]})
    assert books.call("GET", "/bills")["bills"] == []
    headers = {"X-Unique-Identifier-Key": "cf_bookbridge_key", "X-Unique-Identifier-Value": "k1", "X-Upsert": "true"}
    key = [{"api_name": "cf_bookbridge_key", "value": "k1"}]
    line = {"account_id": purchase.rent, "rate": 5}
    body = {"vendor_id": purchase.vendor, "bill_number": "U1", "line_items": [line], "custom_fields": key}
    codes = [books.zoho.books("PUT", "/bills", json=body, headers=headers).status_code for _ in range(2)]
    assert codes == [201, 200]
    assert [row["custom_field_hash"]["cf_bookbridge_key"] for row in books.call("GET", "/bills")["bills"]] == ["k1"]
