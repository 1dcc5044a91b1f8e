"""The switch ``uniqueness_window_s``: checks of uniqueness that are not atomic."""

import pytest

from tests.contract.sandbox.books.conftest import Books, books

__all__ = ["books"]
OWN = {"ignore_auto_number_generation": "true"}


def _stand(books: Books, window_s: float) -> str:
    books.zoho.control("clock", {"scale": 0})
    customer_id: str = books.contact()["contact_id"]
    books.switch(uniqueness_window_s=window_s)
    return customer_id


def test_one_number_is_given_twice_inside_the_window(books: Books) -> None:
    """Two creates with one invoice number and one unique field both succeed inside the window, a later one does not."""
    body = {
        "customer_id": _stand(books, 2), "line_items": [{"name": "x", "rate": 1}], "invoice_number": "SO-1",
        "custom_fields": [{"api_name": "cf_bookbridge_key", "value": "k"}],
    }  # fmt: skip
    for _ in range(2):
        books.call("POST", "/invoices", body, status=201, **OWN)
    books.zoho.control("clock", {"advance_s": 2})
    assert books.refused("POST", "/invoices", body, **OWN)[:2] == (400, 1001)
    assert len(books.call("GET", "/invoices", invoice_number="SO-1")["invoices"]) == 2


def test_two_upserts_inside_the_window_both_create(books: Books) -> None:
    """An upsert does not find what another one created a moment ago; after the window it updates."""
    customer_id = _stand(books, 2)
    headers = {
        "X-Unique-Identifier-Key": "cf_bookbridge_key", "X-Unique-Identifier-Value": "k", "X-Upsert": "true",
    }  # fmt: skip
    body = {
        "customer_id": customer_id, "line_items": [{"name": "x", "rate": 1}],
        "custom_fields": [{"api_name": "cf_bookbridge_key", "value": "k"}],
    }  # fmt: skip
    statuses = [books.zoho.books("PUT", "/invoices", json=body, headers=headers).status_code for _ in range(2)]
    assert statuses == [201, 201]


@pytest.mark.parametrize("window_s", [0, 0.0])
def test_without_a_window_the_second_create_is_refused(books: Books, window_s: float) -> None:
    """The default is an atomic check, even with a clock that stands still."""
    _stand(books, window_s)
    status, code, _ = books.refused("POST", "/contacts", {"contact_name": "Bowman and Co"})
    assert (status, code) == (400, 3062)
