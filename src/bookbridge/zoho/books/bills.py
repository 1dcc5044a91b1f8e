"""Bills of vendors (FACTS 5.16). Amounts are in the bill's currency."""

import datetime as dt
from decimal import Decimal
from typing import Any, Literal, TypedDict

from bookbridge.zoho.books.invoices import InvoiceLine
from bookbridge.zoho.filters import dates, texts
from bookbridge.zoho.protocol import Request, path_id
from bookbridge.zoho.records import CustomFields, Record
from bookbridge.zoho.resource import Draft, Writable

Action = Literal["void", "open"]


class BillPayment(Record, frozen=True, kw_only=True):
    """A payment to the vendor that settled a part of a bill."""

    payment_id: str = ""
    bill_payment_id: str = ""
    payment_mode: str = ""
    reference_number: str = ""
    date: dt.date | None = None
    amount: Decimal | None = None


class Bill(CustomFields, frozen=True, kw_only=True):
    """A bill; lines only in details. ``status`` is one of draft, open, overdue, partially_paid, paid, void."""

    bill_id: str
    bill_number: str = ""
    reference_number: str = ""
    status: str = ""
    vendor_id: str = ""
    vendor_name: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    payment_terms: int | None = None
    currency_id: str = ""
    currency_code: str = ""
    exchange_rate: Decimal | None = None
    price_precision: int | None = None
    total: Decimal | None = None
    balance: Decimal | None = None
    sub_total: Decimal | None = None
    tax_total: Decimal | None = None
    line_items: list[InvoiceLine] = []
    notes: str = ""
    terms: str = ""
    created_time: dt.datetime | None = None
    last_modified_time: dt.datetime | None = None


class BillLineDraft(Draft, frozen=True, kw_only=True):
    """A line to be created; it needs an account, or an item that has one."""

    account_id: str = ""
    item_id: str = ""
    name: str = ""
    description: str = ""
    rate: Decimal | None = None
    quantity: Decimal | int | None = None
    unit: str = ""
    tax_id: str = ""
    line_item_id: str = ""


class BillDraft(Draft, frozen=True, kw_only=True):
    """A bill to be created; ``bill_number`` is the vendor's, and Zoho takes it once for each vendor."""

    vendor_id: str
    bill_number: str
    line_items: list[BillLineDraft | dict[str, Any]]
    reference_number: str = ""
    date: dt.date | None = None
    due_date: dt.date | None = None
    payment_terms: int | None = None
    currency_id: str = ""
    exchange_rate: Decimal | None = None
    custom_fields: list[dict[str, Any]] = []
    notes: str = ""
    terms: str = ""


class BillPatch(TypedDict, total=False):
    """The fields of a bill to change; ``line_items`` replaces all lines."""

    bill_number: str
    line_items: list[dict[str, Any]]
    reference_number: str
    date: dt.date
    due_date: dt.date
    custom_fields: list[dict[str, Any]]
    notes: str
    terms: str


class Bills(Writable[Bill]):
    """The bills of an organization."""

    PATH, ONE, MANY, ID = "/bills", "bill", "bills", "bill_id"
    KIND = Bill
    FILTERS = (
        texts("bill_number", "reference_number", "description", "vendor_name")
        | dates("date", "due_date")
        | {"created_date_start", "created_date_end", "status", "vendor_id", "customer_id", "project_id", "item_id"}
        | {"recurring_bill_id", "purchaseorder_id", "total", "last_modified_time", "search_text", "location_ids"}
    )

    def payments(self, bill_id: str, /) -> list[BillPayment]:
        """The payments that settled it."""
        return self._send(Request(method="GET", path=self._path(bill_id, "payments"))).records("payments", BillPayment)

    def delete_payment(self, bill_id: str, bill_payment_id: str, /) -> None:
        """Take one payment off it; its balance grows again."""
        path = self._path(bill_id, "payments", path_id(bill_payment_id, name="bill_payment_id"))
        self._send(Request(method="DELETE", path=path))

    def void(self, bill_id: str, /) -> None:
        """Make it void."""
        self._send(self.action_request(bill_id, "void"))

    def open(self, bill_id: str, /) -> None:
        """Open a void or draft bill."""
        self._send(self.action_request(bill_id, "open"))

    def action_request(self, bill_id: str, action: Action, /) -> Request:
        """The request that sets a state; setting it twice does no harm."""
        return Request(method="POST", path=self._path(bill_id, "status", action), idempotent=True)
