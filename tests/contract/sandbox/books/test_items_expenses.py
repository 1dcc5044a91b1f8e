"""Items and expenses of the sandbox against FACTS 5.3 and 5.6."""

from decimal import Decimal

import pytest

from tests.contract.sandbox.books.conftest import JSON, Books
from tests.contract.sandbox.books.wire_keys import EXPENSE_ROW, ITEM, ITEM_ROW

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_items_create_list_update_delete(books: Books) -> None:
    """Texts and keys; the default income account is Sales; a used item cannot be deleted."""
    answer = books.call("POST", "/items", {"name": "Chair", "rate": "12.50", "sku": "C-1", "unit": "pcs"}, status=201)
    item = answer["item"]
    assert answer["message"] == "The item has been added."
    assert set(item) >= ITEM
    assert (item["rate"], item["account_name"], item["status"]) == (Decimal("12.5"), "Sales", "active")
    listed = books.call("GET", "/items")
    assert set(listed["items"][0]) >= ITEM_ROW
    assert (listed["page_context"]["sort_column"], listed["page_context"]["sort_order"]) == ("name", "A")
    path = f"/items/{item['item_id']}"
    assert books.call("PUT", path, {"rate": 13})["message"] == "Item details have been saved."
    assert books.call("POST", f"{path}/inactive")["message"] == "The item has been marked as inactive."
    assert books.call("POST", f"{path}/active")["message"] == "The item has been marked as active."
    assert len(books.call("GET", "/itemdetails", item_ids=f"{item['item_id']},1")["items"]) == 1
    invoice = {"customer_id": books.contact()["contact_id"], "line_items": [{"item_id": item["item_id"]}]}
    invoice_id = books.call("POST", "/invoices", invoice, status=201)["invoice"]["invoice_id"]
    assert books.refused("DELETE", path)[0] == 400
    books.call("DELETE", f"/invoices/{invoice_id}")
    assert books.call("DELETE", path)["message"] == "The item has been deleted."


def test_items_refuse_doubles_and_find_by_filters(books: Books) -> None:
    """A taken name is refused with 1001; filters by name, rate and text."""
    books.call("POST", "/items", {"name": "Chair", "rate": 10}, status=201)
    books.call("POST", "/items", {"name": "Table", "rate": 30, "description": "oak"}, status=201)
    assert books.refused("POST", "/items", {"name": "chair", "rate": 1})[:2] == (400, 1001)
    assert books.refused("POST", "/items", {"name": "Lamp"})[:2] == (400, 4)

    def names(**query: str) -> list[str]:
        return [row["name"] for row in books.call("GET", "/items", **query)["items"]]

    assert names(name_contains="abl") == ["Table"]
    assert names(rate_less_than="30") == ["Chair"]
    assert names(search_text="OAK") == ["Table"]
    assert names(sort_column="rate", sort_order="D") == ["Table", "Chair"]


def _expense(books: Books, **fields: object) -> JSON:
    body = {
        "account_id": books.account("Travel Expense"), "date": "2026-06-01", "amount": "25.50",
        "paid_through_account_id": books.account("Petty Cash"), **fields,
    }  # fmt: skip
    answer = books.call("POST", "/expenses", body, status=201)
    assert answer["message"] == "The expense has been recorded."
    expense: JSON = answer["expense"]
    return expense


def test_expenses_create_list_update_delete(books: Books) -> None:
    """201 and the recorded text; nonbillable; one line even so; rows have no account_id."""
    expense = _expense(books, reference_number="R-1", description="Train")
    assert (expense["status"], expense["total"], expense["bcy_total"]) == (
        "nonbillable", Decimal("25.5"), Decimal("25.5"),
    )  # fmt: skip
    assert [line["line_item_id"] for line in expense["line_items"]] == [expense["expense_item_id"]]
    row = books.call("GET", "/expenses")["expenses"][0]
    assert set(row) >= EXPENSE_ROW
    assert "account_id" not in row
    path = f"/expenses/{expense['expense_id']}"
    answer = books.call("PUT", path, {"amount": 30})
    assert (answer["message"], answer["expense"]["total"]) == ("Expense information has been updated.", 30)
    assert answer["expense"]["reference_number"] == "R-1"
    assert books.call("DELETE", path)["message"] == "The expense has been deleted."


