"""A books-keeping view of the sandbox: short calls that check the status and give the JSON body."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.support.sandbox import Zoho

JSON = dict[str, Any]


@dataclass
class Books:
    """Calls of the Books API that fail loudly; numbers arrive as Decimal."""

    zoho: Zoho

    def call(self, method: str, path: str, body: Any = None, *, status: int = 0, **params: str) -> JSON:
        """One call; raises AssertionError when the HTTP status is not ``status`` (default: 200 or 201)."""
        options: JSON = {"params": params, "headers": {}}
        if body is not None:
            options["json"] = body
        answer = self.zoho.books(method, path, **options)
        wanted = (status,) if status else (200, 201)
        assert answer.status_code in wanted, f"{answer.status_code}: {answer.text}"
        return answer.json(parse_float=Decimal) if answer.content else {}

    def refused(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, int, str]:
        """A call that must be refused: HTTP status, code and message."""
        answer = self.zoho.books(method, path, params=params, **({} if body is None else {"json": body}))
        payload = answer.json()
        assert payload["code"] != 0, payload
        return answer.status_code, payload["code"], payload["message"]

    def contact(self, name: str = "Bowman and Co", **fields: Any) -> JSON:
        """A new customer with one contact person."""
        persons = [{"first_name": "Will", "last_name": "Smith", "email": "will@example.com"}]
        body = {"contact_name": name, "contact_persons": persons, **fields}
        contact: JSON = self.call("POST", "/contacts", body, status=201)["contact"]
        return contact

    def invoice(self, customer_id: str, rate: str = "100", **fields: Any) -> JSON:
        """A new invoice of one line."""
        body = {"customer_id": customer_id, "line_items": [{"name": "Hammer", "rate": rate}], **fields}
        invoice: JSON = self.call("POST", "/invoices", body, status=201)["invoice"]
        return invoice

    def account(self, name: str) -> str:
        """The id of an account of the chart."""
        found: str = self.call("GET", "/chartofaccounts", account_name=name)["chartofaccounts"][0]["account_id"]
        return found

    def switch(self, **values: Any) -> None:
        """Change the sandbox's switches."""
        self.zoho.control("switches", values)


@pytest.fixture
def books(zoho: Zoho) -> Iterator[Books]:
    """The Books API of a fresh sandbox with the limits lifted, in the organization in US dollars."""
    zoho.control("switches", {"limits": "off"})
    yield Books(zoho)


@pytest.fixture
def uk(books: Books) -> Books:
    """The same sandbox's organization in pounds sterling, which has value added tax."""
    books.zoho.organization_id = str(int(books.zoho.organization_id) + 1)
    return books
