"""Custom fields, the unique one, and writing by it (FACTS 4.8, 4.9)."""

from typing import Any

import pytest

from tests.contract.sandbox.books.conftest import JSON, Books

KEY = "cf_bookbridge_key"
HEADERS = {"X-Unique-Identifier-Key": KEY}


def _keyed(value: str, name: str = "api_name", key: str = KEY) -> list[JSON]:
    return [{name: key, "value": value}]


def test_fields_are_read_as_rows_and_hash(books: Books) -> None:
    """custom_fields rows and custom_field_hash with its _unformatted twin."""
    invoice = books.invoice(books.contact()["contact_id"], custom_fields=_keyed("order-1"))
    row = invoice["custom_fields"][0]
    assert {"customfield_id", "index", "label", "value", "data_type", "api_name", "placeholder"} <= set(row)
    assert (row["label"], row["value"], row["api_name"]) == ("Bookbridge Key", "order-1", KEY)
    assert invoice["custom_field_hash"] == {KEY: "order-1", f"{KEY}_unformatted": "order-1"}


def test_fields_are_written_by_id_label_or_name(books: Books) -> None:
    """customfield_id, label and api_name work; an unknown label is 120129."""
    customer_id = books.contact()["contact_id"]
    field_id = books.invoice(customer_id, custom_fields=_keyed("a"))["custom_fields"][0]["customfield_id"]
    for value, row in (("b", {"customfield_id": field_id}), ("c", {"label": "Bookbridge Key"}), ("d", {"index": 1})):
        invoice = books.invoice(customer_id, custom_fields=[{**row, "value": value}])
        assert invoice["custom_field_hash"][KEY] == value
    body = {
        "customer_id": customer_id,
        "line_items": [{"name": "x"}],
        "custom_fields": [{"label": "Nope", "value": "1"}],
    }
    assert books.refused("POST", "/invoices", body)[:2] == (400, 120129)


def test_a_unique_field_refuses_doubles_also_of_void_invoices(books: Books) -> None:
    """The value stays taken by a void invoice, and is free after a delete; keeping one's own is no double."""
    customer_id = books.contact()["contact_id"]
    first = books.invoice(customer_id, custom_fields=_keyed("k"))
    path = f"/invoices/{first['invoice_id']}"
    body = {"customer_id": customer_id, "line_items": [{"name": "x"}], "custom_fields": _keyed(" K ")}
    assert books.refused("POST", "/invoices", body)[:2] == (400, 1001)
    books.call("PUT", path, {"custom_fields": _keyed("k")})
    books.call("POST", f"{path}/status/sent")
    books.call("POST", f"{path}/status/void")
    assert books.refused("POST", "/invoices", body)[0] == 400
    books.call("DELETE", path)
    books.call("POST", "/invoices", body, status=201)


def test_lists_filter_by_custom_field(books: Books) -> None:
    """custom_field=, its variants, cf_x= and custom_field_<id>= find the invoice."""
    customer_id = books.contact()["contact_id"]
    books.invoice(customer_id, custom_fields=_keyed("order-1"))
    row = books.invoice(customer_id, custom_fields=_keyed("order-2"))["custom_fields"][0]

    def numbers(**query: str) -> list[str]:
        answer = books.zoho.books("GET", "/invoices", params=query)
        return [row["invoice_number"] for row in answer.json()["invoices"]]

    assert numbers(custom_field="order-2") == ["INV-000002"]
    assert numbers(custom_field="order-3") == []
    assert numbers(custom_field_startswith="order") == ["INV-000002", "INV-000001"]
    assert numbers(cf_bookbridge_key="order-1") == ["INV-000001"]
    assert numbers(**{f"custom_field_{row['customfield_id']}": "order-1"}) == ["INV-000001"]


def test_the_endpoint_that_writes_only_fields(books: Books) -> None:
    """PUT /invoice/{id}/customfields takes a list; singular noun."""
    invoice_id = books.invoice(books.contact()["contact_id"])["invoice_id"]
    answer = books.call("PUT", f"/invoice/{invoice_id}/customfields", _keyed("later"))
    assert answer["message"] == "Custom Fields Updated Successfully"
    invoice = books.call("GET", f"/invoices/{invoice_id}")["invoice"]
    assert invoice["custom_field_hash"][KEY] == "later"


def _bodies(books: Books) -> dict[str, tuple[str, JSON, JSON]]:
    customer_id = books.contact("Customer")["contact_id"]
    line = [{"name": "x", "rate": 1, "account_id": books.account("Sales")}]
    return {
        "/invoices": ("invoice", {"customer_id": customer_id, "line_items": line}, {"reference_number": "r"}),
        "/contacts": ("contact", {"contact_name": "Upserted"}, {"notes": "r"}),
        "/items": ("item", {"name": "Upserted", "rate": 1}, {"description": "r"}),
        "/customerpayments": ("payment", {"customer_id": customer_id, "amount": 5}, {"reference_number": "r"}),
        "/creditnotes": ("creditnote", {"customer_id": customer_id, "line_items": line}, {"reference_number": "r"}),
        "/expenses": ("expense", {"account_id": books.account("Lodging"), "amount": 5}, {"reference_number": "r"}),
    }


@pytest.mark.parametrize("path", ["/invoices", "/contacts", "/items", "/customerpayments", "/creditnotes", "/expenses"])
def test_upsert_by_the_unique_field(books: Books, path: str) -> None:
    """404/1002 when missing without X-Upsert, 201 with it, then 200 and the same record."""
    word, body, change = _bodies(books)[path]
    headers = {**HEADERS, "X-Unique-Identifier-Value": "u-1"}

    def put(payload: JSON, **extra: str) -> Any:
        return books.zoho.books("PUT", path, json=payload, headers={**headers, **extra})

    full = {**body, "custom_fields": _keyed("u-1")}
    missing = put(full)
    assert (missing.status_code, missing.json()["code"]) == (404, 1002)
    made = put(full, **{"X-Upsert": "true"})
    assert made.status_code == 201, made.text
    again = put(change, **{"X-Upsert": "true"})
    assert again.status_code == 200, again.text
    identity = f"{word}_id"
    assert again.json()[word][identity] == made.json()[word][identity]
    name, value = next(iter(change.items()))
    assert again.json()[word][name] == value