@pytest.mark.parametrize(
    ("field", "value", "code", "text"),
    [
        ("account_id", "999", 1002, "Please enter valid expense account"),
        ("account_id", "Sales", 11086, "Invalid account chosen. Please select valid account and try again."),
        ("amount", "", 4, "Invalid value passed for amount"),
        ("amount", "12,50", 4, "Invalid value passed for amount"),
    ],
)
def test_what_an_expense_refuses(books: Books, field: str, value: str, code: int, text: str) -> None:
    """Codes and texts of FACTS 3.2 and 5.6."""
    body: JSON = {"account_id": books.account("Travel Expense"), "date": "2026-06-01", "amount": 1}
    body[field] = books.account(value) if value.isalpha() else value
    assert books.refused("POST", "/expenses", body) == (400, code, text)


def test_the_currency_follows_the_paid_through_account(books: Books) -> None:
    """Without currency_id the bank account's currency counts; the base amount uses the stored rate."""
    bank = books.call(
        "POST", "/bankaccounts", {"account_name": "Euro", "account_type": "bank", "currency_code": "EUR"}, status=201
    )["bankaccount"]["account_id"]
    expense = _expense(books, paid_through_account_id=bank, amount=100)
    assert (expense["currency_code"], expense["bcy_total"]) == ("EUR", Decimal("108.45"))
    sent = _expense(books, currency_id=expense["currency_id"], amount=100, exchange_rate="1.5")
    assert sent["bcy_total"] == 150


def test_inclusive_tax_is_carved_out(uk: Books) -> None:
    """120 with 20 per cent inside: 100 and 20; on top: 144."""
    tax_id = uk.call("GET", "/settings/taxes")["taxes"][0]["tax_id"]
    inside = _expense(uk, amount=120, tax_id=tax_id, is_inclusive_tax=True)
    on_top = _expense(uk, amount=120, tax_id=tax_id)
    assert (inside["sub_total"], inside["tax_amount"], inside["total"]) == (100, 20, 120)
    assert (on_top["sub_total"], on_top["tax_amount"], on_top["total"]) == (120, 24, 144)


def test_receipts_come_back_as_they_went(books: Books) -> None:
    """Multipart create with JSONString and receipt, attach, read, delete; a wrong type is refused."""
    import json

    body = {"account_id": books.account("Lodging"), "amount": 10, "date": "2026-06-01"}
    answer = books.zoho.books(
        "POST", "/expenses", data={"JSONString": json.dumps(body)}, files={"receipt": ("r.png", PNG, "image/png")}
    )
    assert answer.status_code == 201, answer.text
    expense = answer.json()["expense"]
    assert (expense["expense_receipt_name"], expense["expense_receipt_type"]) == ("r.png", "png")
    path = f"/expenses/{expense['expense_id']}/receipt"
    given = books.zoho.books("GET", path)
    assert (given.content, given.headers["content-type"]) == (PNG, "image/png")
    assert books.call("DELETE", path)["message"] == "The attached expense receipt has been deleted."
    assert books.refused("GET", path)[0] == 404
    attached = books.zoho.books("POST", path, files={"receipt": ("a.pdf", b"%PDF-1.4", "application/pdf")})
    assert attached.json()["message"] == "The expense receipt has been attached."
    wrong = books.zoho.books("POST", path, files={"receipt": ("a.exe", b"MZ", "application/octet-stream")})
    assert wrong.status_code == 400


def test_filters_of_expenses(books: Books) -> None:
    """reference, date range, amount and account name filters; bad filter_by refused."""
    _expense(books, reference_number="A", date="2026-01-01", amount=5)
    _expense(books, reference_number="B", date="2026-02-01", amount=9, account_id=books.account("Lodging"))

    def found(**query: str) -> list[str]:
        return [row["reference_number"] for row in books.call("GET", "/expenses", **query)["expenses"]]

    assert found(reference_number="a") == ["A"]
    assert found(date_start="2026-01-15") == ["B"]
    assert found(amount_less_equals="5") == ["A"]
    assert found(account_name="lodging") == ["B"]
    assert found(filter_by="Status.Nonbillable") == ["B", "A"]
    assert books.refused("GET", "/expenses", filter_by="x")[:2] == (400, 2)
