"""What strangers and broken programs send is refused with a reason: never an internal error, never a stuck order."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.web.test_hooks import Sender
from tests.support.web import BASE, Site

ORDER = '{"order_id": "1", "customerEmail": "a@b.example", "items": [{"name": "Tea", "price": 1}]}'
INVOICE = '{"customer_id": "1", "line_items": [{"name": "Tea", "rate": 1}]}'
EXPENSE = '{"amount": 1, "currency": "USD", "category": "Tea", "date": "2026-01-31", "description": "x"}'
CONTACT = '{"email": "a@b.example", "name": "Ann"}'


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    """The headers of a key that may do everything."""
    site.connect()
    return site.key()


def _bodies() -> Iterator[tuple[str, str]]:
    """(path, body) with something hostile in a place that is usually harmless."""
    for number in ("1e99999999999999999999999", "1e999999999", "1e-999999999", "1" * 5000, "NaN", "1e400", '"1"'):
        yield "/api/invoices/from-order", ORDER.replace('"price": 1', f'"price": {number}')
        yield "/api/invoices/from-order", ORDER[:-1] + f', "discount": {number}}}'
        yield "/api/expenses", EXPENSE.replace('"amount": 1', f'"amount": {number}')
    for number in ("1e99999999999999999999999", "1e999999999", "1e-999999999", "1" * 5000):
        yield "/api/invoices", INVOICE.replace('"rate": 1', f'"rate": {number}')
        yield "/api/invoices", INVOICE[:-1] + f', "anything": [{number}]}}'
        yield "/api/invoices/1/email", f'{{"x": {number}}}'
    for path, body in (
        ("/api/invoices/from-order", ORDER),
        ("/api/invoices", INVOICE),
        ("/api/expenses", EXPENSE),
        ("/api/contacts/find-or-create", CONTACT),
    ):
        for text in ("\\ud800", "\\u0000"):
            yield path, body[:-1] + f', "notes": "{text}"}}'
            yield path, body[:-1] + f', "{text}": 1, "{text}": 2}}'
        yield path, "[" * 100_000
        yield path, body[:-1] + ', "x": 1, "x": 2}'
        for other in ("[]", "1", "null", '"x"', "{", ""):
            yield path, other
    for day in ("0001-01-01", "9999-12-31"):
        yield "/api/expenses", EXPENSE.replace("2026-01-31", day)
        yield "/api/invoices/from-order", ORDER[:-1] + f', "ordered_at": "{day}T00:00:00+14:00"}}'
        yield "/api/invoices/from-order", ORDER[:-1] + f', "ordered_at": "{day}T23:59:59-14:00"}}'
    yield "/api/invoices/from-order", ORDER.replace("a@b.example", "a@b.example\\r\\nBcc: c@d.example")
    yield "/api/invoices/from-order", ORDER.replace("a@b.example", "a\\u0001@b.example")
    lines = ", ".join(['{"name": "Tea", "rate": 1}'] * 1001)
    yield "/api/invoices", f'{{"customer_id": "1", "line_items": [{lines}]}}'


def test_a_hostile_body_is_the_senders_mistake(site: Site, key: dict[str, str]) -> None:
    """Numbers, texts, dates and shapes nobody means: 400 with a sentence, and nothing is stored."""
    for path, body in _bodies():
        answer = site.client.post(path, content=body.encode(), headers=key)
        assert (answer.status_code, answer.json()["status"]) == (400, 400), (path, body[:100], answer.text)
    assert site.client.get("/api/orders", headers=key).json()["orders"] == []


@pytest.mark.parametrize(
    "address",
    [
        "/api/orders?page=99999999999999999999",
        "/api/orders?page=9223372036854775807&per_page=200",
        "/api/orders?page=-1",
        f"/api/orders?search_text={'x' * 40_000}",
        "/api/orders?search_text=%00",
        "/api/orders/%00",
        f"/api/contacts?page={'9' * 5000}",
        f"/api/expenses?page=1{'0' * 4400}",
        "/api/invoices/%C2%B2",
        "/api/invoices/%D9%A3/pdf",
        "/api/contacts/%252e%252e%252finvoices",
        "/api/contacts/..%5c1",
        "/api/expenses/eff_nothing",
        "/static/%00",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/oauth/callback?state=%00&code=x",
        "/login?token=%00",
    ],
)
def test_a_hostile_address_is_the_senders_mistake(site: Site, key: dict[str, str], address: str) -> None:
    """Addresses that would overflow, leave their folder or reach another record of Zoho."""
    answer = site.client.get(address, headers=key)
    assert answer.status_code in (400, 404), answer.text


@pytest.mark.parametrize("wait", ["nan", "inf", "1e400", "-1", "61", "x"])
def test_nobody_can_wait_for_ever(site: Site, key: dict[str, str], wait: str) -> None:
    """The time to wait is a number from 0 to 60."""
    answer = site.client.post(f"/api/invoices/from-order?wait={wait}", content=ORDER, headers=key)
    assert answer.status_code == 400


def test_a_signed_event_may_be_hostile_too(site: Site) -> None:
    """A shop that was broken into cannot hurt more than its own orders."""
    site.connect()
    sender = Sender(site)
    for body in (ORDER.replace("Tea", "\\u0000"), ORDER.replace('"price": 1', '"price": 1e999999999'), "[" * 9999):
        raw = b'{"type": "order.created", "data": ' + body.encode() + b"}"
        assert sender.send(raw).status_code == 400


@pytest.mark.parametrize("origin", ["http://[::1", "http://[", "null", "\xff", "//127.0.0.1:3000.evil.example", ""])
def test_an_origin_that_is_no_address_is_foreign(site: Site, origin: str) -> None:
    """Whatever cannot be read as our own origin is another site's."""
    answer = site.client.post("/login", data={"token": site.link()}, headers={b"Origin": origin.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


def test_an_escaped_key_in_the_address_is_seen(site: Site) -> None:
    """Writing the underscores of a key as %5F does not hide it."""
    text = site.key()["Authorization"][7:].replace("_", "%5F")
    assert site.client.get(f"/api/orders?x={text}").json()["code"] == "key_in_query"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_forms_are_limited_without_the_frameworks_help(site: Site, content_type: str) -> None:
    """Ten thousand fields, one huge field, or a multipart text that never ends are refused (SEC-072)."""
    csrf = site.log_in()
    headers = {"Origin": BASE, "X-CSRF-Token": csrf, "Content-Type": content_type}
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    for content in (b"a=1&" * 10_000, b"a=" + b"x" * 100_000, part + b"x" * 100_000):
        answer = site.client.post("/orders/ord_x/discard", content=content, headers=headers, follow_redirects=False)
        assert answer.status_code in (400, 404), answer.text


def test_an_order_may_be_as_large_as_the_books(site: Site, key: dict[str, Any]) -> None:
    """The widest amounts that can be invoiced are accepted; waiting for nothing, the order is stored."""
    body = json.loads(ORDER) | {"items": [{"name": "Tea", "price": 12345678901234567}]}
    answer = site.client.post("/api/invoices/from-order?wait=0", content=json.dumps(body), headers=key)
    assert answer.status_code == 202
