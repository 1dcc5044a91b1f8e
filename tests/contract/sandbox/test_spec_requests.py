"""Requests Zoho's OpenAPI documents allow: parameters of lists with every documented value, and example bodies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bookbridge.sandbox.books import ROUTES
from tests.contract.sandbox.books.conftest import JSON, Books, books
from tests.contract.sandbox.spec_documents import answered, example_body, operations, parameters, shape, with_documents

__all__ = ["books"]
pytestmark = with_documents

LISTS = ("/contacts", "/items", "/invoices", "/customerpayments", "/expenses", "/creditnotes", "/chartofaccounts",
         "/bankaccounts", "/users", "/settings/taxes", "/settings/currencies", "/bills", "/vendorpayments")  # fmt: skip
WIRE_KEYS = {
    ("GET", "/customerpayments"): {"customer_payments": "customerpayments on the wire (FACTS 5.21)"},
    ("GET", "/chartofaccounts/{}"): {"*": "wrapped in chart_of_account on the wire (FACTS 5.7)"},
    ("GET", "/organizations/{}"): {"*": "the documents put two answers under one path"},
}


def _values(schema: dict[str, Any]) -> list[str]:
    """The documented values, without patterns such as that of custom fields."""
    return [str(value) for value in schema.get("enum", []) if "(" not in str(value)]


@pytest.mark.parametrize("path", LISTS)
def test_documented_values_of_list_parameters_are_accepted(books: Books, path: str) -> None:
    """Every documented value of ``filter_by``, ``status`` and ``sort_column`` is taken, both orders too."""
    documented = parameters("GET", path)
    for name in ("filter_by", "status", "sort_column", "sort_order"):
        for value in _values(documented.get(name, {}).get("schema", {})):
            answer = books.zoho.books("GET", path, params={name: value})
            assert answer.status_code == 200, f"{name}={value}: {answer.text}"


@pytest.mark.parametrize("path", LISTS)
def test_documented_sort_columns_are_in_force(books: Books, path: str) -> None:
    """A documented ``sort_column`` comes back in ``page_context``; an unknown one would fall back silently."""
    books.contact()
    for value in _values(parameters("GET", path).get("sort_column", {}).get("schema", {})):
        context = books.call("GET", path, sort_column=value).get("page_context", {})
        assert context.get("sort_column", value) == value


def _members(books: Books, path: str) -> set[str]:
    return set(books.call("GET", path)) - {"code", "message", "page_context"}


@pytest.mark.parametrize("path", LISTS)
def test_lists_answer_under_the_documented_key(books: Books, path: str) -> None:
    """The member that holds the rows has the documented name, except where the wire differs."""
    known = WIRE_KEYS.get(("GET", path), {})
    wanted = set(answered("GET", path)) - {"code", "message", "page_context"} - set(known)
    assert wanted <= _members(books, path)


def test_documented_messages_of_routes_exist() -> None:
    """Each implemented, documented operation has an answer with ``code`` and ``message`` in the documents."""
    documented = operations()
    bare = []
    for route in ROUTES:
        if (route.method, shape(route.path)) not in documented:
            continue
        members = answered(route.method, route.path)
        if members and not {"code", "message"} <= set(members):
            bare.append(f"{route.method} {route.path}")
    assert bare == []


@dataclass
class Example:
    """A documented request: ids of its body by key, keys left out and the query, each with its reason in a comment."""

    path: str
    ids: Callable[[Books], JSON]
    left_out: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)


def _ids(books: Books) -> JSON:
    contact = books.contact("The customer", opening_balances=[])
    tax = books.call("POST", "/settings/taxes", {"tax_name": "A tax", "tax_percentage": 5})["tax"]["tax_id"]
    currencies = books.call("GET", "/settings/currencies")["currencies"]
    item = books.call("POST", "/items", {"name": "An item", "rate": 5})["item"]["item_id"]
    person = contact["contact_persons"][0]["contact_person_id"]
    return {
        "customer_id": contact["contact_id"],
        "contact_person_id": person,
        "contact_persons": [person],
        "currency_id": next(row["currency_id"] for row in currencies if row["is_base_currency"]),
        "tax_id": tax,
        "item_id": item,
        "invoice_id": books.invoice(contact["contact_id"], rate="1000")["invoice_id"],
        "account_id": books.account("Sales"),
        "billing_address_id": contact["billing_address"]["address_id"],
        "shipping_address_id": contact["shipping_address"]["address_id"],
    }


def _contact_ids(books: Books) -> JSON:
    """A contact brings its persons itself."""
    ids = _ids(books)
    return {name: ids[name] for name in ("currency_id", "tax_id")}


def _other_currency(_books: Books) -> JSON:
    """The example's currency is already there, which is refused; another one stands for it."""
    return {"currency_code": "NZD"}


def _expense_ids(books: Books) -> JSON:
    accounts = {"account_id": books.account("Lodging"), "paid_through_account_id": books.account("Petty Cash")}
    return {**_ids(books), **accounts}


def _account_ids(books: Books) -> JSON:
    return {**_ids(books), "parent_account_id": ""}


def _filled(value: Any, ids: JSON, left_out: tuple[str, ...]) -> Any:
    """A documented example with real ids; ids nobody has here, and blanks the documents use for nothing, go."""
    if isinstance(value, list):
        return [_filled(one, ids, left_out) for one in value]
    if not isinstance(value, dict):
        return value
    filled = {}
    for name, part in value.items():
        if name in ids:
            filled[name] = ids[name]
        elif name not in left_out and not name.endswith(("_id", "_ids")) and part not in (None, " "):
            filled[name] = _filled(part, ids, left_out)
    return filled


# left out: objects the organization of the example has and ours has not (tags, locations, custom fields); the line
# item id of a line that does not exist yet; addresses by id only (code 15, FACTS 10 no. 12).
COMMON = ("tags", "locations", "custom_fields", "line_item_id")
OWN_NUMBER = {"ignore_auto_number_generation": "true"}
EXAMPLES = {
    "contact": Example("/contacts", _contact_ids, ("tags", "custom_fields")),
    "item": Example("/items", _ids, COMMON),
    "invoice": Example("/invoices", _ids, COMMON, OWN_NUMBER),
    "credit note": Example("/creditnotes", _ids, COMMON, OWN_NUMBER),
    "payment": Example("/customerpayments", _ids, COMMON),
    "expense": Example("/expenses", _expense_ids, COMMON),
    "account": Example("/chartofaccounts", _account_ids, COMMON),
    "currency": Example("/settings/currencies", _other_currency),
    "tax": Example("/settings/taxes", _ids),
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_documented_example_is_accepted(books: Books, name: str) -> None:
    """Zoho's own example of a create works once its ids are ids of this organization."""
    example = EXAMPLES[name]
    ids = example.ids(books)
    body = _filled(example_body("POST", example.path), ids, example.left_out)
    answer = books.zoho.books("POST", example.path, json=_jsonable(body), params=example.query)
    assert answer.status_code in (200, 201), f"{answer.text}\n{body}"


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_jsonable(part) for part in value]
    return value if isinstance(value, int | float | bool | str | None) else str(value)
