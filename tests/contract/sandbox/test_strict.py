"""Strict mode refuses what documents do not allow, in words, and writes it into the request log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbridge.sandbox.launch import SandboxServer
from bookbridge.sandbox.sandbox import Options
from tests.contract.sandbox.books.conftest import JSON, Books
from tests.contract.sandbox.spec_documents import SPEC_DIR, with_documents
from tests.support.sandbox import Zoho, running_sandbox

DOCUMENT = """
paths:
  /contacts:
    get:
      parameters:
        - {$ref: '#/components/parameters/name'}
        - {name: custom_field, in: query}
    post:
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/contact'}
  /contacts/{contact_id}:
    get: {}
components:
  parameters:
    name: {name: contact_name, in: query, description: 'Variants: <code>contact_name_contains</code>'}
  schemas:
    contact:
      properties:
        contact_name: {type: string}
        tags: {type: array}
        custom_fields: {type: array, items: {properties: {index: {type: integer}}}}
        contact_persons:
          type: array
          items: {properties: {email: {type: string}}}
"""


@pytest.fixture(scope="module")
def strict_zoho(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoho]:
    """A sandbox that is strict about a small document of our own."""
    directory = tmp_path_factory.mktemp("documents")
    (directory / "contacts.yml").write_text(DOCUMENT)
    with running_sandbox(strict=str(directory), limits="off") as server:
        client = Zoho(server)
        yield client
        client.close()


@pytest.mark.parametrize(
    ("method", "path", "params", "body", "reason"),
    [
        ("GET", "/contacts", {"contact_nam": "x"}, None, "no query parameter contact_nam"),
        ("GET", "/contacts", {"contact_name_startswith": "x"}, None, "no query parameter contact_name_startswith"),
        ("POST", "/contacts", {}, {"contact_name": "A", "nickname": "B"}, "no member nickname"),
        ("POST", "/contacts", {}, {"contact_name": "A", "contact_persons": [{"mail": "x"}]}, "contact_persons.mail"),
        ("GET", "/invoices", {}, None, "no GET /invoices"),
        ("PUT", "/contacts/1", {}, {"contact_name": "A"}, "no PUT /contacts/{contact_id}"),
    ],
)
def test_what_the_documents_do_not_allow_is_refused_and_logged(
    strict_zoho: Zoho, method: str, path: str, params: dict[str, str], body: JSON | None, reason: str
) -> None:
    """A path, a parameter, a member at any depth; the answer and the log say which; nothing is stored."""
    before = strict_zoho.control("commits")
    answer = strict_zoho.books(method, path, params=params, json=body)
    assert answer.status_code == 400
    message = answer.json()["message"]
    assert message.startswith("Strict mode:")
    assert reason in message
    assert strict_zoho.control("requests")[-1]["error"] == message
    assert strict_zoho.control("commits") == before


def test_what_the_documents_allow_is_answered(strict_zoho: Zoho) -> None:
    """Documented parameters, their variants, paging, order, custom fields by any of their names, nested members."""
    params = {
        "contact_name": "A",
        "contact_name_contains": "b",
        "sort_order": "A",
        "page": "1",
        "cf_region": "x",
        "custom_field": "y",
    }
    assert strict_zoho.books("GET", "/contacts", params=params).status_code == 200
    body: JSON = {"contact_name": "Ann", "contact_persons": [{"email": "ann@example.com"}], "tags": [{"tag_id": "1"}]}
    body["custom_fields"] = [{"api_name": "cf_bookbridge_key", "value": "k"}]
    strict_zoho.control("reset", {})
    strict_zoho.control("switches", {"limits": "off"})
    assert strict_zoho.books("POST", "/contacts", json=body).status_code == 201


def test_a_directory_without_documents_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Strictness that checks nothing would be worse than none."""
    with pytest.raises(ValueError, match="OpenAPI documents"):
        SandboxServer(options=Options(strict=str(tmp_path)))


@with_documents
def test_zohos_own_documents_allow_what_programs_send() -> None:
    """Ordinary calls of this project's client pass, a misspelt filter and an invented member do not."""
    with running_sandbox(strict=SPEC_DIR, limits="off") as server:
        zoho = Zoho(server)
        books = Books(zoho)
        contact = books.contact()["contact_id"]
        invoice = books.invoice(contact, reference_number="PO 1")
        books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
        rows = [{"invoice_id": invoice["invoice_id"], "amount_applied": 5}]
        paid = {"customer_id": contact, "amount": 5, "date": "2026-01-01", "payment_mode": "cash", "invoices": rows}
        books.call("POST", "/customerpayments", paid)
        books.call("GET", "/invoices", last_modified_time="2026-01-01T00:00:00+0000", date_start="2026-01-01",
                   response_option="3", sort_column="created_time")  # fmt: skip
        assert "misspelt" in books.refused("GET", "/invoices", None, misspelt="1")[2]
        assert "colour" in books.refused("POST", "/contacts", {"contact_name": "B", "colour": "red"})[2]
        assert "reports" in books.refused("GET", "/reports/profitandloss")[2]
        zoho.close()
