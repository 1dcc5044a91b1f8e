"""Expenses and their receipts (FACTS 5.6). The currency follows the account that paid, unless it is given."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from bookbridge.zoho.filters import amounts, dates, texts
from bookbridge.zoho.protocol import FilePart, Request
from bookbridge.zoho.records import CustomFields, Record
from bookbridge.zoho.resource import Body, Draft, Writable, body_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """A picture or document; Zoho takes gif, png, jpeg, jpg, bmp, pdf, xls, xlsx, doc and docx."""

    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"

    def part(self) -> FilePart:
        """The receipt as a part of a form."""
        return FilePart(name="receipt", filename=self.filename, content=self.content, content_type=self.content_type)


class ExpenseLine(Record, frozen=True, kw_only=True):
    """A line of an expense; plain expenses have exactly one."""

    line_item_id: str = ""
    account_id: str = ""
    account_name: str = ""
    description: str = ""
    amount: Decimal | None = None
    item_total: Decimal | None = None
    tax_id: str = ""


class Expense(CustomFields, frozen=True, kw_only=True):
    """An expense; rows of a list name the account but not its id."""

    expense_id: str
    date: dt.date | None = None
    account_id: str = ""
    account_name: str = ""
    paid_through_account_id: str = ""
    paid_through_account_name: str = ""
    amount: Decimal | None = None
    sub_total: Decimal | None = None
    tax_amount: Decimal | None = None
    total: Decimal | None = None
    bcy_total: Decimal | None = None
    currency_id: str = ""
    currency_code: str = ""
    exchange_rate: Decimal | None = None
    tax_id: str = ""
    is_inclusive_tax: bool = False
    is_billable: bool = False
    status: str = ""
    reference_number: str = ""
    description: str = ""
    customer_id: str = ""
    customer_name: str = ""
    vendor_id: str = ""
    vendor_name: str = ""
    expense_receipt_name: str = ""
    line_items: list[ExpenseLine] = []
    created_time: dt.datetime | None = None
    last_modified_time: dt.datetime | None = None


class ExpenseDraft(Draft, frozen=True, kw_only=True):
    """An expense to be recorded."""

    account_id: str
    date: dt.date
    amount: Decimal
    paid_through_account_id: str
    currency_id: str = ""
    exchange_rate: Decimal | None = None
    tax_id: str = ""
    is_inclusive_tax: bool | None = None
    is_billable: bool | None = None
    reference_number: str = ""
    description: str = ""
    customer_id: str = ""
    vendor_id: str = ""
    project_id: str = ""
    custom_fields: list[dict[str, Any]] = []


class ExpensePatch(TypedDict, total=False):
    """The fields of an expense to change."""

    account_id: str
    date: dt.date
    amount: Decimal
    paid_through_account_id: str
    exchange_rate: Decimal
    tax_id: str
    reference_number: str
    description: str
    vendor_id: str
    customer_id: str
    custom_fields: list[dict[str, Any]]


class Expenses(Writable[Expense]):
    """The expenses of an organization."""

    PATH, ONE, MANY, ID = "/expenses", "expense", "expenses", "expense_id"
    KIND = Expense
    FILTERS = (
        texts("description", "reference_number", "account_name", "customer_name", "vendor_name")
        | dates("date")
        | amounts("amount")
        | {"status", "customer_id", "vendor_id", "recurring_expense_id", "paid_through_account_id", "project_id"}
        | {"search_text"}
    )

    def create(self, draft: Body, /, *, receipt: Receipt | None = None) -> Expense:
        """A new expense, with its receipt in the same call.

        Raises:
            OutcomeUnknownError: it may exist now; look for its reference before recording it again.
        """
        return self.read(self._send(self.create_request(draft, receipt=receipt)))

    def create_request(self, draft: Body, /, *, receipt: Receipt | None = None) -> Request:
        """The request that records an expense."""
        files = () if receipt is None else (receipt.part(),)
        return Request(method="POST", path=self.PATH, json=body_of(draft), files=files)

    def attach_receipt(self, expense_id: str, receipt: Receipt, /) -> None:
        """Attach a receipt, replacing one that is there; doing so twice does no harm."""
        path = self._path(expense_id, "receipt")
        self._send(Request(method="POST", path=path, files=(receipt.part(),), idempotent=True))

    def receipt(self, expense_id: str, /) -> bytes:
        """The bytes of the receipt.

        Raises:
            RecordNotFoundError: there is none.
        """
        return self._send(Request(method="GET", path=self._path(expense_id, "receipt"), accept="bytes")).content

    def delete_receipt(self, expense_id: str, /) -> None:
        """Take the receipt away."""
        self._send(Request(method="DELETE", path=self._path(expense_id, "receipt")))
