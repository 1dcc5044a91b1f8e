"""One record of each main resource, and where Zoho's documents and its recorded answers part (FACTS 5.21)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.sandbox.books.conftest import JSON, Books


@dataclass(frozen=True)
class Sample:
    """How to get a record, what documents it, and which fields are excepted (field: reason)."""

    method: str
    path: str
    spec_key: str
    make: Callable[[Books], JSON]
    exceptions: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


def _plain(books: Books, method: str, path: str, body: Any = None) -> JSON:
    """A call whose numbers stay int and float."""
    options: JSON = {} if body is None else {"json": body}
    answer = books.zoho.books(method, path, **options)
    assert answer.status_code in (200, 201), answer.text
    payload: JSON = answer.json()
    return payload


def _customer(books: Books) -> str:
    contact_id: str = books.contact()["contact_id"]
    return contact_id


def _invoice(books: Books) -> str:
    invoice_id: str = books.invoice(_customer(books))["invoice_id"]
    return invoice_id


def _payment(books: Books) -> str:
    customer_id = _customer(books)
    rows = [{"invoice_id": books.invoice(customer_id)["invoice_id"], "amount_applied": 10}]
    body = {"customer_id": customer_id, "amount": 20, "invoices": rows}
    payment_id: str = books.call("POST", "/customerpayments", body)["payment"]["payment_id"]
    return payment_id


def _expense(books: Books) -> str:
    body = {"account_id": books.account("Lodging"), "amount": 5, "date": "2026-06-01"}
    expense_id: str = books.call("POST", "/expenses", body)["expense"]["expense_id"]
    return expense_id


def _item(books: Books) -> str:
    item_id: str = books.call("POST", "/items", {"name": "Chair", "rate": 5})["item"]["item_id"]
    return item_id


def _note(books: Books) -> str:
    body = {"customer_id": _customer(books), "line_items": [{"name": "x", "rate": 5}]}
    note_id: str = books.call("POST", "/creditnotes", body)["creditnote"]["creditnote_id"]
    return note_id


def _tax(books: Books) -> str:
    tax_id: str = books.call("POST", "/settings/taxes", {"tax_name": "T", "tax_percentage": 5})["tax"]["tax_id"]
    return tax_id


def _detail(path: str, key: str, make: Callable[[Books], str]) -> Callable[[Books], JSON]:
    def get(books: Books) -> JSON:
        record: JSON = _plain(books, "GET", f"{path}/{make(books)}")[key]
        return record

    return get


def _row(path: str, key: str, make: Callable[[Books], str]) -> Callable[[Books], JSON]:
    def get(books: Books) -> JSON:
        make(books)
        row: JSON = _plain(books, "GET", path)[key][0]
        return row

    return get


def _nothing(_books: Books) -> str:
    return ""


def _organization(books: Books) -> JSON:
    record: JSON = _plain(books, "GET", f"/organizations/{books.zoho.organization_id}")["organization"]
    return record


def _first(make: Callable[[Books], JSON], name: str) -> Callable[[Books], JSON]:
    def get(books: Books) -> JSON:
        part = make(books)[name]
        record: JSON = part[0] if isinstance(part, list) else part
        return record

    return get


NUMBER = "typed as text in the documents, a number on the wire (FACTS 5.21)"
MONTH = "text on the wire (FACTS 5.1)"
PERCENT = "typed as text in the documents; every other percentage is a number"
ON_REQUEST = "only with showbalance=true (FACTS 5.7)"
WITH_TAX = "only on a contact with a tax; absent from the recorded answers"
COUNTED = "typed as text in the documents, a number and a boolean on the wire"
LIST_OF_LINES = "line_items on the wire (FACTS 5.6)"

CONTACT = _detail("/contacts", "contact", _customer)
INVOICE = _detail("/invoices", "invoice", _invoice)
PAYMENT = _detail("/customerpayments", "payment", _payment)

SAMPLES: dict[str, Sample] = {
    "organization row": Sample("GET", "/organizations", "organizations",
                               _row("/organizations", "organizations", _nothing),
                               types={"fiscal_year_start_month": MONTH}),
    "organization": Sample("GET", "/organizations/{id}", "organization", _organization,
                           types={"fiscal_year_start_month": MONTH}),
    "contact row": Sample("GET", "/contacts", "contacts", _row("/contacts", "contacts", _customer)),
    "contact": Sample("GET", "/contacts/{id}", "contact", CONTACT, exceptions={"tax_percentage": WITH_TAX}),
    "contact person": Sample("GET", "/contacts/{id}", "contact.contact_persons", _first(CONTACT, "contact_persons")),
    "contact address": Sample("GET", "/contacts/{id}", "contact.billing_address", _first(CONTACT, "billing_address")),
    "contact templates": Sample("GET", "/contacts/{id}", "contact.default_templates",
                                _first(CONTACT, "default_templates")),
    "item row": Sample("GET", "/items", "items", _row("/items", "items", _item),
                       types={"tax_percentage": PERCENT}),
    "item": Sample("GET", "/items/{id}", "item", _detail("/items", "item", _item),
                   types={"tax_percentage": PERCENT}),
    "invoice row": Sample("GET", "/invoices", "invoices", _row("/invoices", "invoices", _invoice),
                          types={"total": NUMBER, "balance": NUMBER, "shipping_charge": NUMBER}),
    "invoice": Sample("GET", "/invoices/{id}", "invoice", INVOICE,
                      types={"total": NUMBER, "balance": NUMBER, "shipping_charge": NUMBER}),
    "invoice line": Sample("GET", "/invoices/{id}", "invoice.line_items", _first(INVOICE, "line_items")),
    "invoice address": Sample("GET", "/invoices/{id}", "invoice.billing_address", _first(INVOICE, "billing_address")),
    "payment row": Sample("GET", "/customerpayments", "customer_payments",
                          _row("/customerpayments", "customerpayments", _payment), types={"bcy_amount": NUMBER}),
    "payment": Sample("GET", "/customerpayments/{id}", "payment", PAYMENT),
    "payment's invoice": Sample("GET", "/customerpayments/{id}", "payment.invoices", _first(PAYMENT, "invoices")),
    "expense row": Sample("GET", "/expenses", "expenses", _row("/expenses", "expenses", _expense)),
    "expense": Sample("GET", "/expenses/{id}", "expense", _detail("/expenses", "expense", _expense),
                      exceptions={"line_item": LIST_OF_LINES}),
    "expense line": Sample("GET", "/expenses/{id}", "expense.line_item",
                           _first(_detail("/expenses", "expense", _expense), "line_items"),
                           types={"item_total": NUMBER, "item_order": NUMBER}),
    "credit note": Sample("GET", "/creditnotes/{id}", "creditnote", _detail("/creditnotes", "creditnote", _note)),
    "credit note row": Sample("GET", "/creditnotes", "creditnotes", _row("/creditnotes", "creditnotes", _note)),
    "account row": Sample("GET", "/chartofaccounts", "chartofaccounts",
                          _row("/chartofaccounts", "chartofaccounts", _nothing),
                          exceptions={"current_balance": ON_REQUEST},
                          types={"depth": COUNTED, "is_child_present": COUNTED}),
    "bank account row": Sample("GET", "/bankaccounts", "bankaccounts", _row("/bankaccounts", "bankaccounts", _nothing)),
    "currency row": Sample("GET", "/settings/currencies", "currencies",
                           _row("/settings/currencies", "currencies", _nothing)),
    "tax row": Sample("GET", "/settings/taxes", "taxes", _row("/settings/taxes", "taxes", _tax)),
    "user row": Sample("GET", "/users", "users", _row("/users", "users", _nothing)),
}  # fmt: skip
