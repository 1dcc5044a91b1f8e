"""Habits of public programs that read answers with strict models: every key there, every value of one JSON type."""

import pytest

from tests.contract.sandbox.books.conftest import JSON, Books, books

__all__ = ["books"]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(books: Books, path: str, **params: str) -> JSON:
    answer: JSON = books.zoho.books("GET", path, params=params).json()
    return answer


def test_chart_of_accounts_rows_have_numbers_and_booleans(books: Books) -> None:
    """``depth`` is a number and ``is_child_present`` a boolean, although the documents type both as text."""
    for row in _plain(books, "/chartofaccounts")["chartofaccounts"]:
        assert _number(row["depth"])
        assert isinstance(row["is_child_present"], bool)


def test_mileage_of_an_expense_is_a_number(books: Books) -> None:
    """An expense without mileage carries 0, in its detail and in its row, not an empty text."""
    body = {"account_id": books.account("Lodging"), "amount": 5, "date": "2026-06-01"}
    expense_id = books.call("POST", "/expenses", body)["expense"]["expense_id"]
    for record in (_plain(books, f"/expenses/{expense_id}")["expense"], _plain(books, "/expenses")["expenses"][0]):
        assert _number(record["mileage_rate"])
        assert _number(record["distance"])


def test_a_contact_without_tax_has_no_percentage(books: Books) -> None:
    """``tax_percentage`` is a number or absent, so that a model with an optional number reads every contact."""
    contact_id = books.contact()["contact_id"]
    assert "tax_percentage" not in _plain(books, f"/contacts/{contact_id}")["contact"]
    tax = books.call("POST", "/settings/taxes", {"tax_name": "T", "tax_percentage": 5})["tax"]["tax_id"]
    books.call("PUT", f"/contacts/{contact_id}", {"tax_id": tax, "is_taxable": True})
    contact = _plain(books, f"/contacts/{contact_id}")["contact"]
    assert contact["tax_id"] == tax
    assert _number(contact["tax_percentage"])


def test_template_names_stand_beside_template_ids(books: Books) -> None:
    """Wrappers read ``<template>_template_name`` of a contact without asking whether it is there."""
    templates = books.contact()["default_templates"]
    for word in ("invoice", "estimate", "creditnote", "paymentthankyou", "invoice_email", "estimate_email"):
        assert templates[f"{word}_template_name"] == ""


def test_persons_of_an_invoice_are_given_in_full(books: Books) -> None:
    """``contact_persons_details`` holds the persons whose ids ``contact_persons`` holds."""
    contact = books.contact()
    invoice = books.invoice(contact["contact_id"])
    assert [row["contact_person_id"] for row in invoice["contact_persons_details"]] == invoice["contact_persons"]
    assert invoice["contact_persons_details"][0]["email"] == "will@example.com"


def test_lists_of_bank_accounts_name_no_custom_fields(books: Books) -> None:
    """The recorded ``page_context`` of bank accounts has no ``custom_fields``; every other list of records has."""
    assert "custom_fields" not in _plain(books, "/bankaccounts")["page_context"]
    assert _plain(books, "/chartofaccounts")["page_context"]["custom_fields"] == []


@pytest.mark.parametrize("path", ["/chartofaccounts/accounttransactions", "/chartofaccounts/transactions"])
def test_transactions_of_an_account_are_listed(books: Books, path: str) -> None:
    """Connectors read an account's transactions under the documented path or an older one with dotted dates."""
    customer_id = books.contact()["contact_id"]
    for day in ("2026-06-01", "2026-06-05"):
        invoice_id = books.invoice(customer_id, date=day)["invoice_id"]
        books.call("POST", f"/invoices/{invoice_id}/status/sent")
    account_id = books.account("Accounts Receivable")
    answer = _plain(books, path, account_id=account_id)
    assert [row["transaction_date"] for row in answer["transactions"]] == ["2026-06-05", "2026-06-01"]
    row = answer["transactions"][0]
    assert (row["transaction_type"], row["debit_or_credit"], row["debit_amount"]) == ("invoice", "debit", 100)
    assert answer["page_context"]["has_more_page"] is False
    dotted = {"account_id": account_id, "date.start": "2026-06-02", "date.end": "2026-06-30", "per_page": "5000"}
    assert len(_plain(books, path, **dotted)["transactions"]) == 1
    assert books.refused("GET", path) == (400, 4, "Invalid value passed for account_id")


def test_a_payment_link_of_an_invoice_can_be_fetched(books: Books) -> None:
    """``GET /share/paymentlink`` answers with the invoice's public link; its four parameters are needed."""
    invoice = books.invoice(books.contact()["contact_id"])
    wanted = {
        "transaction_id": invoice["invoice_id"], "transaction_type": "invoice", "link_type": "public",
        "expiry_time": "2030-01-01",
    }  # fmt: skip
    assert books.call("GET", "/share/paymentlink", **wanted)["data"] == {"share_link": invoice["invoice_url"]}
    assert books.refused("GET", "/share/paymentlink", transaction_id=invoice["invoice_id"])[:2] == (400, 4)
    assert books.refused("GET", "/share/paymentlink", **{**wanted, "transaction_id": "9" * 18})[:2] == (404, 1002)
